"""A headless Chromium that sees nothing but one page, and all that the page asks for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SITE = "http://report.test"
_SECONDS = 120

# The page under test forbids scripts, therefore the page around it measures it. A frame can be
# narrower than the narrowest window.
_HARNESS = """<!DOCTYPE html><html><head><link rel="icon" href="data:,"></head><body>
<iframe id="page" src="/page" style="border: 0; width: WIDTHpx; height: 600px"></iframe><script>
document.getElementById("page").onload = (event) => {
  const page = event.target.contentDocument;
  const root = page.documentElement;
  const box = (each) => {
    const edges = each.getBoundingClientRect();
    return [edges.left, edges.top, edges.right, edges.bottom];
  };
  const picture = page.querySelector("svg");
  const lines = Array.from(page.querySelectorAll("p, dd, li, h1, h2, pre"));
  const found = {
    title: page.title,
    width: root.clientWidth,
    scrollWidth: root.scrollWidth,
    bars: page.querySelectorAll("rect.bar").length,
    picture: picture && box(picture),
    labels: Array.from(page.querySelectorAll("svg > text")).map(box),
    widest: Math.max(...lines.map((each) => each.getBoundingClientRect().left + each.scrollWidth)),
    letters: picture && parseFloat(getComputedStyle(page.querySelector("svg > text")).fontSize)
      * picture.getBoundingClientRect().width / 720,
    resources: event.target.contentWindow.performance.getEntriesByType("resource")
      .map((each) => each.name),
    paper: getComputedStyle(page.body).backgroundColor,
  };
  const shown = document.createElement("p");
  shown.id = "found";
  shown.textContent = JSON.stringify(found);
  document.body.append(shown);
};
</script></body></html>"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a browser made of a page.

    Attributes
    ----------
    found
        Measures of the page, and the resources that it asked for.
    requests
        URLs on the page's own server that the browser asked for.
    console
        Messages in the browser's console.
    """

    found: dict[str, Any]
    requests: list[str]
    console: list[str]


def find_browser() -> str | None:
    """Return the path of a Chromium."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def look(browser: str, page: str, folder: Path, *, width: int, is_dark: bool = False) -> Seen:
    """Open a page at a width in CSS pixels.

    All requests of the browser, those for its own updates too, go to a proxy that knows the page
    only.
    """
    with _proxy(page, width) as (port, requests):
        run = subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--disable-default-apps", "--disable-extensions"),
                *("--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr"),
                f"--user-data-dir={folder / 'profile'}",
                f"--proxy-server=http://127.0.0.1:{port}",
                "--proxy-bypass-list=<-loopback>",
                *(["--blink-settings=preferredColorScheme=0"] if is_dark else []),
                *("--window-size=1400,1000", "--virtual-time-budget=10000", "--dump-dom"),
                f"{_SITE}/",
            ],
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    output = run.stdout.decode()
    errors = run.stderr.decode(errors="replace")
    shown = re.search('<p id="found">(.*?)</p>', output, re.DOTALL)
    assert shown, f"the browser did not show the page: {output[:1000]} {errors[-2000:]}"
    return Seen(
        found=json.loads(shown[1]),
        requests=requests,
        console=[line for line in errors.splitlines() if ":CONSOLE" in line],
    )


@contextmanager
def _proxy(page: str, width: int) -> Iterator[tuple[int, list[str]]]:
    answers = {f"{_SITE}/": _HARNESS.replace("WIDTH", str(width)), f"{_SITE}/page": page}
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(_SITE):
                requests.append(self.path)
            answer = answers.get(self.path)
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((answer or "").encode())

        def do_CONNECT(self) -> None:
            self.send_error(403)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], requests
        finally:
            server.shutdown()
            thread.join()

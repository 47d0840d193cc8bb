"""The report of a verification in a real browser; skipped where there is none."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from ops.exports.report_html import html
from tests.support.browser import Seen, find_browser, look
from tests.support.verifications import HOSTILE, NOT_PROVEN, NOTHING, PROVEN

if TYPE_CHECKING:
    from pathlib import Path

    from ops.exports.verification import Verification

_RESULTS = {"proven": PROVEN, "not proven": NOT_PROVEN, "nothing": NOTHING, "hostile": HOSTILE}
_WIDTHS = (400, 1200)


@pytest.fixture(scope="module")
def browser() -> str:
    found = find_browser()
    if found is None:
        # Also on CI: the unit tests hold the structure of the page without a browser.
        pytest.skip("there is no Chromium on the PATH (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def seen(browser: str, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Seen]:
    """All pages at all widths: starting a browser takes a second."""
    return {
        (name, width): look(browser, html(result), tmp_path_factory.mktemp("browser"), width=width)
        for name, result in _RESULTS.items()
        for width in _WIDTHS
    }


every_page = pytest.mark.parametrize("name", _RESULTS)
every_width = pytest.mark.parametrize("width", _WIDTHS)


@every_page
@every_width
def test_the_browser_has_nothing_to_complain_about(
    seen: dict[tuple[str, int], Seen], name: str, width: int
) -> None:
    assert seen[name, width].console == []


@every_page
@every_width
def test_the_page_asks_for_nothing(
    seen: dict[tuple[str, int], Seen], name: str, width: int
) -> None:
    assert seen[name, width].found["resources"] == []
    assert seen[name, width].requests == ["http://report.test/", "http://report.test/page"]


@every_page
@every_width
def test_nothing_is_wider_than_the_screen(
    seen: dict[tuple[str, int], Seen], name: str, width: int
) -> None:
    found = seen[name, width].found

    assert found["scrollWidth"] <= found["width"] <= width
    assert found["widest"] <= found["width"]


@every_width
def test_title_and_bars_are_shown(seen: dict[tuple[str, int], Seen], width: int) -> None:
    found = seen["proven", width].found

    assert found["title"] == "PROVEN: verification of a QLDB journal export"
    assert found["bars"] == 58


@every_width
@pytest.mark.parametrize("name", ["proven", "hostile"])
def test_labels_of_the_plot_are_readable(
    seen: dict[tuple[str, int], Seen], name: str, width: int
) -> None:
    assert_readable(seen[name, width])


@every_width
@pytest.mark.parametrize(
    "by_day",
    [
        {"2020-01-01": 1_500_000, "2020-01-05": 1},
        {"2020-01-01": 1_500, "2020-02-23": 1},
        {"2020-01-01": 7, "2020-06-30": 2_500_000_000},
        {"2017-08-01": 7, "2020-12-31": 250_000},
        {"2013-01-01": 7, "2026-12-31": 250_000},
        {"0001-01-01": 7, "9999-12-31": 250_000},
    ],
)
def test_labels_of_every_unit_are_readable(
    browser: str, tmp_path: Path, by_day: dict[str, int], width: int
) -> None:
    result: Verification = replace(PROVEN, revisions_by_day=by_day)

    assert_readable(look(browser, html(result), tmp_path, width=width))


def test_a_dark_screen_has_a_dark_page(browser: str, tmp_path: Path) -> None:
    page = html(PROVEN)

    dark = look(browser, page, tmp_path, width=1200, is_dark=True)
    assert dark.found["paper"] == "rgb(20, 23, 28)"


def test_a_light_screen_has_a_light_page(seen: dict[tuple[str, int], Seen]) -> None:
    assert seen["proven", 1200].found["paper"] == "rgb(255, 255, 255)"


def assert_readable(page: Seen) -> None:
    """Check that no label is cut or small, and that no two overlap."""
    left, top, right, bottom = page.found["picture"]
    for label in page.found["labels"]:
        assert left - 0.5 <= label[0]
        assert top <= label[1]
        assert label[2] <= right + 0.5
        assert label[3] <= bottom
    for one, other in combinations(page.found["labels"], 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert page.found["letters"] >= 10

"""The whole demonstration, on a copy of the work tree.

Proves what the README promises of `make demo`: the ledger and DynamoDB are equal at the end,
regardless of the user's account and proxy, and nothing is left, even after an interruption. It
cannot prove how a fresh machine gets its tools: the copy uses this virtual environment.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil
import pytest

from tests.support.shell import COMMAND_SECONDS
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.support.shell import Shell

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

USERS_OWN_SETTINGS = {
    "AWS_PROFILE": "of-the-user",
    "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:9",
    "PULUMI_ACCESS_TOKEN": "of-the-user",
    "PULUMI_BACKEND_URL": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}
"""Variables that could bypass the local AWS; nothing listens on port 9."""
STALE_SETTINGS = "config:\n  qldb-kinesis-lambda-dynamodb:batchSize: 0\n"


@pytest.fixture
def shell(shell: Shell) -> Shell:
    """A shell with the files that a killed demonstration leaves behind."""
    (shell.folder / "Pulumi.demo.yaml").write_text(STALE_SETTINGS)
    (shell.folder / ".local" / "demo" / "pulumi").mkdir(parents=True)
    return shell


def test_the_demonstration_ends_with_ledger_and_dynamodb_equal(shell: Shell) -> None:
    # given a user with their own profile, account and proxy / when the demo is run
    with shell.start("demo", **USERS_OWN_SETTINGS) as demo:
        text, _ = demo.communicate(timeout=COMMAND_SECONDS)
    # then the comparison ends without a difference, after a measured lag
    assert demo.returncode == 0, text
    *_, compared, cleaned_up = text.splitlines()
    assert compared == "30 documents: 30 equal, 0 on their way, 0 differ", text
    assert cleaned_up.startswith("Cleaned up")
    assert re.search(
        r"^End-to-end lag.* median \d+\.\d\d s, longest \d+\.\d\d s$", text, re.MULTILINE
    )
    # and nothing is left
    assert_nothing_is_left(shell)


def test_an_interrupted_demonstration_leaves_nothing(shell: Shell) -> None:
    # given a demonstration in the middle of a deployment
    with shell.start("demo") as demo:
        assert demo.stdout is not None
        seen = read_until(demo.stdout, r"aws:\S+ .* creating")
        # when the user presses Ctrl-C
        os.killpg(demo.pid, signal.SIGINT)
        rest = demo.stdout.read()
    # then it ends with one line about that, without a stack trace
    assert demo.returncode == 130, seen + rest
    assert rest.splitlines()[-2:] == ["Cleaned up: servers stopped, state removed.", "stopped"]
    assert "Traceback" not in rest
    # and nothing is left
    assert_nothing_is_left(shell)


def read_until(stream: IO[str], pattern: str) -> str:
    """Read lines up to the first with the pattern; fail if there is none."""
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if re.search(pattern, line):
            return "".join(lines)
    pytest.fail(f"no line has {pattern}:\n{''.join(lines)}")


def assert_nothing_is_left(shell: Shell) -> None:
    """Fail if a process, a file that git sees, or an ignored settings or state file is left."""
    eventually(lambda: processes(shell.folder) == [], seconds=5)
    assert shell.changed() == []
    assert list(shell.folder.rglob("Pulumi.demo.yaml")) == []
    assert [path.name for path in (shell.folder / ".local").iterdir()] == ["demo.lock"]


def processes(folder: Path) -> list[str]:
    """Return the commands of the processes that were started in a folder."""
    found: list[str] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(" ".join(process.cmdline()))
    return found

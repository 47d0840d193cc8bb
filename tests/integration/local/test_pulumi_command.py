"""The command `pulumi` under the Automation API, with a stand-in for the executable.

The end-to-end test of the demonstration cancels the real one.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from pulumi.automation import CommandError

from local.interruption import interrupted_once
from local.pulumi_command import PulumiCommand
from tests.support.fake_pulumi import install_pulumi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    former = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def command(folder: Path, program: str) -> PulumiCommand:
    """Return the command with a Python program as its executable."""
    install_pulumi(folder, program)
    return PulumiCommand()


def test_both_outputs_arrive_line_by_line_and_are_returned(folder: Path) -> None:
    pulumi = command(
        folder, 'print(sys.argv[1:], os.environ["A"])\nprint("two")\nprint("bad", file=sys.stderr)'
    )
    lines: list[str] = []
    failures: list[str] = []

    result = pulumi.run(["up"], str(folder), {"A": "b"}, lines.append, failures.append)

    assert lines == ["['--non-interactive', 'up'] b", "two"]
    assert failures == ["bad"]
    assert (result.stdout, result.stderr, result.code) == ("\n".join(lines), "bad", 0)


def test_a_failure_is_the_error_of_the_automation_api(folder: Path) -> None:
    pulumi = command(folder, 'sys.exit("no such thing")')

    with pytest.raises(CommandError, match="no such thing"):
        pulumi.run(["up"], str(folder), {})


def test_an_interruption_waits_until_pulumi_has_finished(folder: Path) -> None:
    pulumi = command(
        folder,
        "def cancel(number, frame):\n"
        "    time.sleep(0.2)\n"
        "    open('ended', 'w').close()\n"
        "    sys.exit(1)\n"
        "signal.signal(signal.SIGINT, cancel)\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)\n",
    )

    with pytest.raises(KeyboardInterrupt):
        pulumi.run(["up"], str(folder), {}, lambda _line: os.kill(os.getpid(), signal.SIGINT))

    assert (folder / "ended").exists()


def test_a_reader_that_fails_ends_nothing(folder: Path) -> None:
    # given a Pulumi that still prints much, and a reader that fails at the first line
    pulumi = command(
        folder, "print('x' * 1_000_000, flush=True)\nopen('ended', 'w').close()\nprint('y')"
    )

    def fail(_line: str) -> None:
        raise BrokenPipeError

    # when it runs / then the failure is raised, and Pulumi has come to its end
    with pytest.raises(BrokenPipeError):
        pulumi.run(["up"], str(folder), {}, fail)

    assert (folder / "ended").exists()


def test_a_second_interruption_kills_pulumi_and_more_change_nothing(folder: Path) -> None:
    # given a Pulumi that does not end
    pulumi = command(
        folder,
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(60)\n",
    )
    pids: list[int] = []
    again = [threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)) for delay in (0.3, 0.4)]

    def interrupt(line: str) -> None:
        pids.append(int(line))
        os.kill(os.getpid(), signal.SIGINT)
        for timer in again:
            timer.start()

    # when Ctrl-C is pressed three times / then it is one interruption, and Pulumi has ended
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            pulumi.run(["up"], str(folder), {}, interrupt)
        for timer in again:
            timer.join()

    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_pulumi_that_does_not_end_is_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.pulumi_command._CANCEL_SECONDS", 0.2)
    pulumi = command(
        folder,
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(60)\n",
    )
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        pulumi.run(["up"], str(folder), {}, interrupt)

    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)

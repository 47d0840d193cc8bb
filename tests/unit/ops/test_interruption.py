"""Ctrl-C while a command starts.

What it does to a process is tested with the entry points, in tests/integration.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from ops.interruption import end_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ended(BaseException):
    """The process would have ended."""


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Handle SIGINT as Python does, whatever the test run was started with."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_the_process_with_one_word(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def end(status: int) -> None:
        raise Ended(status)

    monkeypatch.setattr(os, "_exit", end)

    with pytest.raises(Ended, match="130"), end_at_once():
        signal.raise_signal(signal.SIGINT)

    assert capfd.readouterr().err == "stopped\n"


def test_afterwards_ctrl_c_is_an_exception_again() -> None:
    with end_at_once():
        pass

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("error", [SystemExit, ModuleNotFoundError])
def test_that_is_so_after_a_failure_too(error: type[BaseException]) -> None:
    with pytest.raises(error), end_at_once():
        raise error

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with end_at_once():
        signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

"""Ctrl-C while a command starts.

What it does to a process is tested with the entry points, in tests/integration.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from ops.interruption import end_at_once, end_on_request

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


def test_a_request_is_announced_once() -> None:
    announced: list[str] = []

    with end_on_request(lambda: announced.append("stopping")) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()

    assert announced == ["stopping"]


def test_a_second_request_stops_at_once() -> None:
    with end_on_request(lambda: None):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_nothing_is_announced_without_a_request() -> None:
    announced: list[str] = []

    with end_on_request(lambda: announced.append("stopping")):
        pass

    assert announced == []


def test_the_announcement_may_wait_for_what_the_signal_interrupts() -> None:
    # given an announcement that needs a lock, as that of a display does
    lock = threading.Lock()
    announced: list[bool] = []

    def announce() -> None:
        announced.append(lock.acquire(timeout=10))

    # when the signal comes while the program holds it
    with end_on_request(announce), lock:
        signal.raise_signal(signal.SIGINT)

    # then
    assert announced == [True]


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with end_at_once():
        signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

"""Ctrl-C, pressed once or many times, is one interruption."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from local.interruption import interrupted_once, wait_patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    former = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_and_the_others_do_not(number: signal.Signals) -> None:
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert not wait_patiently(0)

        # The cleanup runs here.
        for _ in range(3):
            os.kill(os.getpid(), number)

        assert wait_patiently(0)


def test_a_process_that_is_about_to_end_ignores_more() -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_once():
        os.kill(os.getpid(), signal.SIGINT)

    # The process ends here.
    os.kill(os.getpid(), signal.SIGINT)


def test_haste_ends_with_its_command() -> None:
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with interrupted_once():
        assert not wait_patiently(0)


def test_the_former_handlers_come_back() -> None:
    former = signal.getsignal(signal.SIGINT)

    with interrupted_once():
        assert signal.getsignal(signal.SIGINT) is not former

    assert signal.getsignal(signal.SIGINT) is former

"""Ctrl-C, pressed once or many times, is one interruption."""

from __future__ import annotations

import os
import signal

import pytest

from local.interruption import interrupted_once, wait_patiently


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_the_others_do_not(number: signal.Signals) -> None:
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert not wait_patiently(0)

        # The cleanup runs here.
        for _ in range(3):
            os.kill(os.getpid(), number)

        assert wait_patiently(0)


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

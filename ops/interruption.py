"""Ctrl-C as a request to stop soon, instead of at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def end_on_request(announce: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Handle Ctrl-C (and `kill`) as a request to stop; a second one stops at once.

    Parameters
    ----------
    announce
        Called at the first request.

    Yields
    ------
    Callable
        Returns whether a stop was requested.
    """
    requested = False

    def request(_signal: int, _frame: object) -> None:
        nonlocal requested
        if requested:
            raise KeyboardInterrupt
        requested = True
        announce()

    former = {number: signal.signal(number, request) for number in _SIGNALS}
    try:
        yield lambda: requested
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

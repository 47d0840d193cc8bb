"""Calls that run at once, and are waited for no longer than a deadline."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Workers:
    """Threads that live as long as the container.

    Parameters
    ----------
    count
        Calls at once; with 1, every call is made by the caller's own thread, and waited for.
    name
        Of the threads.
    clock
        Seconds since the epoch.
    """

    def __init__(self, count: int, name: str, clock: Callable[[], float] = time.time) -> None:
        self._pool = ThreadPoolExecutor(count, name) if count > 1 else None
        self._clock = clock

    def run(self, calls: Sequence[Callable[[], None]], deadline: float) -> None:
        """Make calls, and return when all have ended or at the deadline.

        A call that has not begun by then is not made. One that hangs is left to itself: what it
        does later must be harmless.

        Parameters
        ----------
        calls
            Each checks the deadline by itself before it begins something long.
        deadline
            Seconds since the epoch.

        Raises
        ------
        Exception
            The first that a finished call raised.
        """
        if self._pool is None:
            for call in calls:
                call()
            return
        futures = [self._pool.submit(call) for call in calls]
        timeout = min(max(0.0, deadline - self._clock()), threading.TIMEOUT_MAX)
        finished, unfinished = wait(futures, timeout=timeout)
        for future in unfinished:
            future.cancel()
        for future in finished:
            future.result()

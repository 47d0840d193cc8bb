"""Concurrent calls with a deadline."""

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
        Calls at a time; with 1, they run one by one in the caller's thread.
    name
        Prefix of the threads' names.
    clock
        Seconds since the epoch.
    """

    def __init__(self, count: int, name: str, clock: Callable[[], float] = time.time) -> None:
        self._pool = ThreadPoolExecutor(count, name) if count > 1 else None
        self._clock = clock

    def run(self, calls: Sequence[Callable[[], None]], deadline: float) -> None:
        """Run calls; return when all have ended or at the deadline.

        A call that has not started by then never runs. One that hangs continues in its thread, so
        what it does later must be harmless.

        Parameters
        ----------
        calls
            Each checks the deadline itself before it starts something long.
        deadline
            Seconds since the epoch.

        Raises
        ------
        Exception
            The first exception of a finished call.
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

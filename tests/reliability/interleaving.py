"""Runs handlers side by side, interleaved by a scheduler.

Each task has a thread, but only one thread runs at a time: at every call of a client the task hands
over and waits until it is chosen again. The same choices give the same run.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class KilledError(BaseException):
    """The process of the function ends here, with everything in it."""


class StoppedAtTimeOutError(KilledError):
    """Lambda stops the function after its timeout."""


class Task:
    """A task that runs from one handover to the next.

    Parameters
    ----------
    work
        Called once; its result or exception is kept.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._turn = threading.Lock()
        self._handed_over = threading.Lock()
        self._turn.acquire()
        self._handed_over.acquire()
        self._end: KilledError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done = False
        self.result: object = None
        self.error: BaseException | None = None
        self._thread.start()

    def step(self) -> None:
        """Run the work until it hands over or ends."""
        self._turn.release()
        self._handed_over.acquire()

    def hand_over(self) -> None:
        """Wait, inside the work, for the next turn; raise if the process has been killed."""
        if threading.current_thread() is not self._thread:
            raise NotDeterministicError
        self._handed_over.release()
        self._turn.acquire()
        self.check()

    def kill(self, end: KilledError) -> None:
        """End the process at this and every later call."""
        self._end = end
        raise end

    def check(self) -> None:
        """Raise an error if the process has been killed, so that no code continues after that."""
        if self._end is not None:
            raise self._end

    def _run(self) -> None:
        self._turn.acquire()
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (kept for the scheduler)
            self.error = error
        self.done = True
        self._handed_over.release()


class NotDeterministicError(BaseException):
    """A client was called from a thread that is unknown to the scheduler."""

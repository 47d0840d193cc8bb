"""What Ctrl-C does: end at once while nothing has begun, and after that a request to stop soon."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STANDARD_ERROR = 2
_STATUS_INTERRUPTED = 130


@contextmanager
def end_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process with one word, while it starts and has nothing to clean up.

    An exception would be raised wherever an import is. Python prints and drops those of callbacks,
    and goes on; in code that is generated, as for a dataclass, it ends by the signal itself.
    Where Ctrl-C is ignored already, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_signal: int, _frame: object) -> None:
    os.write(_STANDARD_ERROR, b"stopped\n")
    os._exit(_STATUS_INTERRUPTED)


def leave(status: int) -> NoReturn:
    """End the process.

    Python would wait for the calls that threads have begun, and for those that wait for a thread:
    after an interruption nobody wants the requests that are left.

    Parameters
    ----------
    status
        Its exit status.
    """
    if status != _STATUS_INTERRUPTED:
        sys.exit(status)
    for each in multiprocessing.active_children():
        each.kill()
    # Such as for the semaphores of a pool of processes, of whose loss Python would warn.
    atexit._run_exitfuncs()  # noqa: SLF001 (there is no other way without the wait for threads)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(status)


@contextmanager
def end_on_request(announce: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Handle Ctrl-C (and `kill`) as a request to stop; a second one stops at once.

    Parameters
    ----------
    announce
        Called at the first request, by a thread of its own: what the signal interrupts may hold a
        lock that printing needs, such as that of a progress display.

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
        # A signal handler may use only this queue (Python documentation, queue.SimpleQueue.put).
        to_announce.put(announce)

    to_announce: SimpleQueue[Callable[[], None]] = SimpleQueue()
    announcer = threading.Thread(target=_call, args=(to_announce,), daemon=True)
    announcer.start()
    former = {number: signal.signal(number, request) for number in _SIGNALS}
    try:
        yield lambda: requested
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        to_announce.put(lambda: None)
        announcer.join()


def _call(queue: SimpleQueue[Callable[[], None]]) -> None:
    queue.get()()

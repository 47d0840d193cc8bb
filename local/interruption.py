"""Ctrl-C, `kill` and a closed terminal: one interruption, however often they come.

A cleanup that is interrupted itself leaves servers, locks and files behind, and people press Ctrl-C
more than once.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_impatience = threading.Event()


@contextlib.contextmanager
def interrupted_once() -> Iterator[None]:
    """Let the first signal raise KeyboardInterrupt, and each later one ask for haste only.

    After an interruption the signals stay ignored: the process is about to end, and one more would
    end it with a stack trace.
    """
    _impatience.clear()
    interrupted = False

    def handle(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        if interrupted:
            _impatience.set()
            return
        interrupted = True
        raise KeyboardInterrupt

    former = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, signal.SIG_IGN if interrupted else handler)


def wait_patiently(seconds: float) -> bool:
    """Wait, until the user asks for haste.

    Parameters
    ----------
    seconds
        Time to wait.

    Returns
    -------
    bool
        Whether the user has asked for haste.
    """
    return _impatience.wait(seconds)

"""What the commands print while they work."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Self

from ops.progress_display import ROOM

_LINE_SECONDS = 10.0
"""Between two lines where the output is no terminal."""


def show_progress(line: str) -> None:
    """Write a line to standard error, because standard output is for the command's result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def print_output(line: str) -> None:
    """Print a line of another program's output; do nothing once the reader has closed the pipe.

    What works on goes on: a deployment that ended with `up | head` would be half done.

    Parameters
    ----------
    line
        The line, without its end.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Discard standard output from now on, because its reader has closed the pipe.

    What is still buffered is discarded too, or Python's own flush at the exit would complain
    (Python documentation, signal, "Note on SIGPIPE").
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


class ProgressLine:
    """A line on standard error that is overwritten while a command works.

    Where standard error is no terminal, lines are written if the command asks for them, one every
    few seconds.

    Parameters
    ----------
    in_logs
        Whether to write lines where there is no terminal.
    """

    def __init__(self, *, in_logs: bool = False) -> None:
        self._in_logs = in_logs
        self._is_shown = False
        self._written = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def show(self, text: str) -> None:
        """Write a text over the former one."""
        if sys.stderr.isatty():
            self._is_shown = True
            sys.stderr.write(f"\r\033[K{_fitting(text)}")
            sys.stderr.flush()
        elif self._in_logs and time.monotonic() - self._written >= _LINE_SECONDS:
            self._written = time.monotonic()
            show_progress(text)

    def clear(self) -> None:
        """Remove the text from the terminal."""
        if self._is_shown:
            self._is_shown = False
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def __exit__(self, *exception: object) -> None:
        self.clear()


def _fitting(text: str) -> str:
    """Return a text that a terminal does not continue on a new line, which nothing would erase."""
    columns = max(1, shutil.get_terminal_size().columns - ROOM)
    return text if len(text) <= columns else f"{text[: columns - 1]}…"

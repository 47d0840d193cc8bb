"""What the commands print while they work."""

from __future__ import annotations

import os
import sys


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

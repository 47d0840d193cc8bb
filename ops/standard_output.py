"""Standard output whose reader may go away, as in `... | head`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def print_lines(lines: Iterable[str]) -> None:
    """Print lines; without a reader they are discarded, and the exit status is still told."""
    try:
        print("\n".join(lines))
        sys.stdout.flush()
    except BrokenPipeError:
        discard_rest()


def discard_rest() -> None:
    """Discard what is still buffered and all that follows, after a `BrokenPipeError`.

    Otherwise Python's own flush at the exit would complain (Python documentation, signal, "Note on
    SIGPIPE").
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

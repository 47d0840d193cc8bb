"""Lines that show the user how far a long step is."""

from __future__ import annotations

import sys


def show_progress(line: str) -> None:
    """Write a line to standard error, which leaves standard output to the command's result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

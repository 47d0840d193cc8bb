"""Progress messages for the user."""

from __future__ import annotations

import sys


def show_progress(line: str) -> None:
    """Write a line to standard error, because standard output is for the command's result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

"""How a finder tells the mutations what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BROKEN = 3
"""Exit status of a broken promise; 1 is that of an exception."""


def print_first(findings: Iterable[str]) -> int:
    """Print the first finding, if there is one, and return the exit status: `BROKEN` or 0."""
    for finding in findings:
        print(finding)  # noqa: T201 (read by the mutations)
        return BROKEN
    return 0

"""The progress bar of a command that reads an export."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ops.progress_display import ProgressDisplay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


class ReadingProgress:
    """Tells how much was read: bytes, revisions a second, and the time left."""

    def __init__(self, progress: ProgressDisplay) -> None:
        self._progress = progress
        self._task = progress.add_task("listing", total=None, rate="")
        self._revisions = 0

    def start(self, total: int, what: str) -> None:
        """Start with the bytes that will be read."""
        self._progress.reset(self._task, total=total, description=what)

    def advance(self, size: int, revisions: int) -> None:
        """Add bytes and revisions that were read."""
        self._revisions += revisions
        elapsed = self._progress.tasks[0].elapsed or 0
        rate = f"{self._revisions / elapsed:,.0f} revisions/s" if elapsed else ""
        self._progress.update(self._task, advance=size, rate=rate)


@contextmanager
def reading_progress(console: Console) -> Iterator[ReadingProgress]:
    """Show a progress bar while something is read, where the console is a terminal."""
    with ProgressDisplay(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        yield ReadingProgress(progress)

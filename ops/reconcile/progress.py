"""The progress of a comparison at a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ops.progress_display import ProgressDisplay
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


class ComparisonProgress:
    """Tells what is done: bytes of the export, items of each table, partitions that are compared.

    Parameters
    ----------
    progress
        Shows it.
    """

    def __init__(self, progress: ProgressDisplay) -> None:
        self._progress = progress
        self._task = progress.add_task("listing", total=None, rate="")
        self._noun = ""

    def read_bytes(self, total: int) -> None:
        """Start to read some bytes of the export."""
        self._start("reading the export", total, "bytes")

    def read_items(self, table_name: str) -> None:
        """Start to read the items of a table, whose number is not known."""
        self._start(f"reading {printable(table_name)}", None, "items")

    def compare(self, total: int) -> None:
        """Start to compare a number of partitions."""
        self._start("comparing", total, "")

    def advance(self, number: int) -> None:
        """Add what was done of it."""
        self._progress.update(self._task, advance=number)
        task = self._progress.tasks[0]
        if self._noun and task.elapsed:
            done = f"{task.completed:,.0f} {self._noun}"
            rate = f"{task.completed / task.elapsed:,.0f}/s"
            self._progress.update(self._task, rate=f"{done}, {rate}")

    def _start(self, what: str, total: int | None, noun: str) -> None:
        self._noun = noun
        # A reset would keep the total of what was before where there is none.
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total, rate="")


@contextmanager
def comparison_progress(console: Console) -> Iterator[ComparisonProgress]:
    """Show progress while something is compared, where the console is a terminal."""
    with ProgressDisplay(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        yield ComparisonProgress(progress)

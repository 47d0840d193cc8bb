"""Compares until no document is on its way any more, or a time is over."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from local.comparison import Verdict, count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.comparison import Row


def compare_until_settled(
    look: Callable[[], list[Row]],
    *,
    seconds: float,
    pause: float,
    is_delayed: Callable[[list[Row]], bool] = lambda _: True,
    progress: Callable[[int, float], None] = lambda _behind, _waited: None,
) -> list[Row]:
    """Compare again and again while documents are behind.

    Parameters
    ----------
    look
        Makes a comparison.
    seconds
        Time limit.
    pause
        Seconds between two comparisons.
    is_delayed
        Whether documents that are behind are still expected; waiting ends when it returns False.
    progress
        Receives the number of documents that are behind, and the seconds waited so far.

    Returns
    -------
    list of Row
        The last comparison.
    """
    began = time.monotonic()
    while True:
        rows = look()
        behind = count(rows, Verdict.BEHIND)
        waited = time.monotonic() - began
        if not behind or waited >= seconds or not is_delayed(rows):
            return rows
        progress(behind, waited)
        time.sleep(pause)


def final(rows: Sequence[Row]) -> list[Row]:
    """Return a comparison in which what is behind differs, because nothing more is expected."""
    return [
        dataclasses.replace(row, verdict=Verdict.DIFFERENT)
        if row.verdict is Verdict.BEHIND
        else row
        for row in rows
    ]

"""A set of sequence numbers as the intervals that they fill."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

from journal.exports.sequence import Gap


class IntervalSet:
    """Sequence numbers of blocks, in any order and any number of times.

    It takes memory for each interval, not for each number: a journal without gaps takes one.
    """

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """First and last number of each interval, in order."""
        return list(zip(self._firsts, self._lasts, strict=True))

    @property
    def first(self) -> int | None:
        """The lowest number; None if there is none."""
        return self._firsts[0] if self._firsts else None

    @property
    def last(self) -> int | None:
        """The highest number; None if there is none."""
        return self._lasts[-1] if self._lasts else None

    def add(self, first: int, last: int | None = None) -> None:
        """Add a number, or all numbers from the first to the last."""
        last = first if last is None else last
        # Those that the new interval touches, or to which it is next.
        start = bisect_left(self._lasts, first - 1)
        stop = bisect_right(self._firsts, last + 1)
        if start < stop:
            first = min(first, self._firsts[start])
            last = max(last, self._lasts[stop - 1])
        self._firsts[start:stop] = [first]
        self._lasts[start:stop] = [last]

    def update(self, other: IntervalSet) -> None:
        """Add all numbers of another set."""
        for first, last in other.intervals:
            self.add(first, last)

    def gaps(self, first: int, last: int) -> list[Gap]:
        """Return the numbers from the first to the last that are missing, in order."""
        start = bisect_left(self._lasts, first)
        stop = bisect_right(self._firsts, last)
        inside = [
            (first - 1, first - 1),
            *zip(self._firsts[start:stop], self._lasts[start:stop], strict=True),
            (last + 1, last + 1),
        ]
        return [
            Gap(before[1] + 1, after[0] - 1)
            for before, after in pairwise(inside)
            if before[1] + 1 < after[0]
        ]

"""Sequence numbers as intervals."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from journal.exports.sequence import Gap
from ops.handoff.intervals import IntervalSet

RANGES = st.tuples(st.integers(0, 40), st.integers(0, 6)).map(lambda r: (r[0], r[0] + r[1]))


def filled(*ranges: tuple[int, int]) -> IntervalSet:
    found = IntervalSet()
    for first, last in ranges:
        found.add(first, last)
    return found


def test_a_journal_without_gaps_takes_one_interval_in_whatever_order() -> None:
    numbers = list(range(1_000)) * 2
    random.Random(1).shuffle(numbers)

    found = filled(*((number, number) for number in numbers))

    assert found.intervals == [(0, 999)]


@given(st.lists(RANGES), RANGES)
def test_gaps_are_what_a_set_of_numbers_lacks(
    ranges: list[tuple[int, int]], window: tuple[int, int]
) -> None:
    numbers = {number for first, last in ranges for number in range(first, last + 1)}

    gaps = filled(*ranges).gaps(*window)

    missing = [number for gap in gaps for number in range(gap.first, gap.last + 1)]
    assert missing == [n for n in range(window[0], window[1] + 1) if n not in numbers]


@given(st.lists(RANGES))
def test_intervals_are_in_order_and_never_touch(ranges: list[tuple[int, int]]) -> None:
    intervals = filled(*ranges).intervals

    assert all(before[1] + 1 < after[0] for before, after in pairwise(intervals))


def test_an_empty_set_lacks_everything() -> None:
    assert IntervalSet().gaps(3, 5) == [Gap(3, 5)]
    assert IntervalSet().first is None
    assert IntervalSet().last is None


def test_nothing_is_missing_after_the_last_number_that_is_asked_for() -> None:
    assert filled((0, 4)).gaps(0, 4) == []


def test_another_set_is_added_with_all_its_intervals() -> None:
    found = filled((0, 2), (8, 9))

    found.update(filled((3, 4), (6, 6)))

    assert found.intervals == [(0, 4), (6, 6), (8, 9)]

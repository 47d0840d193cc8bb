"""Comparisons of figures with targets.

Proves that marks follow the bounds. Cannot prove that the targets are right.
"""

from __future__ import annotations

from bench.report import targets_table
from bench.targets import TARGETS, Mark

SPEED, REQUESTS = TARGETS[0], TARGETS[4]


def test_a_ratio_reaches_its_bound_from_above() -> None:
    assert SPEED.mark(20.0, SPEED.aim) is Mark.REACHED
    assert SPEED.mark(19.96, SPEED.aim) is Mark.MISSED


def test_a_cost_reaches_its_bound_from_below_as_rounded() -> None:
    assert REQUESTS.mark(0.0404, REQUESTS.aim) is Mark.REACHED
    assert REQUESTS.mark(0.06, REQUESTS.at_least) is Mark.MISSED


def test_a_part_that_was_not_run_has_no_mark() -> None:
    assert SPEED.mark(None, SPEED.aim) is Mark.UNKNOWN


def test_every_target_has_a_row_even_where_its_part_was_not_run() -> None:
    assert all(target.measured({}) is None for target in TARGETS)
    assert targets_table({}).row_count == len(TARGETS)

"""How long a comparison waits for what is on its way."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from local.comparison import Row, Verdict
from local.settling import compare_until_settled, final

if TYPE_CHECKING:
    from collections.abc import Callable


def rows(*verdicts: Verdict) -> list[Row]:
    return [
        Row(table="t", document_id="d", ledger="1 live", replica="-", verdict=verdict)
        for verdict in verdicts
    ]


def looks(*comparisons: list[Row]) -> Callable[[], list[Row]]:
    following = chain(comparisons, repeat(comparisons[-1]))
    return lambda: next(following)


def test_it_looks_again_until_nothing_is_behind() -> None:
    look = looks(rows(Verdict.BEHIND), rows(Verdict.BEHIND), rows(Verdict.EQUAL))

    assert compare_until_settled(look, seconds=60, pause=0) == rows(Verdict.EQUAL)


def test_a_difference_is_not_waited_for() -> None:
    look = looks(rows(Verdict.DIFFERENT), rows(Verdict.EQUAL))

    assert compare_until_settled(look, seconds=60, pause=0) == rows(Verdict.DIFFERENT)


def test_it_ends_at_the_time_limit() -> None:
    look = looks(rows(Verdict.BEHIND))

    assert compare_until_settled(look, seconds=0.01, pause=0) == rows(Verdict.BEHIND)


def test_it_ends_when_nothing_more_is_expected() -> None:
    look = looks(rows(Verdict.BEHIND), rows(Verdict.EQUAL))

    found = compare_until_settled(look, seconds=60, pause=0, is_delayed=lambda _: False)

    assert found == rows(Verdict.BEHIND)


def test_in_the_end_what_is_behind_differs() -> None:
    assert final(rows(Verdict.BEHIND, Verdict.EQUAL)) == rows(Verdict.DIFFERENT, Verdict.EQUAL)

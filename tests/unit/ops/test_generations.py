"""Items are counted by the id of the ledger table that they are from."""

from __future__ import annotations

import pytest

from ops.generations import LIVE, TOMBSTONES, TableGenerations
from tests.support.generation_items import (
    CURRENT,
    DROPPED,
    history_item,
    live_item,
    tombstone,
)


def generations(*items: dict[str, dict[str, object]]) -> TableGenerations:
    found = TableGenerations(table_name="person", ledger_table="Person")
    found.add_items(items)
    return found


def test_live_items_and_tombstones_of_each_generation_are_counted() -> None:
    found = generations(
        live_item("a", day=3),
        live_item("b", day=2),
        tombstone("c", day=4),
        live_item("d", CURRENT, day=5),
        live_item("e", None, day=1),
    )

    assert [
        (each.table_id, each.states[LIVE], each.states[TOMBSTONES], each.first, each.last)
        for each in found.generations
    ] == [
        (None, 1, 0, "2021-01-01T02:16:06.240Z", "2021-01-01T02:16:06.240Z"),
        (DROPPED, 2, 1, "2021-01-02T02:16:06.240Z", "2021-01-04T02:16:06.240Z"),
        (CURRENT, 1, 0, "2021-01-05T02:16:06.240Z", "2021-01-05T02:16:06.240Z"),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_is_the_one_with_the_newest_transaction(order: int) -> None:
    items = [live_item("a", day=9), live_item("b", CURRENT, day=1), live_item("c", CURRENT, day=10)]

    newest = generations(*items[::order]).newest

    assert [each.table_id for each in newest] == [CURRENT]


def test_items_that_store_no_id_do_not_hide_the_newest() -> None:
    # given the newest item, written before ids were stored, and an older one with an id
    found = generations(live_item("a", None, day=9), live_item("b", CURRENT, day=1))
    # when the newest generation is asked for / then it is the one with an id
    assert [each.table_id for each in found.newest] == [CURRENT]


def test_generations_with_the_same_newest_time_are_both_the_newest() -> None:
    found = generations(live_item("a", DROPPED, day=9), live_item("b", CURRENT, day=9))

    assert {each.table_id for each in found.newest} == {DROPPED, CURRENT}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2021-02-09T02:16:06Z", "2021-02-09T02:16:06.240Z"),
        ("2021-02-09T02:16:06.240Z", "2021-02-09T02:16:06.2401Z"),
        ("2021-02-09T03:16:06.240+02:00", "2021-02-09T02:16:06.240Z"),
        ("2021-02-09", "2021-02-09T00:00:01-00:00"),
    ],
)
def test_times_are_compared_as_times(older: str, newer: str) -> None:
    for texts in ((older, newer), (newer, older)):
        found = generations(*({**live_item(t), "txTime": {"S": t}} for t in texts))

        (generation,) = found.generations
        assert (generation.first, generation.last) == (older, newer)


@pytest.mark.parametrize("time", [{}, {"txTime": {"S": "yesterday"}}, {"txTime": {"N": "5"}}])
def test_an_item_without_a_time_is_counted(time: dict[str, dict[str, object]]) -> None:
    item = {name: value for name, value in live_item("a").items() if name != "txTime"}

    found = generations({**item, **time})

    (generation,) = found.generations
    assert (generation.states[LIVE], generation.first, generation.last) == (1, None, None)
    assert found.newest == []


def test_revisions_are_counted_by_their_state() -> None:
    # given revisions of each state, a stub that tells no ledger table, and a foreign state
    found = TableGenerations(table_name="history")
    stub = history_item("e", "redacted")
    del stub["ledgerTable"], stub["txTime"]
    # when they are counted
    found.add_revisions(
        [
            history_item("a", "live"),
            history_item("b", "live"),
            history_item("c", "deleted"),
            history_item("d", "redacted"),
            history_item("f", "strange"),
            stub,
        ]
    )
    # then each is in its state
    (generation,) = found.generations
    assert dict(generation.states) == {"live": 2, "deleted": 1, "redacted": 2, "other": 1}
    assert generation.ledger_table == "Person"

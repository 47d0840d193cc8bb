"""A removal turns live items of one generation into tombstones, and nothing else.

The tables are in memory; the integration tests run the same on DynamoDB Local.
"""

from __future__ import annotations

import pytest

from handler.settings import ReplicaTable
from ops.errors import OpsError
from ops.generation_removal import GenerationRemoval, RemovalCounts
from tests.support.faults import client_error
from tests.support.generation_items import CURRENT, DROPPED, live_item, tombstone
from tests.support.scanned_tables import ScannedTables

NOW = 1_800_000_000.0


def table(days: int | None = None) -> ReplicaTable:
    return ReplicaTable(ledger_table="Person", table_name="person", tombstone_lifetime_days=days)


def removal(
    tables: ScannedTables, days: int | None = None, stop: object = None
) -> GenerationRemoval:
    return GenerationRemoval(
        tables,
        table(days),
        DROPPED,
        clock=lambda: NOW,
        stop=stop or (lambda: False),  # type: ignore[arg-type]
    )


def test_live_items_of_the_generation_become_tombstones_of_the_same_version() -> None:
    # given live items and tombstones of two generations, and one that stores no id
    kept = [
        tombstone("b", version=5),
        live_item("c", CURRENT),
        tombstone("d", CURRENT),
        live_item("e", None),
    ]
    tables = ScannedTables({"person": [live_item("a", version=7), live_item("z"), *kept]})
    # when one generation is removed
    counts = removal(tables).run()
    # then its live items are whole tombstones, without anything of the document
    assert counts == RemovalCounts(removed=2)
    assert tables.tables["person"] == {
        "a": tombstone("a", version=7),
        "z": tombstone("z"),
        **{item["pk"]["S"]: item for item in kept},
    }


def test_tombstones_have_the_lifetime_of_their_table() -> None:
    tables = ScannedTables({"person": [live_item("a")]})

    removal(tables, days=2).run()

    assert tables.tables["person"]["a"]["expiresAt"] == {"N": str(int(NOW) + 2 * 86_400)}


@pytest.mark.parametrize(
    "change",
    [
        {"version": {"N": "4"}, "hash": {"B": b"new"}},
        {"hash": {"B": b"new"}},
        {"tableId": {"S": CURRENT}},
        {"isDeleted": {"BOOL": True}},
    ],
)
def test_an_item_that_changes_meanwhile_is_left_alone(change: dict[str, dict[str, object]]) -> None:
    # given an item that is written between the reading and the removal
    tables = ScannedTables({"person": [live_item("a"), live_item("b")]})
    written = {**live_item("b"), **change}

    def write(key: str) -> None:
        if key == "b":
            tables.tables["person"]["b"] = written

    tables.before_put = write
    # when its generation is removed / then the item stays, and is counted
    counts = removal(tables).run()
    assert counts == RemovalCounts(removed=1, changed=1)
    assert tables.tables["person"]["b"] == written


def test_a_repeated_request_whose_first_answer_was_lost_counts_as_removed() -> None:
    # given a first attempt that DynamoDB carried out
    tables = ScannedTables({"person": [live_item("a")]})
    buried = {**tombstone("a"), "expiresAt": {"N": str(int(NOW) + 2 * 86_400)}}

    def write(_key: str) -> None:
        tables.tables["person"]["a"] = buried

    tables.before_put = write
    # when boto3 repeats it / then
    assert removal(tables, days=2).run() == RemovalCounts(removed=1)
    assert tables.tables["person"]["a"] == buried


def test_an_item_that_is_gone_meanwhile_is_not_created_again() -> None:
    tables = ScannedTables({"person": [live_item("a")]})

    def delete(key: str) -> None:
        del tables.tables["person"][key]

    tables.before_put = delete

    counts = removal(tables).run()

    assert counts == RemovalCounts(changed=1)
    assert tables.tables["person"] == {}


def test_a_repetition_finds_nothing_left() -> None:
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})
    removal(tables).run()

    assert removal(tables).run() == RemovalCounts()


def test_a_stop_is_followed_after_some_items_and_the_rest_can_be_done_later() -> None:
    # given a stop after the first page of two items
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})
    seen: list[int] = []
    stopped = removal(tables, stop=lambda: True).run(lambda counts: seen.append(counts.removed))
    # then these two are removed, and a repetition removes the rest
    assert stopped == RemovalCounts(removed=2, interrupted=True)
    assert seen == [2]
    assert removal(tables).run() == RemovalCounts(removed=3)


def test_the_progress_is_told_before_a_large_page_is_done() -> None:
    tables = ScannedTables({"person": [live_item(f"{n:04}") for n in range(300)]}, page=300)
    seen: list[int] = []

    removal(tables).run(lambda counts: seen.append(counts.removed))

    assert seen == [128, 256, 300]


def test_a_missing_permission_is_named() -> None:
    tables = ScannedTables({"person": [live_item("a")]})

    def refuse(_key: str) -> None:
        raise client_error("PutItem", "AccessDeniedException", "m")

    tables.before_put = refuse

    with pytest.raises(OpsError, match=r"^table person: .* the action dynamodb:PutItem$"):
        removal(tables).run()


def test_the_scan_misses_no_item_that_was_written_before() -> None:
    tables = ScannedTables({"person": [live_item("a")]})

    removal(tables).run()

    assert all(request["ConsistentRead"] for request in tables.requests)

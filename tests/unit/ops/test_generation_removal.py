"""A removal turns live items of one generation into tombstones, and nothing else.

The tables are in memory; the integration tests run the same on DynamoDB Local.
"""

from __future__ import annotations

import pytest

from handler.settings import ReplicaTable
from ops.errors import OpsError
from ops.generation_removal import PARALLEL_WRITES, GenerationRemoval, RemovalCounts
from ops.table_scan import CapacityLimit
from tests.support.clock import Clock
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
    stopped = removal(tables, stop=lambda: bool(seen)).run(
        lambda counts: seen.append(counts.removed)
    )
    # then these two are removed, and a repetition removes the rest
    assert stopped == RemovalCounts(removed=2, interrupted=True)
    assert seen == [2]
    assert removal(tables).run() == RemovalCounts(removed=3)


def test_a_stop_is_followed_on_pages_without_an_item_to_remove() -> None:
    # given ten pages without an item of the generation, and one with one
    others = [live_item(f"a{n:02}", CURRENT) for n in range(20)]
    tables = ScannedTables({"person": [*others, live_item("b")]})
    seen: list[int] = []
    # when a stop is asked for after the first page
    counts = removal(tables, stop=lambda: bool(seen)).run(lambda found: seen.append(found.removed))
    # then no other page is read, and the removal says that it is not complete
    assert counts == RemovalCounts(interrupted=True)
    assert len(tables.requests) == 1


def test_a_stop_during_the_wait_for_the_limit_is_an_interruption() -> None:
    # given one unit a second, and a page whose units are waited for
    clock = Clock()
    tables = ScannedTables({"person": [live_item(f"a{n:02}", CURRENT) for n in range(20)]})
    stopped = GenerationRemoval(
        tables,
        table(),
        DROPPED,
        limit=CapacityLimit(1.0, clock.time, clock.sleep),
        stop=lambda: clock.now > 0,
    )
    # when a stop is asked for meanwhile / then the removal ends, and says that it is not complete
    assert stopped.run() == RemovalCounts(interrupted=True)
    assert len(tables.requests) == 1


def test_a_write_does_not_wait_for_the_limit_after_a_stop() -> None:
    # given one unit in a hundred seconds, and a stop that is asked for while a write waits
    clock = Clock()
    tables = ScannedTables({"person": [live_item("a")]})
    stopped = GenerationRemoval(
        tables,
        table(),
        DROPPED,
        limit=CapacityLimit(0.01, clock.time, clock.sleep),
        stop=lambda: clock.now > 0,
    )
    # when the item is removed / then the write counts, and the wait ends soon
    assert stopped.run() == RemovalCounts(removed=1, interrupted=True)
    assert clock.now < 1


def test_nothing_more_is_written_after_a_stop() -> None:
    # given a large page, and a stop that is asked for at the first write
    tables = ScannedTables({"person": [live_item(f"{n:04}") for n in range(100)]}, page=100)
    written: list[str] = []
    tables.before_put = written.append
    # when it is removed / then the writes at work end, and no other begins
    counts = removal(tables, stop=lambda: bool(written)).run()
    assert counts == RemovalCounts(removed=len(written), interrupted=True)
    assert len(written) <= PARALLEL_WRITES


def test_what_was_removed_is_known_when_a_removal_fails() -> None:
    # given a table of which one item cannot be written
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})

    def refuse(key: str) -> None:
        if key == "d":
            raise client_error("PutItem", "AccessDeniedException", "m")

    tables.before_put = refuse
    failing = removal(tables)
    # when the removal fails
    with pytest.raises(OpsError):
        failing.run()
    # then it tells what it did
    left = [item for item in tables.tables["person"].values() if "isDeleted" not in item]
    assert failing.counts.removed == 5 - len(left) == 3


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

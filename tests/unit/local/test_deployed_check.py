"""The test of a deployed stack finds a stack that follows, and one that loses records.

The stack is the handler itself, over tables in memory; the end-to-end tests use a deployed one.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from qldb_simulator.delivery_plan import DeliveryOptions

from local.comparison import Row, Verdict, count, differences
from local.deployed_check import LAG_PROBES, DeployedCheck
from local.lag import Lags
from local.ledger_feed import LedgerFeed
from local.replica import Replica
from tests.support.clock import Clock
from tests.support.followed_stream import FollowedStream
from tests.support.kinesis_events import STREAM_ARN

TABLES: dict[str, dict[str, Any]] = {
    "Person": {
        "tableName": "person",
        "attributes": {"firstName": ["firstName"], "town": ["address", "town"], "a.b": ["a.b"]},
    },
    "Vehicle": {"tableName": "vehicle"},
}


def check(stack: FollowedStream) -> DeployedCheck:
    feed = LedgerFeed(stack, STREAM_ARN, DeliveryOptions(copies=2, shuffle=True, seed=1))
    return DeployedCheck(feed, Replica(stack.outputs, stack), lambda _: None)


def settled(checked: DeployedCheck) -> list[Row]:
    return checked.settle(0.0, lambda _behind, _waited: None)


def test_a_stack_that_follows_has_no_difference_in_any_generation() -> None:
    # given a stack with an item of somebody else
    stack = FollowedStream(TABLES)
    stack.tables.put("person", {"pk": {"S": "other"}, "version": {"N": "7"}}, all_old=False)
    # when it is fed
    checked = check(stack)
    checked.write()
    # then every document of both generations of both tables is equal, and only those are seen
    rows = settled(checked)
    assert differences(rows) == 0
    assert len(rows) == 2 * 2 * 20
    assert sum(row.is_dropped for row in rows) == 2 * 20
    assert {row.table for row in rows} == {"Person", "Vehicle"}
    assert {row.ledger for row in rows if "deleted" in row.ledger}


def test_what_is_projected_is_there_to_be_compared() -> None:
    stack = FollowedStream(TABLES)
    check(stack).write()

    held = [set(item) for item in stack.tables.items("person").values()]

    assert any({"firstName", "town", "a.b"} <= names for names in held)
    assert any("firstName" in names and "town" not in names for names in held)


def test_a_revision_that_never_arrives_differs() -> None:
    # given a stack that drops whatever has a certain name in it
    stack = FollowedStream(TABLES, drops=lambda frame: b"Lloyd" in frame)
    # when it is fed / then what was dropped differs in the end
    checked = check(stack)
    checked.write()
    rows = settled(checked)
    assert 0 < count(rows, Verdict.DIFFERENT) == differences(rows) < len(rows)


def test_an_item_that_somebody_changed_differs() -> None:
    stack = FollowedStream(TABLES)
    checked = check(stack)
    checked.write()
    key, item = next(iter(stack.tables.items("vehicle").items()))
    stack.tables.put("vehicle", {**item, "more": {"S": "x"}}, all_old=False)

    (row,) = [row for row in settled(checked) if row.verdict is Verdict.DIFFERENT]

    assert (row.table, row.document_id) == ("Vehicle", key)


def test_the_lag_is_measured_in_every_table() -> None:
    # given a stack that is fed
    stack = FollowedStream(TABLES)
    checked = check(stack)
    checked.write()
    before = {name: len(stack.tables.items(name)) for name in ("person", "vehicle")}
    # when the lag is measured / then each table has half of the new documents
    lags = checked.lags(5.0, lambda _arrived, _waited: None)
    assert len(lags.seconds) == LAG_PROBES
    assert max(lags.seconds) < 1.0
    for name, number in before.items():
        assert len(stack.tables.items(name)) == number + LAG_PROBES // 2
    assert differences(settled(checked)) == 0


def test_the_time_limit_is_that_of_settling_and_probing_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a stack whose items can be read after 40 seconds, and that loses a new document
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    stack = FollowedStream(TABLES, drops=lambda frame: b"Probe0" in frame)
    read = stack.batch_get_item

    def later(*, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        return read(RequestItems=RequestItems) if clock.now >= 40 else {"Responses": {}}

    monkeypatch.setattr(stack, "batch_get_item", later)
    checked = check(stack)
    checked.write()
    # when it has a minute
    told: dict[str, float] = {}
    outcome = checked.verify(60.0, lambda what, waited: told.update({what: waited}))
    # then it ends after a minute in all, with the lost document as the only difference
    assert clock.now == pytest.approx(60.0, abs=1.0)
    assert differences(outcome.rows) == 1
    assert outcome.lags == Lags(probes=LAG_PROBES, seconds=[])
    assert not outcome.has_passed
    assert told == {
        "80 items": 39.5,
        "document 1 of 10 that measure the lag": pytest.approx(60.0, abs=0.1),
    }


def test_a_dropped_table_is_created_again_with_another_id() -> None:
    stack = FollowedStream(TABLES)
    check(stack).write()

    ids = {item["tableId"]["S"] for item in stack.tables.items("person").values()}

    assert len(ids) == 2


def test_the_whole_journal_is_written_once_more_at_the_end() -> None:
    # given a stack / when it is fed in two copies
    stack = FollowedStream(TABLES)
    check(stack).write()
    # then each block came twice, and twice again
    blocks = Counter(
        int(record["payload"]["blockAddress"]["sequenceNo"])
        for record in stack.records
        if record["recordType"] == "BLOCK_SUMMARY"
    )
    assert set(blocks.values()) == {4}

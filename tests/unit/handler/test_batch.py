"""Whole batches: which records are written, ignored, quarantined and redelivered.

Writer and failure store are recorders here; the writer has its own tests, and tests/reliability
runs everything together under faults.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import batch as batch_module
from handler import revision_batch
from handler.batch import Handler
from handler.outcomes import APPLIED, STALE, Outcome, Permanent, Transient
from handler.replica import Write
from handler.settings import HandlerSettings, IndexKey, ReplicaTable
from handler.telemetry import TableCounts
from journal.revisions import IgnoredReason
from tests.support.kinesis_events import SHARD_ID, STREAM_ARN, event
from tests.support.kpl import aggregate, frame
from tests.support.lambda_context import LambdaContext
from tests.support.qldb_records import HASH, TABLE_ID, block_summary, control, record, revision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

    from handler.failures import FailedRecord
    from handler.telemetry import BatchCounts
    from handler.writer import ItemWrite

NOW = 1_612_837_000.0


class Recorder:
    """Writer, failure store and telemetry in one, with scripted outcomes."""

    def __init__(
        self,
        outcome: Callable[[ItemWrite], Outcome] = lambda _: APPLIED,
        *,
        bucket_fails: bool = False,
    ) -> None:
        self._outcome = outcome
        self._bucket_fails = bucket_fails
        self.rounds: list[list[ItemWrite]] = []
        self.deadlines: list[float] = []
        self.quarantined: list[FailedRecord] = []
        self.calls: list[str] = []
        self.counts: list[BatchCounts] = []

    @property
    def writes(self) -> list[tuple[str, int]]:
        return [(write.document_id, write.version) for each in self.rounds for write in each]

    @property
    def current(self) -> list[Write]:
        """The writes of the current state."""
        return [write for each in self.rounds for write in each if isinstance(write, Write)]

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:
        self.calls.append("write")
        self.rounds.append(list(writes))
        self.deadlines.append(deadline)
        return [self._outcome(write) for write in writes]

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        self.calls.append("put")
        self.deadlines.append(deadline)
        if not self._bucket_fails:
            self.quarantined.extend(records)
        return [not self._bucket_fails] * len(records)

    def publish(self, counts: BatchCounts) -> None:
        self.counts.append(counts)


def process(
    recorder: Recorder, batch: dict[str, Any], *, table: str = "Person", milliseconds: int = 60_000
) -> list[str]:
    """Run one batch; return the sequence numbers to be redelivered."""
    handler = Handler(
        settings=HandlerSettings(
            replica_tables={table: ReplicaTable(ledger_table=table, table_name="person-1")},
            failure_bucket="failures",
        ),
        writer=recorder,
        failures=recorder,
        telemetry=recorder,
        clock=lambda: NOW,
    )
    response = handler.process(batch, LambdaContext(remaining_milliseconds=lambda: milliseconds))
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_the_genuine_event_becomes_one_write(shared_data: Path) -> None:
    recorder = Recorder()
    batch = json.loads((shared_data / "genuine-kpl-event.json").read_text())

    assert process(recorder, batch, table="attestations") == []

    (write,) = recorder.current
    assert (write.document_id, write.version) == ("6WXz9wdajiY7K5u6YwGUN4", 0)
    assert write.attributes["data"]["M"]["targetId"] == {"S": "some-target-123"}
    (counts,) = recorder.counts
    assert counts.tables == {"attestations": TableCounts(applied=1)}
    assert counts.ignored == {IgnoredReason.BLOCK_SUMMARY: 1}


def test_every_class_of_record_is_counted_once() -> None:
    recorder = Recorder(lambda write: STALE if write.document_id == "stale" else APPLIED)
    batch = event(
        control(),
        aggregate(block_summary(), revision(document_id="new")),
        revision(document_id="gone", version=2, data=None),
        revision(document_id="redacted", data=None, data_hash=f"{{{{{HASH}}}}}"),
        aggregate(revision(document_id="hot", version=1), revision(document_id="hot", version=2)),
        revision(document_id="stale"),
        revision(table="Car"),
        frame(b""),
        record("SNAPSHOT", "{}"),
        b"garbage",
    )

    assert process(recorder, batch) == []

    assert recorder.writes == [("new", 0), ("gone", 2), ("hot", 2), ("stale", 0)]
    (counts,) = recorder.counts
    assert counts.kinesis_records == 10
    assert counts.tables == {
        "Person": TableCounts(applied=3, deleted=1, stale=1, superseded=1, redacted=1)
    }
    assert counts.ignored == {
        IgnoredReason.CONTROL: 1,
        IgnoredReason.BLOCK_SUMMARY: 1,
        IgnoredReason.UNCONFIGURED_TABLE: 1,
        IgnoredReason.EMPTY_AGGREGATE: 1,
        IgnoredReason.UNKNOWN_RECORD_TYPE: 1,
    }
    assert counts.ignored_tables == {"Car": 1}
    assert counts.quarantined == {("malformed", "not binary Ion"): 1}
    assert counts.retried == {}


def test_applied_revisions_that_an_index_lacks_are_counted() -> None:
    # given a table whose index has texts as keys
    table = ReplicaTable(
        ledger_table="Person",
        table_name="person-1",
        attributes={"a": ("a",)},
        index_keys={"a": IndexKey("S", 2048)},
    )
    recorder = Recorder(lambda write: STALE if write.document_id == "stale" else APPLIED)
    handler = Handler(
        settings=HandlerSettings(replica_tables={"Person": table}, failure_bucket="failures"),
        writer=recorder,
        failures=recorder,
        telemetry=recorder,
        clock=lambda: NOW,
    )
    batch = event(
        revision(document_id="fits", data='{a: "x"}'),
        revision(document_id="does not", data="{a: 1}"),
        revision(document_id="stale", data="{a: 1}"),
    )
    # when
    handler.process(batch, LambdaContext(remaining_milliseconds=lambda: 60_000))
    # then
    assert recorder.counts[0].tables == {"Person": TableCounts(applied=2, unindexed=1, stale=1)}


def test_the_lag_of_a_backfill_counts_from_the_arrival_of_its_records() -> None:
    # given a transaction of years ago, whose record arrived in the stream two seconds ago
    recorder = Recorder()
    batch = event(revision(tx_time="2015-01-01T00:00:00Z"))
    for each in batch["Records"]:
        each["kinesis"]["approximateArrivalTimestamp"] = NOW - 2
    # when
    process(recorder, batch)
    # then
    (counts,) = recorder.counts
    assert counts.lags == [pytest.approx(2)]


@pytest.mark.parametrize("tx_time", ["2020T", "2020-02T", "2020-02-29T", "2020-02-29T12:00-00:00"])
def test_a_transaction_time_of_any_precision_is_written(tx_time: str) -> None:
    recorder = Recorder()

    assert process(recorder, event(revision(tx_time=tx_time))) == []

    (write,) = recorder.current
    assert write.attributes["txTime"]["S"] in {tx_time, tx_time.removesuffix("T")}
    assert recorder.quarantined == []


def test_one_id_in_two_tables_is_two_documents() -> None:
    # given
    recorder = Recorder()
    tables = {
        name: ReplicaTable(ledger_table=name, table_name=f"{name.lower()}-1")
        for name in ("Person", "Car")
    }
    handler = Handler(
        settings=HandlerSettings(replica_tables=tables, failure_bucket="failures"),
        writer=recorder,
        failures=recorder,
        telemetry=None,
        clock=lambda: NOW,
    )
    batch = event(revision(version=1), revision(table="Car", version=2))
    # when
    handler.process(batch, LambdaContext(remaining_milliseconds=lambda: 60_000))
    # then
    ((person, car),) = recorder.rounds
    written = {(write.table_name, write.version) for write in (person, car)}
    assert written == {("person-1", 1), ("car-1", 2)}


@pytest.mark.parametrize("history", [False, True])
def test_a_replica_for_an_id_comes_before_one_for_the_name(*, history: bool) -> None:
    # given a ledger table with an entry for its id, and another of the same name
    recorder = Recorder()
    tables = {
        name: ReplicaTable(ledger_table=name, table_name=table_name, history=history)
        for name, table_name in (("Person", "by-name"), (TABLE_ID, "by-id"))
    }
    handler = Handler(
        settings=HandlerSettings(
            replica_tables=tables,
            failure_bucket="failures",
            history_table="history" if history else None,
        ),
        writer=recorder,
        failures=recorder,
        telemetry=recorder,
        clock=lambda: NOW,
    )
    other = revision(document_id="other").replace(TABLE_ID.encode(), b"ANOTHERIDOFTHESAMENAME")
    # when
    handler.process(event(revision(), other), LambdaContext(remaining_milliseconds=lambda: 60_000))
    # then each is written to its own, and counted there
    written = {write.table_name: write.document_id for write in recorder.current}
    assert written == {"by-id": "6WXz9wdajiY7K5u6YwGUN4", "by-name": "other"}
    assert {name: counts.applied for name, counts in recorder.counts[0].tables.items()} == {
        TABLE_ID: 1,
        "Person": 1,
    }


def test_a_replica_for_an_id_alone_ignores_other_tables_of_the_name() -> None:
    recorder = Recorder()
    tables = {TABLE_ID: ReplicaTable(ledger_table=TABLE_ID, table_name="by-id")}
    handler = Handler(
        settings=HandlerSettings(replica_tables=tables, failure_bucket="failures"),
        writer=recorder,
        failures=recorder,
        telemetry=recorder,
        clock=lambda: NOW,
    )
    other = revision(document_id="other").replace(TABLE_ID.encode(), b"ANOTHERIDOFTHESAMENAME")

    handler.process(event(revision(), other), LambdaContext(remaining_milliseconds=lambda: 60_000))

    assert [write.document_id for write in recorder.current] == ["6WXz9wdajiY7K5u6YwGUN4"]
    assert recorder.counts[0].ignored_tables == {"Person": 1}


def test_a_malformed_record_is_quarantined_with_payload_and_position() -> None:
    recorder = Recorder()

    assert process(recorder, event(aggregate(revision(), b"garbage"))) == []

    (failed,) = recorder.quarantined
    assert failed.payload == b"garbage"
    assert (failed.reason, failed.code) == ("malformed", "not binary Ion")
    assert failed.position.stream_arn == STREAM_ARN
    assert failed.position.shard_id == SHARD_ID
    assert failed.position.sequence_number == "100"
    assert failed.position.sub_sequence_number == 1
    assert failed.partition_key == "key-1"
    assert failed.approximate_arrival == 1612836966.24
    assert (failed.function_name, failed.function_version) == ("replica", "7")
    assert failed.failed_at == NOW
    assert recorder.writes == [("6WXz9wdajiY7K5u6YwGUN4", 0)]


@pytest.mark.parametrize("data_hash", [None, f"{{{{{HASH}}}}}"], ids=["delete", "redacted"])
def test_a_version_with_more_digits_than_a_number_of_dynamodb_is_malformed(
    data_hash: str | None,
) -> None:
    recorder = Recorder()
    batch = event(
        revision(document_id="a", version=10**38, data=None, data_hash=data_hash),
        revision(document_id="b", version=10**38 - 1),
    )

    assert process(recorder, batch) == []

    assert recorder.writes == [("b", 10**38 - 1)]
    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code) == (
        "malformed",
        "version has more digits than a number of DynamoDB",
    )
    assert recorder.counts[0].tables == {"Person": TableCounts(applied=1)}


def test_a_damaged_frame_is_quarantined_whole_and_nothing_of_it_is_written() -> None:
    recorder = Recorder()
    damaged = aggregate(revision())[:-1]

    assert process(recorder, event(damaged, revision(document_id="other"))) == []

    (failed,) = recorder.quarantined
    assert (failed.payload, failed.reason, failed.code) == (damaged, "frame", "wrong MD5")
    assert failed.position.sub_sequence_number is None
    assert failed.partition_key == "outer"
    assert recorder.writes == [("other", 0)]


def test_after_a_version_that_can_never_be_stored_the_next_lower_one_is_written() -> None:
    recorder = Recorder(lambda write: Permanent("Validation") if write.version > 1 else APPLIED)
    batch = event(
        revision(version=0), revision(version=3), revision(version=1), revision(version=2)
    )

    assert process(recorder, batch) == []

    assert [version for _, version in recorder.writes] == [3, 2, 1]
    assert [failed.position.sequence_number for failed in recorder.quarantined] == ["101", "103"]
    (counts,) = recorder.counts
    assert counts.tables == {"Person": TableCounts(applied=1, superseded=1, quarantined=2)}
    assert counts.quarantined == {("refused", "Validation"): 2}


def test_after_an_unstorable_version_the_next_lower_one_is_written() -> None:
    recorder = Recorder()
    deep = "[" * 40 + "]" * 40

    assert process(recorder, event(revision(), revision(version=1, data=f"{{a: {deep}}}"))) == []

    assert [version for _, version in recorder.writes] == [0]
    assert [failed.reason for failed in recorder.quarantined] == ["unstorable"]


def test_a_document_that_is_not_ion_inside_is_malformed() -> None:
    recorder = Recorder()
    broken = revision(data='{a: "xx"}').replace(b"\x82xx", b"\x82\xff\xff")

    assert process(recorder, event(broken)) == []

    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code) == ("malformed", "a text that is not UTF-8")


@pytest.mark.parametrize(
    ("module", "place"),
    [
        (batch_module, "user_records"),
        (batch_module, "read_record"),
        (revision_batch, "write_for"),
    ],
)
def test_an_unexpected_exception_quarantines_only_its_record(
    module: ModuleType, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given code that fails on one record in an unexpected way
    bad = revision(document_id="bad")
    right = getattr(module, place)

    def broken(first: object, *others: object, **options: object) -> object:
        if b"bad" in (first if isinstance(first, bytes) else str(first).encode()):
            raise KeyError("a secret document")
        return right(first, *others, **options)

    monkeypatch.setattr(module, place, broken)
    recorder = Recorder()
    # when
    assert process(recorder, event(bad, revision(document_id="good"))) == []
    # then it is quarantined, without its message, and the other is written
    assert recorder.writes == [("good", 0)]
    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code, failed.payload) == ("unforeseen", "KeyError", bad)


def test_a_memory_error_quarantines_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise MemoryError

    monkeypatch.setattr(batch_module, "read_record", broken)
    recorder = Recorder()

    with pytest.raises(MemoryError):
        process(recorder, event(revision()))

    assert recorder.quarantined == []


def test_the_failure_bucket_comes_after_all_writes_and_has_more_time() -> None:
    recorder = Recorder(lambda write: Permanent("Validation") if write.version > 0 else APPLIED)

    process(recorder, event(b"garbage", revision(version=1), revision()))

    assert recorder.calls == ["write", "write", "put"]
    first, second, last = recorder.deadlines
    assert first == second < last


def test_the_lowest_failed_sequence_number_is_returned_as_a_number() -> None:
    recorder = Recorder(lambda _: Transient("Throttling"))
    batch = event(*(revision(document_id=str(n)) for n in range(3)), first=9)

    assert process(recorder, batch) == ["9"]

    assert recorder.counts[0].retried == {"Throttling": 3}


def test_older_revisions_are_redelivered_with_a_newest_that_was_not_written() -> None:
    # The next delivery may find that version 1 can never be stored; version 0 is needed then.
    recorder = Recorder(
        lambda write: Transient("Throttling") if write.document_id == "hot" else APPLIED
    )
    batch = event(
        revision(document_id="hot", version=0),
        revision(document_id="other"),
        revision(document_id="hot", version=1),
    )

    assert process(recorder, batch) == ["100"]


def test_a_record_refused_by_the_failure_bucket_is_redelivered() -> None:
    recorder = Recorder(bucket_fails=True)

    assert process(recorder, event(revision(), b"garbage", b"garbage")) == ["101"]

    assert recorder.writes == [("6WXz9wdajiY7K5u6YwGUN4", 0)]
    assert recorder.counts[0].quarantined == {}


def test_writes_leave_time_for_the_bucket_and_both_for_the_answer() -> None:
    recorder = Recorder()
    process(recorder, event(revision()), milliseconds=60_000)
    process(recorder, event(revision()), milliseconds=30_000)
    process(recorder, event(revision()), milliseconds=1_000)
    process(recorder, event(b"garbage"), milliseconds=60_000)
    assert recorder.deadlines == [NOW + 50.0, NOW + 20.0, pytest.approx(NOW + 0.6), NOW + 55.0]


def test_without_time_everything_is_redelivered() -> None:
    recorder = Recorder()
    assert process(recorder, event(revision(), b"garbage"), milliseconds=0) == ["100"]
    assert (recorder.rounds, recorder.quarantined) == ([], [])


def test_failures_of_one_batch_do_not_affect_the_next() -> None:
    recorder = Recorder(lambda write: Transient("X") if write.document_id == "bad" else APPLIED)
    handler = Handler(
        settings=HandlerSettings(
            replica_tables={"Person": ReplicaTable(ledger_table="Person", table_name="p")},
            failure_bucket="failures",
        ),
        writer=recorder,
        failures=recorder,
        telemetry=None,
        clock=lambda: NOW,
    )
    handler.process(event(revision(document_id="bad")), LambdaContext())

    response = handler.process(event(revision(document_id="good"), first=200), LambdaContext())

    assert response == {"batchItemFailures": []}
    assert [write.document_id for write in recorder.rounds[1]] == ["good"]


@given(st.lists(st.binary(max_size=80) | st.sampled_from([revision(), control()]), max_size=4))
def test_any_records_end_written_ignored_or_quarantined(records: list[bytes]) -> None:
    recorder = Recorder()

    assert process(recorder, event(*records)) == []

    (counts,) = recorder.counts
    total = counts.total()
    ended = total.applied + total.superseded + counts.ignored.total() + total.quarantined
    assert ended == len(records)
    assert all(failed.payload in records for failed in recorder.quarantined)

"""A redrive applies what can be applied, keeps the rest under its key, and loses nothing.

Proves it on S3, SQS and a table in memory, with the handler's own code between them, for objects of
both formats. What the real services answer is for `tests/e2e/test_redrive.py`.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from handler.aggregation import MAGIC
from handler.failures import FailedRecord, object_key
from handler.settings import ReplicaTable
from handler.writer import Permanent, Transient
from ops.aggregate_of_one import aggregate_of_one
from ops.errors import OpsError
from ops.failure_bucket import FailureBucket
from ops.failure_objects import describe, read_object
from ops.failure_queue import FailureQueue
from ops.failures_command import list_lines
from ops.record_processing import RecordProcessor, WritesNothing
from ops.redrive import Redrive, redrive_objects
from ops.redrive_command import summary_lines
from ops.redrive_summary import Ending, Summary
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET, notification
from tests.support.failure_bucket import NotifyingS3 as MemoryS3
from tests.support.failure_objects import SETTINGS, WRONG_VALUES, failed_record, quarantine
from tests.support.faults import client_error
from tests.support.kinesis_events import kinesis_record
from tests.support.memory_sqs import QUEUE_URL
from tests.support.memory_table import MemoryTable
from tests.support.qldb_records import control, future_type, malformed
from tests.support.qldb_records import secret_revision as revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handler.settings import HandlerSettings

NOW = 1_800_000_000.0
TWO_TABLES = replace(
    SETTINGS,
    replica_tables={
        **SETTINGS.replica_tables,
        "Vehicle": ReplicaTable(ledger_table="Vehicle", table_name="vehicle-1a2b3c"),
    },
)


@dataclass(kw_only=True)
class World:
    """The services, and runs over them."""

    s3: MemoryS3 = field(default_factory=MemoryS3)
    table: MemoryTable = field(default_factory=MemoryTable)

    @property
    def bucket(self) -> FailureBucket:
        return FailureBucket(self.s3, BUCKET)

    def redrive(
        self,
        *,
        dry_run: bool = False,
        drop_ignored: bool = False,
        tables: HandlerSettings = SETTINGS,
        limit: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        tombstone_lifetime_days: int | None = None,
        now: float = NOW,
    ) -> Redrive:
        return Redrive(
            bucket=self.bucket,
            processor=RecordProcessor(
                settings=replace(tables, tombstone_lifetime_days=tombstone_lifetime_days),
                writer=WritesNothing() if dry_run else self.table,
                clock=lambda: now,
            ),
            limit=limit,
            dry_run=dry_run,
            drop_ignored=drop_ignored,
            stop=stop,
        )

    def run(self, **options: Any) -> Summary:  # noqa: ANN401 - those of `redrive`
        """Work through the queue."""
        redrive = self.redrive(**options)
        return redrive.queue(FailureQueue(self.s3.queue, QUEUE_URL))

    def kept(self, key: str) -> FailedRecord:
        return FailedRecord.from_json(self.s3.bodies[key])

    @property
    def versions(self) -> dict[str, int]:
        return {name: write.version for name, write in self.table.items.items()}


@pytest.fixture
def world() -> World:
    return World()


def test_a_record_that_can_be_applied_by_now_leaves_bucket_and_queue(world: World) -> None:
    # given a record that was refused
    quarantine(world.s3, failed_record(revision("doc", 4)))
    # when it is sent again
    summary = world.run()
    # then it is in the table, and nothing of it anywhere else
    assert world.versions == {"doc": 4}
    assert world.s3.bodies == {}
    assert world.s3.queue.bodies == []
    assert (summary.applied, summary.objects) == (1, Counter({Ending.REMOVED: 1}))
    assert not summary.failed


def test_a_record_that_a_newer_one_overtook_is_stale_and_leaves_too(world: World) -> None:
    # given the failed version 4 of a document whose version 5 was applied meanwhile
    newer = quarantine(world.s3, failed_record(revision("doc", 5), sequence="5"))
    once = world.redrive()
    redrive_objects([newer], bucket=once.bucket, processor=once.processor)
    quarantine(world.s3, failed_record(revision("doc", 4)))
    # when
    summary = world.run()
    # then the table keeps version 5
    assert world.versions == {"doc": 5}
    assert (summary.applied, summary.stale) == (0, 1)
    assert world.s3.bodies == {}


@pytest.mark.parametrize("sub", [None, 4])
@pytest.mark.parametrize(
    ("payload", "code"),
    [(revision(table="Vehicle"), "unconfigured table"), (future_type(), "unknown record type")],
)
def test_the_only_copy_of_what_is_ignored_stays(
    world: World, payload: bytes, code: str, sub: int | None
) -> None:
    # given a record that neither these outputs nor this version of the program have a place for
    key = quarantine(world.s3, failed_record(payload, sub=sub))
    # when it is sent again
    summary = world.run()
    # then it is told, counted and kept, with its bytes, its position and a message
    assert summary.ignored == Counter({code: 1})
    assert summary.kept_for_ignored == 1
    assert summary.objects == Counter({Ending.KEPT: 1})
    assert set(world.s3.bodies) == {key}
    kept = world.kept(key)
    assert (kept.reason, kept.code, kept.attempts) == ("ignored", code, 1)
    assert (kept.payload, kept.position.sub_sequence_number) == (payload, sub)
    assert world.s3.queue.bodies == [notification(key)]
    # and it goes when the operator says so
    dropped = world.run(drop_ignored=True)
    assert (dropped.ignored, dropped.kept_for_ignored) == (Counter({code: 1}), 0)
    assert world.s3.bodies == {}
    assert world.s3.queue.bodies == []


def test_outputs_that_are_out_of_date_lose_nothing(world: World) -> None:
    # given a record of a table that the stack has since its last deployment
    quarantine(world.s3, failed_record(revision("doc", 3, table="Vehicle")))
    # when it is sent again with the outputs of the time before, and then with today's
    world.run(tables=SETTINGS)
    summary = world.run(tables=TWO_TABLES)
    # then it is in the table
    assert (summary.applied, summary.ignored) == (1, Counter())
    assert world.versions == {"doc": 3}
    assert world.s3.bodies == {}


@pytest.mark.parametrize("sub", [None, 4])
def test_what_can_never_lead_to_a_write_leaves(world: World, sub: int | None) -> None:
    quarantine(world.s3, failed_record(control(), sub=sub))
    summary = world.run()
    assert (summary.ignored, summary.kept_for_ignored) == (Counter({"control": 1}), 0)
    assert world.s3.bodies == {}
    assert world.s3.queue.bodies == []


def test_a_dry_run_tells_what_would_stay_because_it_is_ignored(world: World) -> None:
    key = quarantine(world.s3, failed_record(future_type()))
    before = world.s3.bodies[key]
    summary = world.run(dry_run=True)
    assert (summary.objects, summary.kept_for_ignored) == (Counter({Ending.TRIED: 1}), 1)
    assert world.s3.bodies[key] == before


@pytest.mark.parametrize("sub", [None, 0, 17])
def test_a_record_that_fails_again_stays_under_its_key_with_the_new_reason(
    world: World, sub: int | None
) -> None:
    # given a record, of an aggregate or not, that DynamoDB refused once
    key = quarantine(world.s3, failed_record(revision("doc"), sub=sub))
    # when it is refused again with another code
    world.table.outcomes["doc"] = Permanent("ItemCollectionSizeLimitExceeded")
    summary = world.run()
    # then the same key, position and payload have the new code, and a message stays
    assert set(world.s3.bodies) == {key}
    kept = world.kept(key)
    assert kept.code == "ItemCollectionSizeLimitExceeded"
    assert kept.position == failed_record(b"", sub=sub).position
    assert kept.payload == revision("doc")
    assert kept.partition_key == "producer's key"
    assert (kept.attempts, kept.failed_at) == (1, NOW)
    assert summary.failed == Counter({("refused", "ItemCollectionSizeLimitExceeded"): 1})
    assert world.s3.queue.bodies == [notification(key)]
    # and the next run counts on
    world.run()
    assert world.kept(key).attempts == 2
    assert world.s3.queue.bodies == [notification(key)]


def test_two_records_of_one_aggregate_never_overwrite_each_other(world: World) -> None:
    # given two user records of one Kinesis record
    keys = {
        quarantine(world.s3, failed_record(revision(f"doc{sub}"), sub=sub)): sub for sub in (1, 2)
    }
    # when both fail again
    world.table.outcomes = {f"doc{sub}": Permanent("ValidationError") for sub in (1, 2)}
    world.run()
    # then each payload is where it was
    assert {world.kept(key).payload for key in keys} == {revision("doc1"), revision("doc2")}
    assert set(world.s3.bodies) == set(keys)


def test_a_user_record_that_looks_like_an_aggregate_is_not_taken_for_one(world: World) -> None:
    # given a malformed user record of an aggregate whose own bytes are an aggregate's
    nested = aggregate_of_one(revision("doc"), "key")
    key = quarantine(world.s3, failed_record(nested, sub=3))
    # when
    summary = world.run()
    # then it is as malformed as it was for the handler: nothing in it is applied
    assert nested.startswith(MAGIC)
    assert world.versions == {}
    assert summary.failed.total() == 1
    assert world.kept(key).payload == nested


def test_a_frame_that_the_handler_can_read_by_now_splits_into_its_records(world: World) -> None:
    # given a whole Kinesis record, kept for its frame, that this version of the handler can read
    whole = quarantine(
        world.s3, failed_record(aggregate_of_one(malformed(), "inner"), reason="frame")
    )
    # when a user record in it fails
    world.run()
    # then that record is kept at its own place and the frame is gone
    (key,) = world.s3.bodies
    assert key == whole.replace("whole", "00000000")
    assert world.kept(key).payload == malformed()
    assert world.kept(key).partition_key == "inner"
    assert world.s3.queue.bodies == [notification(key)]


def test_a_transient_fault_keeps_the_object_and_tells_the_code(world: World) -> None:
    # given
    key = quarantine(world.s3, failed_record(revision("doc"), sub=2, attempts=4))
    # when DynamoDB throttles until the time is over
    world.table.outcomes["doc"] = Transient("ThrottlingError")
    summary = world.run()
    # then
    kept = world.kept(key)
    assert (kept.reason, kept.code, kept.attempts) == ("not written", "ThrottlingError", 5)
    assert kept.payload == revision("doc")
    assert summary.failed == Counter({("not written", "ThrottlingError"): 1})


def test_a_wrong_deployment_stops_the_run_and_blames_no_record(world: World) -> None:
    # given
    key = quarantine(world.s3, failed_record(revision("doc")))
    before = world.s3.bodies[key]
    # when the operator may not write
    world.table.outcomes["doc"] = Transient("AccessDeniedException")
    with pytest.raises(OpsError, match="dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate"):
        world.run()
    # then the object is what it was, and its message is visible at once
    assert world.s3.bodies[key] == before
    assert world.s3.queue.visible == 1


def batch(world: World, *records: bytes) -> None:
    body = discarded_batch(
        [kinesis_record(data, str(1000 + number)) for number, data in enumerate(records)]
    )
    world.s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=body)


def test_a_discarded_batch_is_applied_and_leaves(world: World) -> None:
    # given a whole batch, one record of it an aggregate
    batch(world, revision("a", 1), aggregate_of_one(revision("b", 2), "key"), revision("a", 3))
    # when
    summary = world.run()
    # then
    assert world.versions == {"a": 3, "b": 2}
    assert (summary.applied, summary.stale) == (2, 1)
    assert world.s3.bodies == {}
    assert world.s3.queue.bodies == []


def test_what_of_a_batch_can_never_be_applied_gets_objects_of_its_own(world: World) -> None:
    # given a batch with two bad records, one of them in an aggregate
    batch(world, revision("a"), malformed(), aggregate_of_one(malformed(), "key"))
    # when
    summary = world.run()
    # then the good one is applied and the bad ones are kept by their positions
    assert world.versions == {"a": 0}
    places = {key.split("/", 3)[3]: world.kept(key) for key in world.s3.bodies}
    assert set(places) == {"1001/whole.json", "1002/00000000.json"}
    assert {kept.payload for kept in places.values()} == {malformed()}
    assert {kept.attempts for kept in places.values()} == {1}
    assert summary.failed.total() == 2
    # and a message stands for each
    assert len(world.s3.queue.bodies) == 2
    assert world.s3.queue.visible == 2


def test_a_batch_of_which_anything_is_transient_stays_whole(world: World) -> None:
    # given
    batch(world, revision("a"), revision("b"), malformed())
    # when one write is throttled
    world.table.outcomes["b"] = Transient("ThrottlingError")
    world.run()
    # then the batch is all that there is, as Lambda wrote it but for the history
    assert set(world.s3.bodies) == {BATCH_KEY}
    fields = json.loads(world.s3.bodies[BATCH_KEY])
    assert fields.pop("redrive") == {
        "reason": "not written",
        "code": "ThrottlingError",
        "failedAt": NOW,
        "attempts": 1,
    }
    records = [revision("a"), revision("b"), malformed()]
    expected = [kinesis_record(data, str(1000 + i)) for i, data in enumerate(records)]
    assert fields == json.loads(discarded_batch(expected))
    # and the next run takes it from there
    world.table.outcomes = {}
    world.run()
    assert world.versions == {"a": 0, "b": 0}
    assert [key.split("/", 3)[3] for key in world.s3.bodies] == ["1002/whole.json"]


def test_a_batch_with_something_ignored_is_applied_and_stays_whole(world: World) -> None:
    # given a batch with a record of a table that is not configured, and one that is malformed
    batch(world, revision("a"), revision("b", 3, table="Vehicle"), malformed(), control())
    # when
    summary = world.run(tables=SETTINGS)
    # then the rest is applied, and the batch is all that there is
    assert world.versions == {"a": 0}
    assert summary.kept_for_ignored == 1
    assert set(world.s3.bodies) == {BATCH_KEY}
    fields = json.loads(world.s3.bodies[BATCH_KEY])
    assert (fields["redrive"]["reason"], fields["redrive"]["code"]) == (
        "ignored",
        "unconfigured table",
    )
    assert world.s3.queue.bodies == [notification(BATCH_KEY)]
    # and once the table is configured, it leaves but for the malformed one
    world.run(tables=TWO_TABLES)
    assert world.versions == {"a": 0, "b": 3}
    assert [key.split("/", 3)[3] for key in world.s3.bodies] == ["1002/whole.json"]


def test_of_a_batch_only_what_is_ignored_is_dropped(world: World) -> None:
    batch(world, revision("a"), revision("b", table="Vehicle"), malformed())
    world.run(drop_ignored=True)
    assert world.versions == {"a": 0}
    assert [key.split("/", 3)[3] for key in world.s3.bodies] == ["1002/whole.json"]


@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "DeleteObject"])
def test_whenever_a_run_is_killed_each_record_is_in_the_table_or_the_bucket(
    world: World, operation: str
) -> None:
    # given a batch of a good and a bad record, and a run that is killed after a call
    batch(world, revision("a"), malformed())

    class KilledError(BaseException):
        pass

    def kill(name: str, _key: str) -> None:
        if name == operation:
            raise KilledError

    world.s3.after = kill
    with pytest.raises(KilledError):
        world.run()
    # then
    assert world.versions == {"a": 0} or BATCH_KEY in world.s3.bodies
    assert world.s3.bodies
    # and a second run brings it to the same end as one without the kill
    world.s3.after = lambda _operation, _key: None
    redrive = world.redrive()
    redrive.objects(sorted(world.s3.bodies, reverse=True))
    assert world.versions == {"a": 0}
    assert [key.split("/", 3)[3] for key in world.s3.bodies] == ["1001/whole.json"]


def test_a_message_without_object_is_removed(world: World) -> None:
    key = quarantine(world.s3, failed_record(revision()))
    del world.s3.bodies[key]
    summary = world.run()
    assert summary.objects == Counter({Ending.GONE: 1})
    assert world.s3.queue.bodies == []
    assert not summary.failed


def test_the_test_event_of_s3_is_removed(world: World) -> None:
    world.s3.queue.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    summary = world.run()
    assert (summary.test_events, summary.objects.total()) == (1, 0)
    assert world.s3.queue.bodies == []


def test_messages_of_others_stay_and_are_visible_again(world: World) -> None:
    strangers = ["not JSON", "[]", notification("records/x", bucket="another")]
    for body in strangers:
        world.s3.queue.send(body)
    summary = world.run()
    assert summary.foreign == 3
    assert world.s3.queue.bodies == strangers
    assert world.s3.queue.visible == 3


@pytest.mark.parametrize("days", [8, 400])
def test_a_record_that_may_outlive_the_tombstone_of_its_document_is_not_written(
    world: World, days: int
) -> None:
    # given a record that came so long ago that a later delete's tombstone may have expired
    key = quarantine(world.s3, failed_record(revision("doc", 4)))
    before = dict(world.s3.bodies)
    arrived = world.kept(key).approximate_arrival
    # when it is sent again
    now = int(arrived + days * 86_400) + 1
    summary = world.run(tombstone_lifetime_days=9, now=now)
    # then nothing is written, and the object stays as it is
    assert world.versions == {}
    assert world.s3.bodies == before
    assert summary.failed == Counter({("older than tombstones live", "tombstoneLifetimeDays"): 1})
    assert "streaming the journal from its start" in "\n".join(
        summary_lines(summary, dry_run=False)
    )
    # and the same for a batch of which one record is so old
    batch(world, revision("other", 1))
    summary = world.run(tombstone_lifetime_days=9, now=now)
    assert world.versions == {}
    assert BATCH_KEY in world.s3.bodies


def test_a_record_that_every_tombstone_outlives_is_written(world: World) -> None:
    key = quarantine(world.s3, failed_record(revision("doc", 4)))
    now = int(world.kept(key).approximate_arrival + 8 * 86_400 - 1)
    world.run(tombstone_lifetime_days=9, now=now)
    assert world.versions == {"doc": 4}


def test_an_unreadable_object_stays_as_it_is(world: World) -> None:
    world.s3.put_object(Bucket=BUCKET, Key="records/stream/shard/1/whole.json", Body=b"{}")
    summary = world.run()
    assert summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
    assert list(world.s3.bodies.values()) == [b"{}"]
    assert world.s3.queue.visible == 1


def _wrong_fields(body: bytes) -> Iterator[bytes]:
    """Change one field at a time of an object, and of what it holds, to each wrong value."""
    fields = json.loads(body)
    for name, value in itertools.product(fields, WRONG_VALUES):
        yield json.dumps(fields | {name: value}).encode()
    for name in fields:
        yield json.dumps({each: fields[each] for each in fields if each != name}).encode()


@pytest.mark.parametrize("sub", [None, 3])
def test_an_object_with_a_wrong_field_stays_and_the_run_goes_on(
    world: World, sub: int | None
) -> None:
    # given objects with every field wrong in every way, each before a good one
    right = failed_record(revision("damaged", 3), sub=sub, attempts=1)
    key = object_key(right.position)
    for number, body in enumerate(_wrong_fields(right.to_json())):
        world.s3.bodies = {key: body}
        good = quarantine(world.s3, failed_record(revision(f"good{number}"), sequence="1"))
        # when
        summary = world.redrive().objects([key, good])
        # then the good one is applied, and the other one too or kept as it is
        assert world.versions[f"good{number}"] == 0
        assert good not in world.s3.bodies
        unreadable = summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
        moved = any(code.startswith("the position") for _, code in summary.failed)
        if unreadable or moved:
            assert world.s3.bodies == {key: body}
            assert summary.objects == Counter({Ending.KEPT: 1, Ending.REMOVED: 1})
        # and whatever it is, it can be listed
        assert "\n".join(list_lines([describe(key, body)])).encode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("partitionKey", None), ("attempts", "x"), ("failedAt", "now"), ("sequenceNumber", 7)],
)
def test_a_field_of_a_wrong_type_is_unreadable(world: World, field: str, value: object) -> None:
    record = failed_record(revision("doc"), sub=3)
    key = object_key(record.position)
    body = json.dumps(json.loads(record.to_json()) | {field: value}).encode()
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    summary = world.run()
    assert summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
    assert world.s3.bodies == {key: body}
    assert world.s3.queue.visible == 1


def _wrong_batches(data: bytes) -> Iterator[bytes]:
    """Change one field at a time of a batch, of its history, its record and the record's data."""
    record = kinesis_record(data, "5")
    history = {"reason": "not written", "code": "x", "failedAt": NOW, "attempts": 1}
    right = json.loads(discarded_batch([record])) | {"redrive": history}

    def with_record(changed: object) -> bytes:
        return json.dumps(right | {"payload": json.dumps({"Records": [changed]})}).encode()

    yield from _wrong_fields(json.dumps(right).encode())
    for condition in _wrong_fields(b'{"condition": ""}'):
        context = {"requestContext": json.loads(condition), "redrive": None}
        yield json.dumps(right | context).encode()
    for each in _wrong_fields(json.dumps(history).encode()):
        yield json.dumps(right | {"redrive": json.loads(each)}).encode()
    for each in _wrong_fields(json.dumps(record).encode()):
        yield with_record(json.loads(each))
    for each in _wrong_fields(json.dumps(record["kinesis"]).encode()):
        yield with_record(record | {"kinesis": json.loads(each)})


@pytest.mark.parametrize("data", [revision("doc"), malformed()])
def test_a_batch_with_a_wrong_field_stays_or_is_taken_and_the_run_goes_on(
    world: World, data: bytes
) -> None:
    for body in _wrong_batches(data):
        # given a batch with one field wrong
        world.s3.bodies = {BATCH_KEY: body}
        world.table.items.clear()
        assert "\n".join(list_lines([describe(BATCH_KEY, body)])).encode()
        # when
        summary = world.redrive().objects([BATCH_KEY])
        # then the record is applied or kept
        if ("unreadable", "the payload is not an event of Kinesis records") in summary.failed:
            assert world.s3.bodies == {BATCH_KEY: body}
        else:
            assert world.versions == {"doc": 0} or world.s3.bodies
        # and what keeps it can be read again
        for key, kept in world.s3.bodies.items():
            if kept is not body:
                read_object(key, kept)


def test_an_object_nested_without_end_is_unreadable(world: World) -> None:
    for key in ("records/stream/shard/1/whole.json", BATCH_KEY):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"[" * 100_000)
    payload = json.dumps({"payload": "[" * 100_000}).encode()
    world.s3.put_object(Bucket=BUCKET, Key=f"{BATCH_KEY}-2", Body=payload)
    assert world.run().objects == Counter({Ending.KEPT: 3})


def test_an_error_of_the_handler_keeps_the_object(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a writer that raises what nobody foresaw
    key = quarantine(world.s3, failed_record(revision()))

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.table, "write", broken)
    # when
    summary = world.run()
    # then
    assert summary.failed == Counter({("handler error", "ZeroDivisionError"): 1})
    assert (world.kept(key).reason, world.kept(key).code) == ("handler error", "ZeroDivisionError")


def test_a_dry_run_decodes_everything_and_changes_nothing(world: World) -> None:
    # given one that would be written, one that would fail, a batch, and odd messages
    quarantine(world.s3, failed_record(revision("doc")))
    quarantine(world.s3, failed_record(malformed(), sequence="7"))
    batch(world, revision("a"), revision("b"))
    world.s3.queue.send(json.dumps({"Event": "s3:TestEvent"}))
    world.s3.queue.send(notification("records/gone"))
    bodies, messages = dict(world.s3.bodies), list(world.s3.queue.bodies)
    # when
    summary = world.run(dry_run=True)
    # then it tells
    assert summary.applied == 3
    assert summary.failed.total() == 1
    assert summary.objects == Counter({Ending.TRIED: 3, Ending.GONE: 1})
    # and everything is what it was
    assert (world.versions, world.table.writes) == ({}, 0)
    assert world.s3.bodies == bodies
    assert world.s3.queue.bodies == messages
    assert world.s3.queue.visible == len(messages)


def test_a_dry_run_leaves_both_messages_about_one_object(world: World) -> None:
    key = quarantine(world.s3, failed_record(revision("doc")))
    world.s3.queue.send(notification(key))
    summary = world.run(dry_run=True)
    assert (summary.objects, summary.duplicates) == (Counter({Ending.TRIED: 1}), 1)
    assert world.s3.queue.bodies == [notification(key)] * 2
    assert world.s3.queue.visible == 2


def test_a_message_about_two_objects_stays_until_both_are_done(world: World) -> None:
    # given one message about a good and a bad object
    good = quarantine(world.s3, failed_record(revision("doc"), sequence="1"))
    bad = quarantine(world.s3, failed_record(malformed(), sequence="2"))
    world.s3.queue.clear()
    records = [json.loads(notification(key))["Records"][0] for key in (good, bad)]
    world.s3.queue.send(json.dumps({"Records": records}))
    # when
    world.run()
    # then the good one is applied, and a message about the bad one stays
    assert world.versions == {"doc": 0}
    assert set(world.s3.bodies) == {bad}
    assert world.s3.queue.bodies == [notification(bad)]


def test_the_limit_counts_objects_and_leaves_the_rest_visible(world: World) -> None:
    for number in range(5):
        quarantine(world.s3, failed_record(revision(f"doc{number}"), sequence=str(number)))
    summary = world.run(limit=2)
    assert summary.objects.total() == 2
    assert len(world.s3.bodies) == 3
    assert world.s3.queue.visible == 3


def test_an_interruption_ends_after_the_current_object(world: World) -> None:
    # given twelve objects, and a request to stop that comes while the second is read
    for number in range(12):
        quarantine(world.s3, failed_record(revision(f"doc{number}"), sequence=str(number)))
    reads: list[str] = []
    world.s3.after = lambda operation, key: reads.append(key) if operation == "GetObject" else None
    redrive = world.redrive(stop=lambda: len(reads) >= 2)
    # when
    summary = redrive.queue(FailureQueue(world.s3.queue, QUEUE_URL))
    # then that one is finished, and all others can be received at once
    assert summary.interrupted
    assert summary.objects == Counter({Ending.REMOVED: 2})
    assert len(world.s3.bodies) == 10
    assert world.s3.queue.visible == 10
    # and the next run ends the work
    assert world.run().objects == Counter({Ending.REMOVED: 10})
    assert world.s3.queue.bodies == []


def test_two_runs_at_once_end_as_one(world: World) -> None:
    # given four objects, one of them bad, and a second run in the middle of the first
    for number in range(3):
        quarantine(world.s3, failed_record(revision(f"doc{number}"), sequence=str(number)))
    bad = quarantine(world.s3, failed_record(malformed(), sequence="9"))
    seconds: list[Summary] = []

    def second(operation: str, _key: str) -> None:
        if operation == "GetObject" and not seconds:
            world.s3.after = lambda _operation, _key: None
            # Everything once more, as after an outage that let all messages appear again.
            world.s3.queue.now += 301
            seconds.append(world.run())

    world.s3.after = second
    # when
    first = world.run()
    # then each good one is applied once and stale or gone for the other
    assert world.versions == {"doc0": 0, "doc1": 0, "doc2": 0}
    assert first.applied + seconds[0].applied == 3
    assert set(world.s3.bodies) == {bad}
    assert world.kept(bad).payload == malformed()
    # and one more run finds one message for the bad one
    world.s3.queue.now += 301
    world.run()
    assert world.s3.queue.bodies == [notification(bad)]


def test_what_another_run_removed_does_not_come_back(world: World) -> None:
    # given a record that this run cannot write, and another run that could and removed its object
    key = quarantine(world.s3, failed_record(revision("doc")))
    world.table.outcomes["doc"] = Transient("ThrottlingError")
    world.s3.after = lambda operation, _key: (
        world.s3.bodies.clear() if operation == "GetObject" else None
    )
    # when
    ending = world.redrive().object(key)
    # then
    assert ending is Ending.GONE
    assert world.s3.bodies == {}


def test_a_message_that_appears_again_in_a_long_run_is_not_lost(world: World) -> None:
    # given an object that fails, whose message appears again within the run
    key = quarantine(world.s3, failed_record(malformed()))
    receptions: list[int] = []

    def time_passes() -> None:
        receptions.append(1)
        if len(receptions) == 2:
            world.s3.queue.now += 301

    world.s3.queue.before_receive = time_passes
    # when
    summary = world.run()
    # then it was tried once, and one message stands for it
    assert world.kept(key).attempts == 1
    assert summary.duplicates == 1
    assert world.s3.queue.bodies == [notification(key)]
    assert world.s3.queue.visible == 1


def test_from_the_bucket_comes_what_the_queue_has_forgotten(world: World) -> None:
    # given objects without messages, more than one page of them
    keys = [
        quarantine(world.s3, failed_record(revision(f"doc{number}"), sequence=str(number)))
        for number in range(5)
    ]
    # when
    listed = list(world.bucket.keys("records/"))
    summary = world.redrive().objects(listed)
    # then
    assert listed == keys
    assert summary.applied == 5
    assert world.s3.bodies == {}
    # and the queue run afterwards removes the messages
    assert world.run().objects == Counter({Ending.GONE: 5})
    assert world.s3.queue.bodies == []


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("GetObject", "s3:GetObject"),
        ("PutObject", "s3:PutObject"),
        ("DeleteObject", "s3:DeleteObject"),
    ],
)
def test_a_missing_permission_is_named(world: World, operation: str, action: str) -> None:
    quarantine(world.s3, failed_record(revision("doc")))
    quarantine(world.s3, failed_record(malformed(), sequence="7"))
    world.s3.denied = frozenset({operation})
    with pytest.raises(OpsError, match=action):
        world.run()
    # and the messages are visible to the next run, which has the permission
    world.s3.denied = frozenset()
    world.run()
    assert len(world.s3.bodies) == 1


def test_a_refused_receive_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: object) -> None:
        raise client_error("ReceiveMessage", "AccessDenied", "no", status=403)

    monkeypatch.setattr(world.s3.queue, "receive_message", denied)
    with pytest.raises(OpsError, match="sqs:ReceiveMessage"):
        world.run()

"""Both kinds of objects of the failure bucket: how they are read, redriven and described.

Proves that positions survive the handler's own de-aggregation, that damage is recognized, and that
descriptions hold no document. It cannot prove that Lambda writes its objects
as documented.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.aggregation import UserRecord, user_records
from handler.failures import object_key
from ops.aggregate_of_one import aggregate_of_one
from ops.failure_object import Payload, UnreadableObjectError
from ops.failure_objects import UNREADABLE, describe, read_object
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_objects import failed_record
from tests.support.kinesis_events import SEQUENCE_NUMBER, SHARD_ID, STREAM_ARN, kinesis_record
from tests.support.qldb_records import malformed, secret_revision
from tests.support.sentinel import SECRET


@given(data=st.binary(max_size=70_000), key=st.text(min_size=1, max_size=300))
def test_an_aggregate_of_one_holds_what_was_put_in(data: bytes, key: str) -> None:
    try:
        key.encode()
    except UnicodeEncodeError:
        return
    assert user_records(aggregate_of_one(data, key)) == [UserRecord(data, 0, key)]


@pytest.mark.parametrize("sub", [None, 5])
def test_the_event_of_a_record_keeps_its_position_and_bytes(sub: int | None) -> None:
    # given
    record = failed_record(secret_revision(), sub=sub)
    found = read_object(object_key(record.position), record.to_json())
    # when
    (sent,) = found.event()["Records"]
    # then
    assert sent["eventSourceARN"] == STREAM_ARN
    assert sent["eventID"] == f"{SHARD_ID}:{SEQUENCE_NUMBER}"
    assert sent["kinesis"]["sequenceNumber"] == SEQUENCE_NUMBER
    assert sent["kinesis"]["partitionKey"] == "producer's key"
    assert sent["kinesis"]["approximateArrivalTimestamp"] == record.approximate_arrival
    (inner,) = user_records(base64.b64decode(sent["kinesis"]["data"]))
    assert inner.data == secret_revision()


def test_the_event_of_a_batch_is_the_one_that_the_function_received() -> None:
    records = [kinesis_record(secret_revision(), "1"), kinesis_record(malformed(), "2")]
    found = read_object(BATCH_KEY, discarded_batch(records))
    assert found.event() == {"Records": records}
    assert found.payloads() == [
        Payload(place="1", data=secret_revision()),
        Payload(place="2", data=malformed()),
    ]


def test_the_payload_of_a_record_is_deaggregated_to_its_documents() -> None:
    # given a frame of one record, the same bytes as a user record, and a damaged frame
    frame = aggregate_of_one(secret_revision(), "key")
    whole, inner, damaged = (
        failed_record(frame),
        failed_record(frame, sub=2),
        failed_record(frame[:-1]),
    )
    # then
    for record, place, data in (
        (whole, f"{SEQUENCE_NUMBER}/0", secret_revision()),
        (inner, f"{SEQUENCE_NUMBER}/2", frame),
        (damaged, SEQUENCE_NUMBER, frame[:-1]),
    ):
        found = read_object(object_key(record.position), record.to_json())
        assert found.payloads() == [Payload(place=place, data=data)]


def _batch_with(payload: object) -> bytes:
    return json.dumps({"payload": payload}).encode()


def _without(name: str) -> bytes:
    record = kinesis_record(secret_revision())
    del record["kinesis"][name]
    return discarded_batch_of(record)


def discarded_batch_of(record: object) -> bytes:
    return _batch_with(json.dumps({"Records": [record]}))


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("elsewhere/1", failed_record(secret_revision()).to_json()),
        ("records/stream/shard/1/whole.json", failed_record(secret_revision()).to_json()),
        ("records/1", b""),
        ("records/1", b"\xff"),
        ("records/1", b"[]"),
        ("records/1", b'{"formatVersion": 2}'),
        (BATCH_KEY, b""),
        (BATCH_KEY, b"7"),
        (BATCH_KEY, b'{"KinesisBatchInfo": {}}'),
        (BATCH_KEY, _batch_with(7)),
        (BATCH_KEY, _batch_with("text")),
        (BATCH_KEY, _batch_with('{"Records": []}')),
        (BATCH_KEY, _batch_with('{"Records": [7]}')),
        (BATCH_KEY, discarded_batch_of({"kinesis": None})),
        (BATCH_KEY, discarded_batch_of(kinesis_record(b"x", "one"))),
        (BATCH_KEY, _without("data")),
        (BATCH_KEY, _without("partitionKey")),
        (BATCH_KEY, _without("approximateArrivalTimestamp")),
    ],
)
def test_a_damaged_object_is_unreadable_and_described_as_such(key: str, body: bytes) -> None:
    with pytest.raises(UnreadableObjectError) as caught:
        read_object(key, body)
    description = describe(key, body)
    assert (description.reason, description.code) == (UNREADABLE, caught.value.reason)
    assert description.size == len(body)


def test_a_record_is_described_without_its_document() -> None:
    record = failed_record(secret_revision(), sub=5, attempts=3)
    body = record.to_json()
    description = describe(object_key(record.position), body)
    assert asdict(description) == {
        "key": f"records/journal-1a2b3c/{SHARD_ID}/{SEQUENCE_NUMBER}/00000005.json",
        "size": len(body),
        "reason": "refused",
        "code": "ValidationError",
        "failed_at": 1763888401.0,
        "attempts": 3,
        "records": 1,
        "stream_arn": STREAM_ARN,
        "shard_id": SHARD_ID,
        "sequence_number": SEQUENCE_NUMBER,
        "last_sequence_number": None,
        "sub_sequence_number": 5,
    }


def test_a_batch_is_described_without_its_documents() -> None:
    records = [kinesis_record(secret_revision(), "1"), kinesis_record(secret_revision(), "2")]
    description = describe(BATCH_KEY, discarded_batch(records))
    assert (description.reason, description.code) == ("discarded batch", "RetryAttemptsExhausted")
    assert (description.records, description.attempts) == (2, 0)
    assert (description.sequence_number, description.last_sequence_number) == ("1", "2")
    assert description.failed_at == pytest.approx(1795424400.144)
    assert SECRET not in str(description)


@pytest.mark.parametrize("timestamp", [None, "x", "1969-01-01T00:00:00Z"])
def test_a_batch_without_its_time_has_failed_since_the_last_redrive(timestamp: str | None) -> None:
    # given a batch that was redriven, whose own time cannot be read
    fields = json.loads(discarded_batch([kinesis_record(secret_revision(), "1")]))
    history = {"reason": "not written", "code": "x", "failedAt": 1_800_000_000.0, "attempts": 1}
    body = json.dumps(fields | {"timestamp": timestamp, "redrive": history}).encode()
    # when / then
    assert describe(BATCH_KEY, body).failed_at == 1_800_000_000.0

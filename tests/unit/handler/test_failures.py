"""Objects of the failure bucket: the key is the position, the body gives everything back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.failures import FailedRecord, FailureStore, Position, object_key

POSITION = Position(
    stream_arn="arn:aws:kinesis:us-east-1:000000000000:stream/journal",
    shard_id="shardId-000000000002",
    sequence_number="4959033827",
    sub_sequence_number=7,
)


def failed(payload: bytes = b"\x00\xffbytes", attempts: int | None = None) -> FailedRecord:
    return FailedRecord(
        position=POSITION,
        payload=payload,
        reason="refused",
        code="ValidationError",
        partition_key="key",
        approximate_arrival=1612836966.24,
        function_name="replica",
        function_version="7",
        failed_at=1612836967.5,
        attempts=attempts,
    )


def test_the_key_is_the_position() -> None:
    assert object_key(POSITION) == ("records/journal/shardId-000000000002/4959033827/00000007.json")


def test_the_key_of_a_whole_record_says_so() -> None:
    whole = Position(
        stream_arn=POSITION.stream_arn,
        shard_id=POSITION.shard_id,
        sequence_number=POSITION.sequence_number,
        sub_sequence_number=None,
    )
    assert object_key(whole) == "records/journal/shardId-000000000002/4959033827/whole.json"


def test_the_body_has_the_documented_fields() -> None:
    assert json.loads(failed().to_json()) == {
        "formatVersion": 1,
        "reason": "refused",
        "code": "ValidationError",
        "streamArn": POSITION.stream_arn,
        "shardId": POSITION.shard_id,
        "sequenceNumber": "4959033827",
        "subSequenceNumber": 7,
        "partitionKey": "key",
        "approximateArrivalTimestamp": 1612836966.24,
        "functionName": "replica",
        "functionVersion": "7",
        "failedAt": 1612836967.5,
        "payload": "AP9ieXRlcw==",
    }


@given(st.binary(), st.none() | st.integers(1, 9))
def test_a_record_comes_back_from_its_body(payload: bytes, attempts: int | None) -> None:
    record = failed(payload, attempts)
    assert FailedRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"{}", b'{"formatVersion": 2}', b'{"formatVersion": 1}']
)
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="object"):
        FailedRecord.from_json(body)


def test_the_store_puts_one_object_in_its_bucket() -> None:
    calls: list[dict[str, Any]] = []

    class Client:
        def put_object(self, **arguments: object) -> None:
            calls.append(arguments)

    FailureStore(Client(), "failures").put(failed())

    (call,) = calls
    assert (call["Bucket"], call["Key"]) == ("failures", object_key(POSITION))
    assert FailedRecord.from_json(call["Body"]) == failed()

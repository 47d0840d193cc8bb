"""Objects of the failure bucket: their keys, their bodies, and how they are stored."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.failures import FailedRecord, FailureStore, Position, object_key

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_the_key_names_stream_shard_sequence_number_and_position() -> None:
    assert object_key(POSITION) == ("records/journal/shardId-000000000002/4959033827/00000007.json")


def test_a_whole_record_has_a_key_of_its_own() -> None:
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
def test_a_record_survives_writing_and_reading(payload: bytes, attempts: int | None) -> None:
    record = failed(payload, attempts)
    assert FailedRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"{}", b'{"formatVersion": 2}', b'{"formatVersion": 1}']
)
def test_a_body_of_another_format_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="object"):
        FailedRecord.from_json(body)


class Bucket:
    """Stores objects, after a hook that a test provides."""

    def __init__(self, meet: Callable[[str], None] = lambda _: None) -> None:
        self._meet = meet
        self.keys: list[str] = []

    def put_object(self, *, Key: str, **_: object) -> dict[str, str]:  # noqa: N803 (the API's name)
        self._meet(Key)
        self.keys.append(Key)
        return {"ETag": "etag"}


def several(count: int) -> list[FailedRecord]:
    return [
        replace(failed(), position=replace(POSITION, sub_sequence_number=number))
        for number in range(count)
    ]


@pytest.mark.parametrize("puts_in_flight", [1, 4])
def test_all_records_are_stored(puts_in_flight: int) -> None:
    bucket = Bucket()
    store = FailureStore(bucket, "failures", puts_in_flight=puts_in_flight)

    assert store.put_all(several(30), time.time() + 60) == [True] * 30
    assert sorted(bucket.keys) == [object_key(record.position) for record in several(30)]


def test_after_a_refusal_no_other_record_is_tried() -> None:
    def refuse(key: str) -> None:
        if key.endswith("00000002.json"):
            raise RuntimeError("secret")

    bucket = Bucket(refuse)

    kept = FailureStore(bucket, "failures").put_all(several(5), time.time() + 60)

    assert kept == [True, True, False, False, False]
    assert len(bucket.keys) == 2


def test_nothing_is_put_after_the_deadline() -> None:
    bucket = Bucket()
    now = iter((1.0, 2.0, 3.0))
    store = FailureStore(bucket, "failures", clock=lambda: next(now))

    assert store.put_all(several(3), 2.5) == [True, True, False]


def test_a_bucket_that_hangs_is_not_waited_for() -> None:
    release = threading.Event()

    def hang(key: str) -> None:
        if key.endswith("00000001.json"):
            release.wait(10)

    store = FailureStore(Bucket(hang), "failures", puts_in_flight=2)
    began = time.monotonic()

    kept = store.put_all(several(2), time.time() + 0.3)
    release.set()

    assert kept == [True, False]
    assert time.monotonic() - began < 5


def test_the_store_puts_one_object_in_its_bucket() -> None:
    calls: list[dict[str, Any]] = []

    class Client:
        def put_object(self, **arguments: object) -> dict[str, str]:
            calls.append(arguments)
            return {"ETag": "etag"}

    FailureStore(Client(), "failures").put(failed())

    (call,) = calls
    assert (call["Bucket"], call["Key"]) == ("failures", object_key(POSITION))
    assert FailedRecord.from_json(call["Body"]) == failed()


@pytest.mark.parametrize("answer", [{}, {"ETag": ""}])
def test_an_answer_that_is_not_that_of_s3_stores_nothing(answer: dict[str, str]) -> None:
    class Client:
        def put_object(self, **_: object) -> dict[str, str]:
            return answer

    assert FailureStore(Client(), "failures").put_all([failed()], time.time() + 60) == [False]

"""Records, events and objects as QLDB, Kinesis, Lambda and the handler write them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from amazon.ion import simpleion

from handler.failures import FailedRecord, FailureStore, Position, object_key
from handler.settings import HandlerSettings
from tests.unit.ops.services import BUCKET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.ops.services import MemoryS3

STREAM_ARN = "arn:aws:kinesis:eu-west-1:000000000000:stream/journal-1a2b3c"
SHARD = "shardId-000000000003"
SEQUENCE = "49612846633638285695198771602783108269174606893684883458"
SECRET = "sentinel-8f1c-of-a-document"
SETTINGS = HandlerSettings.from_environment(
    {"REPLICA_TABLES": '{"Person":{"tableName":"person-1a2b3c"}}', "FAILURE_BUCKET": BUCKET}
)


def revision(document_id: str = "doc", version: int = 0, *, table: str = "Person") -> bytes:
    """A REVISION_DETAILS record whose document holds the sentinel."""
    record = {
        "qldbStreamArn": "arn:aws:qldb:eu-west-1:000000000000:stream/ledger/id",
        "recordType": "REVISION_DETAILS",
        "payload": {
            "tableInfo": {"tableName": table, "tableId": "table-id"},
            "revision": {
                "blockAddress": {"strandId": "strand", "sequenceNo": 1},
                "hash": b"\x01" * 32,
                "data": {"name": SECRET},
                "metadata": {
                    "id": document_id,
                    "version": version,
                    "txTime": datetime(2026, 11, 23, 9, tzinfo=UTC),
                    "txId": "transaction",
                },
            },
        },
    }
    return cast("bytes", simpleion.dumps(record, binary=True))


def future_type() -> bytes:
    """A record of a type that QLDB might have one day, the sentinel in it."""
    return cast(
        "bytes", simpleion.dumps({"recordType": "TABLE_DETAILS", "note": SECRET}, binary=True)
    )


def control() -> bytes:
    """A record that never leads to a write."""
    return cast("bytes", simpleion.dumps({"recordType": "CONTROL", "payload": {}}, binary=True))


def malformed() -> bytes:
    """A record without its payload, the sentinel in it."""
    return cast(
        "bytes",
        simpleion.dumps({"recordType": "REVISION_DETAILS", "note": SECRET}, binary=True),
    )


def failed_record(
    payload: bytes,
    *,
    sequence: str = SEQUENCE,
    sub: int | None = None,
    reason: str = "refused",
    code: str = "ValidationError",
    attempts: int | None = None,
) -> FailedRecord:
    """What the handler keeps of a record."""
    return FailedRecord(
        position=Position(
            stream_arn=STREAM_ARN,
            shard_id=SHARD,
            sequence_number=sequence,
            sub_sequence_number=sub,
        ),
        payload=payload,
        reason=reason,
        code=code,
        partition_key="producer's key",
        approximate_arrival=1763888400.123,
        function_name="replica",
        function_version="$LATEST",
        failed_at=1763888401.0,
        attempts=attempts,
    )


def quarantine(s3: MemoryS3, record: FailedRecord) -> str:
    """Let the handler's own store keep a record; give the object's key."""
    FailureStore(s3, BUCKET).put(record)
    return object_key(record.position)


def kinesis_record(data: bytes, sequence: str = SEQUENCE) -> dict[str, Any]:
    """A record of an event as Lambda hands it over."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "outer key",
            "sequenceNumber": sequence,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1763888400.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/replica",
        "awsRegion": "eu-west-1",
        "eventSourceARN": STREAM_ARN,
    }


WRONG_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 1e300, float("nan"), float("inf"), 10**4299, "", "x", "\ud800", [], {}),
)
"""What a field of an object may hold by mistake; some are right for some fields."""


BATCH_KEY = (
    f"aws/lambda/3f0b1a7c-0000-4000-8000-000000000000/{SHARD}/2026/11/23/"
    "2026-11-23T09.00.00-1c7b1a7c-0000-4000-8000-000000000000"
)


def discarded_batch(records: Sequence[dict[str, Any]]) -> bytes:
    """The object of the event source mapping (facts: "on-failure destination", S3)."""
    first, last = records[0]["kinesis"], records[-1]["kinesis"]
    arrival = datetime.fromtimestamp(1763888400, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(
        {
            "requestContext": {
                "requestId": "7912b44f-a15d-4a39-956e-16f4126c49b4",
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:replica",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 61,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": "2026-11-23T09:00:00.144Z",
            "KinesisBatchInfo": {
                "shardId": SHARD,
                "startSequenceNumber": first["sequenceNumber"],
                "endSequenceNumber": last["sequenceNumber"],
                "approximateArrivalOfFirstRecord": arrival,
                "approximateArrivalOfLastRecord": arrival,
                "batchSize": len(records),
                "streamArn": STREAM_ARN,
            },
            "payload": json.dumps({"Records": list(records)}),
        }
    ).encode()

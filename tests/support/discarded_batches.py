"""Objects that Lambda writes to S3 for a discarded batch.

Source: Lambda developer guide, "Retain discarded batch records in Amazon S3".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.support.kinesis_events import SHARD_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED_AT = 1795424400.144
BATCH_KEY = (
    f"aws/lambda/3f0b1a7c-0000-4000-8000-000000000000/{SHARD_ID}/2026/11/23/"
    "2026-11-23T09.00.00-1c7b1a7c-0000-4000-8000-000000000000"
)


def discarded_batch(
    records: Sequence[dict[str, Any]],
    *,
    request_id: str = "7912b44f-a15d-4a39-956e-16f4126c49b4",
    invocations: int = 61,
    failed_at: float = FAILED_AT,
) -> bytes:
    """Return the object: metadata, and the event as text under ``payload``.

    Parameters
    ----------
    records
        Records of the event, at least one.
    request_id
        Id of the last invocation.
    invocations
        Approximate number of attempts.
    failed_at
        Seconds since the epoch.
    """
    first, last = records[0], records[-1]
    return json.dumps(
        {
            "requestContext": {
                "requestId": request_id,
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:replica",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": invocations,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": _timestamp(failed_at),
            "KinesisBatchInfo": {
                "shardId": first["eventID"].partition(":")[0],
                "startSequenceNumber": first["kinesis"]["sequenceNumber"],
                "endSequenceNumber": last["kinesis"]["sequenceNumber"],
                "approximateArrivalOfFirstRecord": _arrival(first),
                "approximateArrivalOfLastRecord": _arrival(last),
                "batchSize": len(records),
                "streamArn": first["eventSourceARN"],
            },
            "payload": json.dumps({"Records": list(records)}),
        }
    ).encode()


def _arrival(record: dict[str, Any]) -> str:
    return _timestamp(record["kinesis"]["approximateArrivalTimestamp"])


def _timestamp(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"

"""Events of Lambda's event source mapping for Kinesis (Lambda developer guide, Kinesis)."""

from __future__ import annotations

import base64
from typing import Any

STREAM_ARN = "arn:aws:kinesis:eu-west-1:000000000000:stream/journal-1a2b3c"
SHARD_ID = "shardId-000000000003"
SEQUENCE_NUMBER = "49612846633638285695198771602783108269174606893684883458"
ARRIVAL = 1612836966.24


def kinesis_record(
    data: bytes,
    sequence_number: str = SEQUENCE_NUMBER,
    *,
    partition_key: str = "outer",
    shard_id: str = SHARD_ID,
    arrival: float = ARRIVAL,
    stream_arn: str = STREAM_ARN,
) -> dict[str, Any]:
    """Return one Kinesis record as Lambda passes it to a function.

    Parameters
    ----------
    data, sequence_number, partition_key
        Content and identity of the record.
    shard_id, stream_arn
        Where it was read.
    arrival
        Seconds since the epoch.
    """
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": arrival,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/replica",
        "awsRegion": stream_arn.split(":")[3],
        "eventSourceARN": stream_arn,
    }


def event(*data: bytes, first: int = 100) -> dict[str, Any]:
    """Return the event of a batch; sequence numbers start at ``first``."""
    return {"Records": [kinesis_record(each, str(n)) for n, each in enumerate(data, first)]}

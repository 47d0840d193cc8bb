"""Readers of the genuine QLDB bytes in the folder of shared data."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion

if TYPE_CHECKING:
    from pathlib import Path


def command_output(shared_data: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    """First ``Output::`` of an AWS CLI example, as JSON."""
    text = (shared_data / "aws-cli-examples" / f"{name}.rst").read_text()
    after = text.split("Output::", 1)[1]
    return json.JSONDecoder().raw_decode(after.lstrip())[0]


def ion(member: dict[str, str]) -> Any:  # noqa: ANN401 - any Ion value
    """Parse an ``IonText`` member of the QLDB API."""
    return simpleion.loads(member["IonText"])


def kinesis_data(shared_data: Path) -> bytes:
    """Give the Kinesis record data of the genuine event: one KPL aggregate."""
    event = json.loads((shared_data / "genuine-kpl-event.json").read_text())
    return base64.b64decode(event["Records"][0]["kinesis"]["data"])


def user_records(frame: bytes) -> list[tuple[str, bytes]]:
    """Take an aggregate apart with AWS's own library: (partition key, data) pairs."""
    from aws_kinesis_agg.deaggregator import deaggregate_records  # noqa: PLC0415 - edits sys.path

    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "sequenceNumber": "1",
            "partitionKey": "outer",
            "approximateArrivalTimestamp": 0,
            "data": base64.b64encode(frame).decode(),
        },
        "eventVersion": "1.0",
        "eventSource": "aws:kinesis",
        "eventName": "aws:kinesis:record",
        "eventID": "1",
        "invokeIdentityArn": "",
        "awsRegion": "",
        "eventSourceARN": "",
    }
    parts = [part["kinesis"] for part in deaggregate_records([record])]
    return [(part["partitionKey"], base64.b64decode(part["data"])) for part in parts]

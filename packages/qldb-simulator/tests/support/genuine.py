"""Genuine QLDB bytes: the folder that holds them, and readers of its files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA_VARIABLE = "QLDB_SIMULATOR_TEST_DATA"
"""Environment variable that names the folder of genuine bytes."""


def find_shared_data(environment: Mapping[str, str], start: Path) -> Path | None:
    """Return the folder that the environment names, else the nearest ``shared/data`` above."""
    named = environment.get(DATA_VARIABLE)
    candidates = [Path(named)] if named else [p / "shared" / "data" for p in start.parents]
    return next((folder for folder in candidates if folder.is_dir()), None)


def command_output(shared_data: Path, name: str) -> Any:  # noqa: ANN401 (JSON)
    """Return the first ``Output::`` of an AWS CLI example, as JSON."""
    text = (shared_data / "aws-cli-examples" / f"{name}.rst").read_text()
    after = text.split("Output::", 1)[1]
    return json.JSONDecoder().raw_decode(after.lstrip())[0]


def ion(member: dict[str, str]) -> Any:  # noqa: ANN401 (any Ion value)
    """Return the value of an ``IonText`` member of the QLDB API."""
    return simpleion.loads(member["IonText"])


def kinesis_data(shared_data: Path) -> bytes:
    """Return the Kinesis record data of the genuine event: one KPL aggregate."""
    event = json.loads((shared_data / "genuine-kpl-event.json").read_text())
    return base64.b64decode(event["Records"][0]["kinesis"]["data"])


def stream_payloads(shared_data: Path) -> list[Any]:
    """Return the payloads of the genuine BLOCK_SUMMARY and its REVISION_DETAILS."""
    records = user_records(kinesis_data(shared_data))
    return [simpleion.loads(data)["payload"] for _, data in records]


def user_records(frame: bytes) -> list[tuple[str, bytes]]:
    """Return the (partition key, data) pairs of an aggregate, read by AWS's own library."""
    from aws_kinesis_agg.deaggregator import deaggregate_records  # noqa: PLC0415 (edits sys.path)

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

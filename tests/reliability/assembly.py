"""The handler as it is in Lambda, on a schedule's clients, clock and context; and its redrive."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from handler.app import Handler
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from tests.reliability.gates import FUNCTION_VERSION, Gate, ServiceFaults
from tests.reliability.history import ATTRIBUTES, PROJECTED, RETIRED, WHOLE
from tests.reliability.memory_s3 import MemoryS3
from tests.reliability.verdict import Kept

if TYPE_CHECKING:
    from tests.reliability.backends import Backend
    from tests.reliability.interleaving import Task
    from tests.reliability.memory_s3 import Buckets


def environment(backend: Backend, bucket: str) -> dict[str, str]:
    """Give the environment variables of the function."""
    tables = {
        PROJECTED: {
            "tableName": backend.names[PROJECTED],
            "attributes": {name: list(path) for name, path in ATTRIBUTES.items()},
            "retiredAttributes": [RETIRED],
        },
        WHOLE: {"tableName": backend.names[WHOLE], "retiredAttributes": [RETIRED]},
    }
    return {"REPLICA_TABLES": json.dumps(tables), "FAILURE_BUCKET": bucket}


class Container:
    """One execution environment of the function: a handler that serves one invocation at a time.

    Parameters
    ----------
    backend, buckets, bucket
        What its clients reach.
    gate
        Through which they go.
    """

    def __init__(self, backend: Backend, buckets: Buckets, bucket: str, gate: Gate) -> None:
        self._gate = gate
        injector = gate.injector
        table_faults = ServiceFaults(gate, injector.table_request)
        bucket_faults = ServiceFaults(gate, injector.bucket_request)
        self._handler = Handler(
            settings=HandlerSettings.from_environment(environment(backend, bucket)),
            writer=BatchStatementWriter(backend.client(table_faults)),
            failures=FailureStore(MemoryS3(buckets, bucket_faults), bucket),
            telemetry=None,
            clock=lambda: 0.0,
        )

    def begin(self, task: Task) -> None:
        """Start the time of a new invocation."""
        self._gate.begin(task)

    def invoke(self, event: dict[str, Any]) -> object:
        """Run one invocation."""
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: int(self._gate.remaining() * 1000),
            function_name="replica",
            function_version=FUNCTION_VERSION,
            invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:replica",
            memory_limit_in_mb=1024,
            aws_request_id="00000000-0000-4000-8000-000000000000",
        )
        return self._handler.process(event, context)


def failure_objects(buckets: Buckets, bucket: str) -> list[Kept]:
    """Read the failure bucket: what each object keeps, whichever of the two wrote it."""
    return [
        Kept(key=key, payloads=tuple(_payloads(json.loads(body))))
        for key, body in buckets.objects(bucket).items()
    ]


def redrive_event(body: bytes) -> dict[str, Any]:
    """Give the event that delivers what one object of the failure bucket keeps once more."""
    return _event(json.loads(body))


def _payloads(body: dict[str, Any]) -> list[bytes]:
    if "KinesisBatchInfo" in body:
        records = json.loads(body["payload"])["Records"]
        return [base64.b64decode(record["kinesis"]["data"]) for record in records]
    return [base64.b64decode(body["payload"])]


def _event(body: dict[str, Any]) -> dict[str, Any]:
    if "KinesisBatchInfo" in body:
        event: dict[str, Any] = json.loads(body["payload"])
        return event
    kinesis = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": body["partitionKey"],
        "sequenceNumber": body["sequenceNumber"],
        "data": body["payload"],
        "approximateArrivalTimestamp": body["approximateArrivalTimestamp"],
    }
    return {
        "Records": [
            {
                "kinesis": kinesis,
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{body['shardId']}:{body['sequenceNumber']}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::000000000000:role/replica",
                "awsRegion": "us-east-1",
                "eventSourceARN": body["streamArn"],
            }
        ]
    }

"""Assembles the handler as in Lambda, and its redrive, with a schedule's clients and clock."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from handler.batch import Handler
from handler.contract import TableField, Variable
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from ops.failure_bucket import FailureBucket
from ops.record_processing import RecordProcessor
from ops.redrive import redrive_objects
from tests.reliability.failure_object import Destination, FailureObject
from tests.reliability.fault_injection import DYNAMODB, FAILURE_BUCKET
from tests.reliability.gates import Gate, ServiceFaults
from tests.reliability.ledger_tables import ATTRIBUTES, INDEX_KEYS, NO_OPTIONS, PROJECTED, WHOLE
from tests.support.lambda_context import LambdaContext
from tests.support.memory_s3 import MemoryS3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.telemetry import BatchCounts, Telemetry
    from tests.reliability.backends import Backend
    from tests.reliability.interleaving import Task
    from tests.reliability.ledger_tables import TableOptions
    from tests.support.memory_s3 import Buckets


_TABLE_FAULTS = ("refused", "unstorable")
"""Reasons whose codes tell which of its two tables cannot have a record."""


def environment(
    backend: Backend, bucket: str, tables_options: Mapping[str, TableOptions] = NO_OPTIONS
) -> dict[str, str]:
    """Return the environment variables of the function."""
    tables: dict[str, dict[str, object]] = {
        PROJECTED: {
            TableField.TABLE_NAME: backend.names[PROJECTED],
            TableField.ATTRIBUTES: {name: list(path) for name, path in ATTRIBUTES.items()},
        },
        WHOLE: {TableField.TABLE_NAME: backend.names[WHOLE]},
    }
    for name, options in tables_options.items():
        if options.indexed:
            tables[name][TableField.INDEX_KEYS] = INDEX_KEYS
        if options.history:
            tables[name][TableField.HISTORY] = True
        if options.lifetime_days is not None:
            tables[name][TableField.TOMBSTONE_LIFETIME_DAYS] = options.lifetime_days
    variables: dict[str, str] = {
        Variable.REPLICA_TABLES: json.dumps(tables),
        Variable.FAILURE_BUCKET: bucket,
    }
    if any(options.history for options in tables_options.values()):
        variables[Variable.HISTORY_TABLE] = backend.history_name
    return variables


class Container:
    """One execution environment of the function: a handler that serves one invocation at a time.

    Parameters
    ----------
    settings
        Environment variables of the function.
    backend, buckets
        Services of the clients.
    gate
        Gate that the clients pass.
    telemetry
        Receives each batch's counts; None disables it.

    Attributes
    ----------
    counts
        The handler's counts of the last batch; None if it ended before.
    """

    def __init__(
        self,
        settings: dict[str, str],
        backend: Backend,
        buckets: Buckets,
        gate: Gate,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._gate = gate
        self._telemetry = telemetry
        self.counts: BatchCounts | None = None
        bucket_faults = ServiceFaults(gate, gate.injector.bucket_request, FAILURE_BUCKET)
        handler_settings = HandlerSettings.from_environment(settings)
        self._handler = Handler(
            settings=handler_settings,
            writer=writer(backend, gate),
            failures=FailureStore(
                MemoryS3(buckets, bucket_faults),
                handler_settings.failure_bucket,
                clock=gate.time,
            ),
            telemetry=self,
            clock=gate.time,
        )

    def publish(self, counts: BatchCounts) -> None:
        """Receive the handler's counts of one batch."""
        self.counts = counts
        if self._telemetry is not None:
            self._telemetry.publish(counts)

    def begin(self, task: Task) -> None:
        """Start the time of a new invocation."""
        self.counts = None
        self._gate.begin(task)

    def invoke(self, event: dict[str, Any]) -> object:
        """Run one invocation."""
        return self._handler.process(event, LambdaContext(remaining_milliseconds=self._remaining))

    def _remaining(self) -> int:
        return int(self._gate.remaining() * 1000)


def failure_objects(buckets: Buckets, bucket: str) -> list[FailureObject]:
    """Return the content of each object in the failure bucket, of either kind."""
    bodies = {key: json.loads(body) for key, body in buckets.objects(bucket).items()}
    return [
        FailureObject(
            key=key,
            payloads=tuple(_payloads(body)),
            description=json.dumps(body | {"payload": ""}),
            lacking=_lacking(body),
        )
        for key, body in bodies.items()
    ]


def _lacking(body: dict[str, Any]) -> frozenset[Destination]:
    """Return which tables may lack the records of an object, by its code (docs/operations.md)."""
    codes = body.get("code", "").split("; ")
    named = frozenset(
        Destination.HISTORY if code.startswith("history: ") else Destination.STATE for code in codes
    )
    # What cannot be read has a code without a prefix, and is in neither table.
    if named == {Destination.HISTORY} or body.get("reason") in _TABLE_FAULTS:
        return named
    return frozenset(Destination)


def out_of_date(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment variables from before the last table was configured.

    The history table is older, so it stays.
    """
    tables = json.loads(settings[Variable.REPLICA_TABLES])
    del tables[WHOLE]
    return settings | {Variable.REPLICA_TABLES: json.dumps(tables)}


def redrive(
    settings: dict[str, str],
    backend: Backend,
    buckets: Buckets,
    gate: Gate,
    *,
    drop_ignored: bool = False,
) -> None:
    """Redrive all objects of the failure bucket with the code of the operator's command."""
    handler_settings = HandlerSettings.from_environment(settings)
    client = MemoryS3(buckets, ServiceFaults(gate, gate.injector.bucket_request, FAILURE_BUCKET))
    bucket = FailureBucket(client, handler_settings.failure_bucket)
    processor = RecordProcessor(
        settings=handler_settings, writer=writer(backend, gate), clock=gate.time
    )
    redrive_objects(
        list(bucket.keys("")), bucket=bucket, processor=processor, drop_ignored=drop_ignored
    )


def writer(backend: Backend, gate: Gate) -> BatchStatementWriter:
    """Return the handler's writer, through a gate."""
    return BatchStatementWriter(
        backend.client(ServiceFaults(gate, gate.injector.table_request, DYNAMODB)),
        requests_in_flight=1,
        clock=gate.time,
        sleep=gate.sleep,
        jitter=gate.jitter,
    )


def _payloads(body: dict[str, Any]) -> list[bytes]:
    if "KinesisBatchInfo" in body:
        records = json.loads(body["payload"])["Records"]
        return [base64.b64decode(record["kinesis"]["data"]) for record in records]
    return [base64.b64decode(body["payload"])]

"""Processes a batch: each record is written, ignored, quarantined or redelivered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import pybase64

from handler.aggregation import UserRecord, user_records
from handler.contract import margin_seconds
from handler.incoming import Incoming, IncomingRedactions, IncomingRevision, Source, source_of
from handler.outcomes import OUT_OF_TIME
from handler.quarantine import Quarantine, QuarantineStore
from handler.replica import check_integer
from handler.revision_batch import RevisionBatch, fault
from handler.telemetry import BatchCounts, Telemetry
from journal.revisions import (
    Ignored,
    IgnoredReason,
    Redactions,
    Revision,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handler.settings import HandlerSettings
    from handler.writer import ReplicaWriter

_FAILURE_STORE = "FailureStore"
"""Code of a record that the failure bucket did not take."""


class LambdaContext(Protocol):
    """The part of Lambda's context that the handler needs."""

    function_name: str
    function_version: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the function."""


class BatchItemFailure(TypedDict):
    """The sequence number of a record to be redelivered."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The answer to the event source mapping, which continues from the lowest number listed.

    Lambda developer guide, "Configuring partial batch response with Kinesis".
    """

    batchItemFailures: list[BatchItemFailure]


@dataclass(frozen=True, kw_only=True)
class Handler:
    """Replicates batches; no state is carried over from one batch to the next.

    Attributes
    ----------
    settings
        The configuration.
    writer
        Writes to DynamoDB.
    failures
        Stores the records that can never be written.
    telemetry
        Receives each batch's counts; None disables it.
    clock
        Returns seconds since the epoch; the same clock as that of writer and failure store.
    """

    settings: HandlerSettings
    writer: ReplicaWriter
    failures: QuarantineStore
    telemetry: Telemetry | None
    clock: Callable[[], float] = time.time

    def process(self, event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
        """Replicate one batch.

        Parameters
        ----------
        event
            Lambda developer guide, "Using Lambda to process records from Kinesis".
        context
            Lambda's context.

        Returns
        -------
        BatchResponse
            Empty if every record is applied, stale, ignored or quarantined; else the lowest
            sequence number to be redelivered.
        """
        batch = _Batch(self, context)
        batch.run(event["Records"])
        if self.telemetry is not None:
            self.telemetry.publish(batch.counts)
        return batch.response()


class _Batch:
    """The state of one batch while it is processed."""

    def __init__(self, handler: Handler, context: LambdaContext) -> None:
        self._settings = handler.settings
        self._clock = handler.clock
        remaining = context.get_remaining_time_in_millis() / 1000
        margin = margin_seconds(remaining)
        self._deadline = self._clock() + remaining - margin
        # Earlier, so that writes that are throttled to the end leave time for the bucket.
        self._write_deadline = self._deadline - margin
        self._quarantine = Quarantine(handler.failures, context, self._clock)
        self._redelivered: set[int] = set()
        self._failed: set[str] = set()
        self.counts = BatchCounts()
        self._revisions = RevisionBatch(
            handler.settings, handler.writer, self.counts, self, self._clock
        )

    def run(self, records: list[Mapping[str, Any]]) -> None:
        """Read every record, write the newest revisions and the history, then quarantine."""
        for record in records:
            self._read(record)
        self._revisions.write(self._write_deadline)
        self._revisions.count_without_state(self._has_failed)
        # Last, so that a slow or missing failure bucket delays no record that can be written.
        self._store_quarantined()

    def response(self) -> BatchResponse:
        """Return the record from which the event source mapping must continue."""
        if not self._failed:
            return {"batchItemFailures": []}
        return {"batchItemFailures": [{"itemIdentifier": min(self._failed, key=int)}]}

    def fail(self, incoming: Incoming, reason: str, code: str) -> None:
        """Quarantine a record; see `handler.revision_batch.Failures.fail`."""
        self._quarantine.add(incoming.record, incoming.source, reason, code, incoming.table_name)

    def retry(self, incoming: Incoming, code: str) -> None:
        """Have a record delivered again; see `handler.revision_batch.Failures.retry`."""
        self._redeliver(incoming.source, code, incoming.record)

    def _read(self, record: Mapping[str, Any]) -> None:
        """Read a Kinesis record: its user records become candidates, ignored or quarantined."""
        self.counts.kinesis_records += 1
        source = source_of(record)
        if self._clock() >= self._write_deadline:
            self._redeliver(source, OUT_OF_TIME)
            return
        data = pybase64.b64decode(record["kinesis"]["data"], validate=True)
        try:
            inner = user_records(data)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine.add(UserRecord(data, None), source, *fault(error))
            return
        if not inner:
            self.counts.ignored[IgnoredReason.EMPTY_AGGREGATE] += 1
        for user_record in inner:
            self._read_user_record(user_record, source)

    def _read_user_record(self, record: UserRecord, source: Source) -> None:
        try:
            found = read_record(
                record.data,
                self._settings.replica_tables,
                with_redactions=self._revisions.has_history,
            )
            if isinstance(found, Revision):
                check_integer("version", found.version)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine.add(record, source, *fault(error))
            return
        if isinstance(found, Ignored):
            self.counts.ignored[found.reason] += 1
            if found.table_name is not None:
                self.counts.ignored_tables[found.table_name] += 1
            return
        if isinstance(found, Redactions):
            self._revisions.add_redactions(IncomingRedactions(found, record, source))
        else:
            table = self._settings.table_of(found.table_name, found.table_id)
            assert table is not None  # noqa: S101 (`read_record` ignores other tables)
            self._revisions.add_revision(IncomingRevision(found, record, source, table))

    def _has_failed(self, record: UserRecord) -> bool:
        return record in self._quarantine or self._is_redelivered(record)

    def _is_redelivered(self, record: UserRecord) -> bool:
        return id(record) in self._redelivered

    def _store_quarantined(self) -> None:
        """Store the quarantined records; those that the bucket does not take are redelivered."""
        for found, record, is_stored in self._quarantine.store(
            self._deadline, self._is_redelivered
        ):
            if not is_stored:
                self._redeliver(found.source, _FAILURE_STORE)
                continue
            self.counts.quarantined[record.reason, record.code] += 1
            if found.table_name is not None:
                self.counts.tables[found.table_name].quarantined += 1

    def _redeliver(self, source: Source, code: str, record: UserRecord | None = None) -> None:
        """Have a record delivered again, or a whole Kinesis record."""
        if record is not None:
            if self._is_redelivered(record):
                return
            self._redelivered.add(id(record))
        self.counts.retried[code] += 1
        self._failed.add(source.sequence_number)

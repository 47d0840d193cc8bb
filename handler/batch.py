"""Processes a batch: each record is written, ignored, quarantined or redelivered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

import pybase64

from handler.aggregation import UserRecord, user_records
from handler.contract import DELETED_ATTRIBUTE
from handler.failures import FailedRecord, Position
from handler.replica import Write, check_version, newest_per_document, write_for
from handler.telemetry import BatchCounts, TableCounts, Telemetry
from handler.writer import APPLIED, OUT_OF_TIME, Permanent, ReplicaWriter, Transient
from journal.errors import RecordError
from journal.revisions import Ignored, IgnoredReason, Revision, RevisionKind, read_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from handler.settings import HandlerSettings

REFUSED = "refused"
"""Kind of a record whose write DynamoDB can never accept."""

UNFORESEEN = "unforeseen"
"""Kind of a record that raised an unexpected exception."""

_MARGIN_SHARE = 0.2
"""Share of the remaining time that is reserved for the response; the same share before that is
reserved for the failure bucket."""

_MAX_MARGIN_SECONDS = 5.0
"""Upper bound of each of the two margins."""

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


class QuarantineStore(Protocol):
    """A store for quarantined records, such as `FailureStore`."""

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        """Store records; see `FailureStore.put_all`."""


class _Source(NamedTuple):
    """The Kinesis record that a user record came in."""

    stream_arn: str
    shard_id: str
    sequence_number: str
    partition_key: str
    approximate_arrival: float


class _Candidate(NamedTuple):
    """A revision that may be written, with its origin."""

    revision: Revision
    record: UserRecord
    source: _Source


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
        self._writer = handler.writer
        self._failures = handler.failures
        self._clock = handler.clock
        self._context = context
        remaining = context.get_remaining_time_in_millis() / 1000
        margin = min(_MAX_MARGIN_SECONDS, remaining * _MARGIN_SHARE)
        self._deadline = self._clock() + remaining - margin
        # Earlier, so that writes that are throttled to the end leave time for the bucket.
        self._write_deadline = self._deadline - margin
        self._candidates: list[_Candidate] = []
        self._quarantined: list[tuple[FailedRecord, _Source, str | None]] = []
        self._failed: set[str] = set()
        self.counts = BatchCounts()

    def run(self, records: list[Mapping[str, Any]]) -> None:
        """Read every record, write the newest revisions, then quarantine."""
        for record in records:
            self._read(record)
        pending = newest_per_document(self._candidates)
        while pending:
            pending = self._write(pending)
        # Last, so that a slow or missing failure bucket delays no record that can be written.
        self._store_quarantined()

    def response(self) -> BatchResponse:
        """Return the record from which the event source mapping must continue."""
        if not self._failed:
            return {"batchItemFailures": []}
        return {"batchItemFailures": [{"itemIdentifier": min(self._failed, key=int)}]}

    def _read(self, record: Mapping[str, Any]) -> None:
        """Read a Kinesis record: its user records become candidates, ignored or quarantined."""
        self.counts.kinesis_records += 1
        source = _source(record)
        if self._clock() >= self._write_deadline:
            self._redeliver(source, OUT_OF_TIME)
            return
        data = pybase64.b64decode(record["kinesis"]["data"], validate=True)
        try:
            inner = user_records(data)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine(UserRecord(data, None), source, *_fault(error))
            return
        if not inner:
            self.counts.ignored[IgnoredReason.EMPTY_AGGREGATE] += 1
        for user_record in inner:
            self._read_user_record(user_record, source)

    def _read_user_record(self, record: UserRecord, source: _Source) -> None:
        try:
            found = read_record(record.data, self._settings.replica_tables)
            if isinstance(found, Revision):
                check_version(found)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine(record, source, *_fault(error))
            return
        if isinstance(found, Ignored):
            self.counts.ignored[found.reason] += 1
            if found.table_name is not None:
                self.counts.ignored_tables[found.table_name] += 1
        elif found.kind is RevisionKind.REDACTED:
            self.counts.tables[found.table_name].redacted += 1
        else:
            self._candidates.append(_Candidate(found, record, source))

    def _write(self, documents: list[list[_Candidate]]) -> list[list[_Candidate]]:
        """Write the newest revision of each document.

        Returns
        -------
        list
            The documents whose newest revision can never be written, without that revision: their
            items must hold the next lower version.
        """
        writes: list[Write] = []
        written: list[list[_Candidate]] = []
        older: list[list[_Candidate]] = []
        now = self._clock()
        for document in documents:
            newest = document[0]
            try:
                write = write_for(
                    newest.revision,
                    self._settings.replica_tables[newest.revision.table_name],
                    now,
                )
            except Exception as error:  # noqa: BLE001 (no record may block the others)
                self._quarantine_revision(newest, *_fault(error))
                older.append(document[1:])
            else:
                writes.append(write)
                written.append(document)
        outcomes = self._writer.write(writes, self._write_deadline) if writes else []
        now = self._clock()
        for document, write, outcome in zip(written, writes, outcomes, strict=True):
            newest = document[0]
            if isinstance(outcome, Permanent):
                self._quarantine_revision(newest, REFUSED, outcome.code)
                older.append(document[1:])
            elif isinstance(outcome, Transient):
                # The next delivery may find that the newest can never be written. Then an older
                # one is the document's state, so all of them must be redelivered.
                for candidate in document:
                    self._redeliver(candidate.source, outcome.code)
            else:
                counts = self.counts.tables[newest.revision.table_name]
                counts.superseded += len(document) - 1
                if outcome is APPLIED:
                    self._count_applied(counts, write, now, newest.source.approximate_arrival)
                else:
                    counts.stale += 1
        return [document for document in older if document]

    def _count_applied(self, counts: TableCounts, write: Write, now: float, arrival: float) -> None:
        counts.applied += 1
        if DELETED_ATTRIBUTE in write.attributes:
            counts.deleted += 1
        # Since the arrival and not since the transaction, which is old in a backfill.
        self.counts.lags.append(max(0.0, now - arrival))

    def _quarantine_revision(self, candidate: _Candidate, reason: str, code: str) -> None:
        table = candidate.revision.table_name
        self._quarantine(candidate.record, candidate.source, reason, code, table)

    def _quarantine(
        self, record: UserRecord, source: _Source, reason: str, code: str, table: str | None = None
    ) -> None:
        """Add a record to those for the failure bucket."""
        failed = FailedRecord(
            position=Position(
                stream_arn=source.stream_arn,
                shard_id=source.shard_id,
                sequence_number=source.sequence_number,
                sub_sequence_number=record.sub_sequence_number,
            ),
            payload=record.data,
            reason=reason,
            code=code,
            partition_key=record.partition_key or source.partition_key,
            approximate_arrival=source.approximate_arrival,
            function_name=self._context.function_name,
            function_version=self._context.function_version,
            failed_at=self._clock(),
        )
        self._quarantined.append((failed, source, table))

    def _store_quarantined(self) -> None:
        """Store the quarantined records; those that the bucket does not take are redelivered."""
        records = [record for record, _, _ in self._quarantined]
        stored = self._failures.put_all(records, self._deadline) if records else []
        for (record, source, table), is_stored in zip(self._quarantined, stored, strict=True):
            if is_stored:
                self.counts.quarantined[record.reason, record.code] += 1
                if table is not None:
                    self.counts.tables[table].quarantined += 1
            else:
                self._redeliver(source, _FAILURE_STORE)

    def _redeliver(self, source: _Source, code: str) -> None:
        self.counts.retried[code] += 1
        self._failed.add(source.sequence_number)


def _fault(error: Exception) -> tuple[str, str]:
    """Return kind and code of what a record raised, without the message of an unexpected error.

    Raises
    ------
    MemoryError
        Raised again, because no record is to blame for it.
    """
    if isinstance(error, RecordError):
        return error.kind, error.code
    if isinstance(error, MemoryError):
        raise error
    return UNFORESEEN, type(error).__name__


def _source(record: Mapping[str, Any]) -> _Source:
    kinesis = record["kinesis"]
    return _Source(
        record["eventSourceARN"],
        record["eventID"].partition(":")[0],
        kinesis["sequenceNumber"],
        kinesis["partitionKey"],
        kinesis["approximateArrivalTimestamp"],
    )

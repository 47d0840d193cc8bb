"""Processes a batch: each record is written, ignored, quarantined or redelivered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import pybase64

from handler.aggregation import UserRecord, user_records
from handler.contract import DELETED_ATTRIBUTE, UNINDEXED_ATTRIBUTE, margin_seconds
from handler.history_batch import HistoryBatch, HistoryGroup
from handler.incoming import Incoming, IncomingRedactions, IncomingRevision, Source, source_of
from handler.outcomes import APPLIED, OUT_OF_TIME, Permanent, Transient
from handler.quarantine import HISTORY_PREFIX, Quarantine, QuarantineStore
from handler.replica import Write, check_integer, newest_per_document, write_for
from handler.telemetry import BatchCounts, TableCounts, Telemetry
from journal.errors import RecordError
from journal.revisions import (
    Ignored,
    IgnoredReason,
    Redactions,
    Revision,
    RevisionKind,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handler.outcomes import Outcome
    from handler.settings import HandlerSettings
    from handler.writer import ItemWrite, ReplicaWriter

REFUSED = "refused"
"""Kind of a record whose write DynamoDB can never accept."""

UNFORESEEN = "unforeseen"
"""Kind of a record that raised an unexpected exception."""

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
        self._writer = handler.writer
        self._clock = handler.clock
        remaining = context.get_remaining_time_in_millis() / 1000
        margin = margin_seconds(remaining)
        self._deadline = self._clock() + remaining - margin
        # Earlier, so that writes that are throttled to the end leave time for the bucket.
        self._write_deadline = self._deadline - margin
        self._quarantine = Quarantine(handler.failures, context, self._clock)
        history_table = self._settings.history_table
        self._history = (
            None
            if history_table is None
            else HistoryBatch(history_table, self._settings.replica_tables)
        )
        self._candidates: list[IncomingRevision] = []
        self._redelivered: set[int] = set()
        self._failed: set[str] = set()
        self.counts = BatchCounts()

    def run(self, records: list[Mapping[str, Any]]) -> None:
        """Read every record, write the newest revisions and the history, then quarantine."""
        for record in records:
            self._read(record)
        pending = newest_per_document(self._candidates)
        history = [] if self._history is None else self._history.groups(self._history_error)
        while pending or history:
            pending = self._write(pending, history)
            history = []
        self._count_without_state()
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
        source = source_of(record)
        if self._clock() >= self._write_deadline:
            self._redeliver(source, OUT_OF_TIME)
            return
        data = pybase64.b64decode(record["kinesis"]["data"], validate=True)
        try:
            inner = user_records(data)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine.add(UserRecord(data, None), source, *_fault(error))
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
                with_redactions=self._history is not None,
            )
            if isinstance(found, Revision):
                check_integer("version", found.version)
        except Exception as error:  # noqa: BLE001 (no record may block the others)
            self._quarantine.add(record, source, *_fault(error))
            return
        if isinstance(found, Ignored):
            self.counts.ignored[found.reason] += 1
            if found.table_name is not None:
                self.counts.ignored_tables[found.table_name] += 1
            return
        history = self._history
        if isinstance(found, Redactions):
            if history is not None:
                history.redactions.append(IncomingRedactions(found, record, source))
            return
        incoming = IncomingRevision(found, record, source)
        is_redacted = found.kind is RevisionKind.REDACTED
        if not is_redacted:
            self._candidates.append(incoming)
        if history is not None and self._settings.replica_tables[found.table_name].history:
            history.revisions.append(incoming)
        elif is_redacted:
            self.counts.tables[found.table_name].redacted += 1

    def _write(
        self, documents: list[list[IncomingRevision]], history: list[HistoryGroup]
    ) -> list[list[IncomingRevision]]:
        """Write the newest revision of each document, and the history.

        Returns
        -------
        list
            The documents whose newest revision can never be written, without that revision: their
            items must hold the next lower version.
        """
        writes: list[Write] = []
        written: list[list[IncomingRevision]] = []
        older: list[list[IncomingRevision]] = []
        now = self._clock()
        projected = {} if self._history is None else self._history.projected
        for document in documents:
            newest = document[0]
            try:
                write = write_for(
                    newest.revision,
                    self._settings.replica_tables[newest.revision.table_name],
                    now,
                    projected.get(id(newest)),
                )
            except Exception as error:  # noqa: BLE001 (no record may block the others)
                self._quarantine.add(
                    newest.record, newest.source, *_fault(error), newest.table_name
                )
                older.append(document[1:])
            else:
                writes.append(write)
                written.append(document)
        every: list[ItemWrite] = [*writes, *(group.write for group in history)]
        outcomes = self._writer.write(every, self._write_deadline) if every else []
        now = self._clock()
        self._settle_history(history, outcomes[len(writes) :])
        for document, write, outcome in zip(written, writes, outcomes[: len(writes)], strict=True):
            newest = document[0]
            if isinstance(outcome, Permanent):
                self._quarantine.add(
                    newest.record, newest.source, REFUSED, outcome.code, newest.table_name
                )
                older.append(document[1:])
            elif isinstance(outcome, Transient):
                # The next delivery may find that the newest can never be written. Then an older
                # one is the document's state, so all of them must be redelivered.
                for candidate in document:
                    self._redeliver(candidate.source, outcome.code, candidate.record)
            else:
                counts = self.counts.tables[newest.table_name]
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
        if UNINDEXED_ATTRIBUTE in write.attributes:
            counts.unindexed += 1
        # Since the arrival and not since the transaction, which is old in a backfill.
        self.counts.lags.append(max(0.0, now - arrival))

    def _settle_history(self, groups: list[HistoryGroup], outcomes: list[Outcome]) -> None:
        for group, outcome in zip(groups, outcomes, strict=True):
            if outcome is APPLIED:
                if group.ledger_table is None:
                    self.counts.unnamed_history += 1
                else:
                    self.counts.tables[group.ledger_table].history += 1
            for incoming in group.incoming:
                if isinstance(outcome, Permanent):
                    self._history_fault(incoming, REFUSED, outcome.code)
                elif isinstance(outcome, Transient):
                    self._redeliver(incoming.source, outcome.code, incoming.record)

    def _history_error(self, incoming: Incoming, error: Exception) -> None:
        self._history_fault(incoming, *_fault(error))

    def _history_fault(self, incoming: Incoming, reason: str, code: str) -> None:
        self._quarantine.add(
            incoming.record,
            incoming.source,
            reason,
            f"{HISTORY_PREFIX}{code}",
            incoming.table_name,
        )

    def _count_without_state(self) -> None:
        """Count the records that only the history table needed, unless they failed."""
        if self._history is None:
            return
        for incoming in self._history.revisions:
            is_redacted = incoming.revision.kind is RevisionKind.REDACTED
            if is_redacted and not self._has_failed(incoming.record):
                self.counts.tables[incoming.table_name].redacted += 1
        for summary in self._history.redactions:
            if not self._has_failed(summary.record):
                self.counts.redactions += 1

    def _has_failed(self, record: UserRecord) -> bool:
        return record in self._quarantine or self._is_redelivered(record)

    def _is_redelivered(self, record: UserRecord) -> bool:
        return id(record) in self._redelivered

    def _store_quarantined(self) -> None:
        """Store the quarantined records; those that the bucket does not take are redelivered."""
        for fault, record, is_stored in self._quarantine.store(
            self._deadline, self._is_redelivered
        ):
            if not is_stored:
                self._redeliver(fault.source, _FAILURE_STORE)
                continue
            self.counts.quarantined[record.reason, record.code] += 1
            if fault.table_name is not None:
                self.counts.tables[fault.table_name].quarantined += 1

    def _redeliver(self, source: Source, code: str, record: UserRecord | None = None) -> None:
        """Have a record delivered again, or a whole Kinesis record."""
        if record is not None:
            if self._is_redelivered(record):
                return
            self._redelivered.add(id(record))
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

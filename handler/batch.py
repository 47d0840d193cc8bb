"""One batch of Kinesis records: each is written, ignored, quarantined or left to be redelivered."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

import pybase64

from handler.aggregation import UserRecord, user_records
from handler.contract import DELETED_ATTRIBUTE, TX_TIME_ATTRIBUTE
from handler.failures import FailedRecord, Position
from handler.replica import Write, check_version, newest_per_document, write_for
from handler.telemetry import BatchCounts, Telemetry
from handler.writer import APPLIED, Permanent, ReplicaWriter, Transient
from journal.errors import RecordError
from journal.revisions import (
    Ignored,
    IgnoredReason,
    Revision,
    RevisionKind,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from handler.settings import HandlerSettings

REFUSED = "refused"
"""Kind of a record whose write DynamoDB can never accept."""

UNFORESEEN = "unforeseen"
"""Kind of a record that raised an unexpected exception."""

_LONGEST_MARGIN_SECONDS = 5.0
_MARGIN_SHARE = 0.2
"""Of the time that is left: for the answer, and as much before that for the failure bucket. At most
the margin above, each."""

_OUT_OF_TIME = "OutOfTime"
_FAILURE_STORE = "FailureStore"


class LambdaContext(Protocol):
    """What the handler uses of Lambda's context."""

    function_name: str
    function_version: str

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda stops the function."""


class BatchItemFailure(TypedDict):
    """Lambda developer guide, "Configuring partial batch response with Kinesis"."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The lowest sequence number listed is where the event source mapping goes on."""

    batchItemFailures: list[BatchItemFailure]


class RecordKeeper(Protocol):
    """Something that keeps records which can never be written."""

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        """Keep records; see `FailureStore.put_all`."""


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


class Handler:
    """Replicates batches. It keeps nothing of one batch for the next.

    Parameters
    ----------
    settings
        What goes where.
    writer
        Writes to DynamoDB.
    failures
        Keeps what can never be written; a `FailureStore` does.
    telemetry
        Told about each batch; None for nobody.
    clock
        Seconds since the epoch; the same as that of writer and failure store.
    """

    def __init__(
        self,
        *,
        settings: HandlerSettings,
        writer: ReplicaWriter,
        failures: RecordKeeper,
        telemetry: Telemetry | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._failures = failures
        self._telemetry = telemetry
        self._clock = clock

    def process(self, event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
        """Replicate one batch.

        Parameters
        ----------
        event
            Lambda developer guide, "Using Lambda to process records from Kinesis".
        context
            Lambda's.

        Returns
        -------
        BatchResponse
            Empty where every record is applied, stale, ignored or kept in the failure bucket; else
            the lowest sequence number that is to be delivered again.
        """
        batch = _Batch(
            settings=self._settings,
            writer=self._writer,
            failures=self._failures,
            clock=self._clock,
            context=context,
        )
        batch.run(event["Records"])
        if self._telemetry is not None:
            self._telemetry.publish(batch.counts)
        return batch.response()


class _Batch:
    """One batch on its way through the handler."""

    def __init__(
        self,
        *,
        settings: HandlerSettings,
        writer: ReplicaWriter,
        failures: RecordKeeper,
        clock: Callable[[], float],
        context: LambdaContext,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._failures = failures
        self._clock = clock
        self._context = context
        remaining = context.get_remaining_time_in_millis() / 1000
        margin = min(_LONGEST_MARGIN_SECONDS, remaining * _MARGIN_SHARE)
        self._deadline = self._clock() + remaining - margin
        # Writes that are throttled to the end leave the failure bucket its time.
        self._write_deadline = self._deadline - margin
        self._candidates: list[_Candidate] = []
        self._unwritable: list[tuple[FailedRecord, _Source]] = []
        self._failed: set[str] = set()
        self.counts = BatchCounts()

    def run(self, records: list[Mapping[str, Any]]) -> None:
        """Take every record to its end."""
        for record in records:
            self._read(record)
        pending = newest_per_document(self._candidates)
        while pending:
            pending = self._write(pending)
        # Last: a failure bucket that is slow or away holds up no record that can be written.
        self._keep()

    def response(self) -> BatchResponse:
        """Say where the event source mapping has to go on."""
        if not self._failed:
            return {"batchItemFailures": []}
        return {"batchItemFailures": [{"itemIdentifier": min(self._failed, key=int)}]}

    def _read(self, record: Mapping[str, Any]) -> None:
        """Take a Kinesis record apart: what is in it is a candidate, ignored or quarantined."""
        self.counts.kinesis_records += 1
        source = _source(record)
        if self._clock() >= self._write_deadline:
            self._retry(source, _OUT_OF_TIME)
            return
        data = pybase64.b64decode(record["kinesis"]["data"], validate=True)
        try:
            inner = user_records(data)
        except Exception as error:  # noqa: BLE001  (no record may hold up the others)
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
        except Exception as error:  # noqa: BLE001  (no record may hold up the others)
            self._quarantine(record, source, *_fault(error))
            return
        if isinstance(found, Ignored):
            self.counts.ignored[found.reason] += 1
            if found.table_name is not None:
                self.counts.ignored_tables[found.table_name] += 1
        elif found.kind is RevisionKind.REDACTED:
            self.counts.redacted += 1
        else:
            self._candidates.append(_Candidate(found, record, source))

    def _write(self, documents: list[list[_Candidate]]) -> list[list[_Candidate]]:
        """Write the newest revision of each document.

        Returns
        -------
        list
            The documents whose newest revision can never be written, without it: the item then has
            to hold the next lower version.
        """
        writes: list[Write] = []
        written: list[list[_Candidate]] = []
        again: list[list[_Candidate]] = []
        now = self._clock()
        for document in documents:
            newest = document[0]
            try:
                write = write_for(
                    newest.revision,
                    self._settings.replica_tables[newest.revision.table_name],
                    now,
                    self._settings.tombstone_lifetime_days,
                )
            except Exception as error:  # noqa: BLE001  (no record may hold up the others)
                self._quarantine(newest.record, newest.source, *_fault(error))
                again.append(document[1:])
            else:
                writes.append(write)
                written.append(document)
        outcomes = self._writer.write(writes, self._write_deadline) if writes else []
        now = self._clock()
        for document, write, outcome in zip(written, writes, outcomes, strict=True):
            newest = document[0]
            if isinstance(outcome, Permanent):
                self._quarantine(newest.record, newest.source, REFUSED, outcome.code)
                again.append(document[1:])
            elif isinstance(outcome, Transient):
                # The next delivery may find that the newest can never be written. The older ones
                # have to come again with it, for they would then be the document's state.
                for candidate in document:
                    self._retry(candidate.source, outcome.code)
            else:
                self.counts.superseded += len(document) - 1
                if outcome is APPLIED:
                    self._count_applied(write, now)
                else:
                    self.counts.stale += 1
        return [document for document in again if document]

    def _count_applied(self, write: Write, now: float) -> None:
        self.counts.applied += 1
        if DELETED_ATTRIBUTE in write.attributes:
            self.counts.deleted += 1
        try:
            happened = datetime.fromisoformat(write.attributes[TX_TIME_ATTRIBUTE]["S"])
        except ValueError:  # a time that is no more precise than a year
            return
        if happened.tzinfo is not None:
            self.counts.lags.append(max(0.0, now - happened.timestamp()))

    def _quarantine(self, record: UserRecord, source: _Source, reason: str, code: str) -> None:
        """Put a record aside for the failure bucket."""
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
        self._unwritable.append((failed, source))

    def _keep(self) -> None:
        """Write to the failure bucket; what it does not take is to be delivered again."""
        records = [record for record, _ in self._unwritable]
        kept = self._failures.put_all(records, self._deadline) if records else []
        for (record, source), is_kept in zip(self._unwritable, kept, strict=True):
            if is_kept:
                self.counts.quarantined[record.reason, record.code] += 1
            else:
                self._retry(source, _FAILURE_STORE)

    def _retry(self, source: _Source, code: str) -> None:
        self.counts.retried[code] += 1
        self._failed.add(source.sequence_number)


def _fault(error: Exception) -> tuple[str, str]:
    """Return kind and code of what a record raised, without the message of an unexpected error.

    Raises
    ------
    MemoryError
        The error is one: no record is to blame for it.
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

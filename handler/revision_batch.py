"""Brings the items of a batch's documents to the newest revisions, and adds to the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from handler.contract import DELETED_ATTRIBUTE, UNINDEXED_ATTRIBUTE
from handler.history_batch import HistoryBatch, HistoryGroup
from handler.outcomes import APPLIED, Permanent, Transient
from handler.quarantine import HISTORY_PREFIX
from handler.replica import Write, newest_per_document, write_for
from journal.errors import RecordError
from journal.revisions import RevisionKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.aggregation import UserRecord
    from handler.incoming import Incoming, IncomingRedactions, IncomingRevision
    from handler.outcomes import Outcome
    from handler.settings import HandlerSettings
    from handler.telemetry import BatchCounts, TableCounts
    from handler.writer import ItemWrite, ReplicaWriter

REFUSED = "refused"
"""Kind of a record whose write DynamoDB can never accept."""

UNFORESEEN = "unforeseen"
"""Kind of a record that raised an unexpected exception."""


class Failures(Protocol):
    """Receives the records that are not written."""

    def fail(self, incoming: Incoming, reason: str, code: str) -> None:
        """Receive a record that can never be written, once for each table that cannot have it."""

    def retry(self, incoming: Incoming, code: str) -> None:
        """Receive a record that has to come again."""


class RevisionBatch:
    """What a batch has of each document.

    Parameters
    ----------
    settings
        The configuration.
    writer
        Writes to DynamoDB.
    counts
        Receives the counts of what is written.
    failures
        Receives the records that are not written.
    clock
        Returns seconds since the epoch; the same clock as the writer's.
    """

    def __init__(
        self,
        settings: HandlerSettings,
        writer: ReplicaWriter,
        counts: BatchCounts,
        failures: Failures,
        clock: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._counts = counts
        self._failures = failures
        self._clock = clock
        history_table = settings.history_table
        self._history = None if history_table is None else HistoryBatch(history_table)
        self._candidates: list[IncomingRevision] = []

    @property
    def has_history(self) -> bool:
        """Whether the batch also writes to the history table, which redactions need."""
        return self._history is not None

    def add_revision(self, incoming: IncomingRevision, *, is_candidate: bool = True) -> None:
        """Add a revision of a configured table.

        Parameters
        ----------
        incoming
            The revision.
        is_candidate
            Whether it can be the current state.
        """
        is_redacted = incoming.revision.kind is RevisionKind.REDACTED
        if is_candidate and not is_redacted:
            self._candidates.append(incoming)
        if self._history is not None and incoming.table.history:
            self._history.revisions.append(incoming)
        elif is_redacted:
            self._counts.tables[incoming.table_name].redacted += 1

    def add_redactions(self, incoming: IncomingRedactions) -> None:
        """Add what a block summary announces; only the history needs it."""
        if self._history is not None:
            self._history.redactions.append(incoming)

    def write(self, deadline: float) -> None:
        """Write the newest revision of each document, and the history.

        Parameters
        ----------
        deadline
            Seconds since the epoch: later, no request starts and none is waited for.
        """
        pending = newest_per_document(self._candidates)
        history = [] if self._history is None else self._history.groups(self._history_error)
        while pending or history:
            pending = self._write(pending, history, deadline)
            history = []

    def count_without_state(self, has_failed: Callable[[UserRecord], bool]) -> None:
        """Count the records that only the history table needed, unless they failed."""
        if self._history is None:
            return
        for incoming in self._history.revisions:
            is_redacted = incoming.revision.kind is RevisionKind.REDACTED
            if is_redacted and not has_failed(incoming.record):
                self._counts.tables[incoming.table_name].redacted += 1
        for summary in self._history.redactions:
            if not has_failed(summary.record):
                self._counts.redactions += 1

    def _write(
        self,
        documents: list[list[IncomingRevision]],
        history: list[HistoryGroup],
        deadline: float,
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
                    newest.table,
                    now,
                    projected.get(id(newest)),
                )
            except Exception as error:  # noqa: BLE001 (no record may block the others)
                self._failures.fail(newest, *fault(error))
                older.append(document[1:])
            else:
                writes.append(write)
                written.append(document)
        every: list[ItemWrite] = [*writes, *(group.write for group in history)]
        outcomes = self._writer.write(every, deadline) if every else []
        now = self._clock()
        self._settle_history(history, outcomes[len(writes) :])
        for document, write, outcome in zip(written, writes, outcomes[: len(writes)], strict=True):
            newest = document[0]
            if isinstance(outcome, Permanent):
                self._failures.fail(newest, REFUSED, outcome.code)
                older.append(document[1:])
            elif isinstance(outcome, Transient):
                # The next delivery may find that the newest can never be written. Then an older
                # one is the document's state, so all of them must be redelivered.
                for candidate in document:
                    self._failures.retry(candidate, outcome.code)
            else:
                counts = self._counts.tables[newest.table_name]
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
        self._counts.lags.append(max(0.0, now - arrival))

    def _settle_history(self, groups: list[HistoryGroup], outcomes: list[Outcome]) -> None:
        for group, outcome in zip(groups, outcomes, strict=True):
            if outcome is APPLIED:
                if group.ledger_table is None:
                    self._counts.unnamed_history += 1
                else:
                    self._counts.tables[group.ledger_table].history += 1
            for incoming in group.incoming:
                if isinstance(outcome, Permanent):
                    self._history_fault(incoming, REFUSED, outcome.code)
                elif isinstance(outcome, Transient):
                    self._failures.retry(incoming, outcome.code)

    def _history_error(self, incoming: Incoming, error: Exception) -> None:
        self._history_fault(incoming, *fault(error))

    def _history_fault(self, incoming: Incoming, reason: str, code: str) -> None:
        self._failures.fail(incoming, reason, f"{HISTORY_PREFIX}{code}")


def fault(error: Exception) -> tuple[str, str]:
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

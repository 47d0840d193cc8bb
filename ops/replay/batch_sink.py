"""Receives the blocks of a batch, and sorts their revisions by what a replay does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handler.replica import check_integer
from journal.errors import MalformedRecord
from journal.exports.block_facts import Table
from journal.exports.block_revisions import NO_TABLE
from journal.revisions import RevisionKind
from ops.replay.messages import RevisionKey, document_key
from ops.replay.revisions import Found, FoundFault
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.settings import ReplicaTable
    from ops.replay.job import Job
    from ops.replay.revisions import FoundRedaction, FoundRevision

NO_TABLE_CODE = "the block does not name the ledger table"
"""Code of a revision that cannot be replayed, because nobody knows where it belongs."""


class Kept(NamedTuple):
    """A revision of a table that is replayed.

    Attributes
    ----------
    found
        The revision.
    key
        What stands for its document.
    table
        Where it goes.
    """

    found: FoundRevision
    key: bytes
    table: ReplicaTable


class BatchSink(Found):
    """The blocks of a batch.

    Parameters
    ----------
    job
        What is replayed.
    max_bytes
        Blocks that are kept.
    full
        Called with this sink when there are more.

    Attributes
    ----------
    kept
        Revisions of tables that are replayed.
    kept_faults, kept_redactions
        What else is to be written or quarantined.
    newest
        The highest version with a state, by what stands for the document.
    redacted
        Revisions that the blocks redact, or have only without their data.
    faulty_documents
        What stands for the documents of `kept_faults`, of all blocks.
    table_ids
        Ids of ledger tables by the entry of the settings that takes them.
    tally
        Counts of what was read.
    """

    def __init__(self, job: Job, max_bytes: int, full: Callable[[BatchSink], None]) -> None:
        super().__init__()
        self._job = job
        self._max_bytes = max_bytes
        self._full = full
        self._kept_bytes = 0
        self._tables: dict[tuple[str, str], ReplicaTable | None] = {}
        self.kept: list[Kept] = []
        self.kept_faults: list[FoundFault] = []
        self.kept_redactions: list[FoundRedaction] = []
        self.newest: dict[bytes, int] = {}
        self.redacted: set[RevisionKey] = set()
        self.faulty_documents: set[bytes] = set()
        self.table_ids: dict[str, set[str]] = {}
        self.tally = Tally()

    def block_ends(self) -> None:
        """Sort what was found in a block."""
        if self._job.documents is not None:
            self._leave_others()
        for revision in self.revisions:
            self._sort_revision(revision)
        for fault in self.faulty:
            self._sort_fault(fault)
        for found in self.redactions:
            redaction = found.redaction
            self.redacted.add(RevisionKey(document_key(redaction.document_id), redaction.version))
        self.kept_redactions += self.redactions
        self.tally.revisions += len(self.revisions) + len(self.faulty)
        self.revisions.clear()
        self.faulty.clear()
        self.redactions.clear()
        if self.bytes - self._kept_bytes >= self._max_bytes:
            self._full(self)

    def _leave_others(self) -> None:
        """Drop what is of other documents, and what cannot be read: nobody asked for it."""
        wants = self._job.wants
        self.revisions = [
            each for each in self.revisions if wants(document_key(each.revision.document_id))
        ]
        self.redactions = [
            each for each in self.redactions if wants(document_key(each.redaction.document_id))
        ]
        self.faulty.clear()

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept_bytes = self.bytes
        self.kept.clear()
        self.kept_faults.clear()
        self.kept_redactions.clear()

    def _sort_revision(self, found: FoundRevision) -> None:
        revision = found.revision
        table = self._table(revision.table_name, revision.table_id)
        if table is None:
            if (revision.table_id, revision.table_name) == NO_TABLE:
                self._keep_fault(_fault(found, NO_TABLE, NO_TABLE_CODE))
            else:
                self.tally.ignored[revision.table_name] += 1
            return
        version = revision.version
        try:
            check_integer("version", version)
        except MalformedRecord as error:
            self._keep_fault(_fault(found, table_of(found), error.code))
            return
        key = document_key(revision.document_id)
        self.kept.append(Kept(found, key, table))
        if revision.kind is RevisionKind.REDACTED:
            self.redacted.add(RevisionKey(key, version))
        elif version > self.newest.get(key, -1):
            self.newest[key] = version

    def _sort_fault(self, fault: FoundFault) -> None:
        if fault.table == NO_TABLE or self._table(fault.table.name, fault.table.table_id):
            self._keep_fault(fault)
        else:
            self.tally.ignored[fault.table.name] += 1

    def _keep_fault(self, fault: FoundFault) -> None:
        self.kept_faults.append(fault)
        if fault.document_id is not None:
            self.faulty_documents.add(document_key(fault.document_id))

    def _table(self, name: str, table_id: str) -> ReplicaTable | None:
        try:
            return self._tables[name, table_id]
        except KeyError:
            table = self._job.table_of(name, table_id)
            self._tables[name, table_id] = table
            if table is not None:
                self.table_ids.setdefault(table.ledger_table, set()).add(table_id)
            return table


def _fault(found: FoundRevision, table: Table, code: str) -> FoundFault:
    revision = found.revision
    return FoundFault(
        found.sequence_no,
        found.place,
        found.span,
        table,
        code,
        revision.document_id,
        revision.version,
    )


def table_of(found: FoundRevision) -> Table:
    """Return the ledger table of a revision."""
    return Table(found.revision.table_id, found.revision.table_name)

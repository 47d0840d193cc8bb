"""A ledger's journal, which turns transactions into hash-chained blocks of revisions. No I/O.

Behaviour that QLDB does not document and no genuine sample shows is a choice of this simulator: two
of the four entry hashes of a block (see `block_entries`), an empty ``previousBlockHash`` in the
first block, the hash of a delete (see `hash_chain`), and that a redaction takes effect with its
transaction (QLDB processes it later).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qldb_simulator.block_entries import entry_hashes
from qldb_simulator.blocks import Block, Revision, SystemRevision, revision_metadata
from qldb_simulator.errors import TransactionError
from qldb_simulator.hash_chain import block_hash, revision_hash
from qldb_simulator.ids import new_ids
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.journal_verification import journal_faults
from qldb_simulator.merkle import merkle_root
from qldb_simulator.timestamps import milliseconds
from qldb_simulator.transaction import Table, Transaction, active_table, known_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amazon.ion.core import Timestamp

    from qldb_simulator.operations import Operation


def utc_now() -> datetime:
    """Return the current time; the default clock of a ledger."""
    return datetime.now(UTC)


class Ledger:
    """A journal with one strand, and the documents in it. Not thread-safe.

    Parameters
    ----------
    clock
        Returns the current time with a time zone. Times in the journal never decrease.
    new_id
        Generates the ids of the strand, tables, documents and transactions.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], str] | None = None
    ) -> None:
        self._clock = clock
        self._new_id = new_id or new_ids()
        self.strand_id = self._new_id()
        self._blocks: list[Block] = []
        self._tables: dict[str, Table] = {}
        self._generations: list[Table] = []
        self._history: dict[str, dict[str, list[Revision]]] = {}
        self._document_ids: set[str] = set()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks so far, with redactions applied."""
        return tuple(self._blocks)

    @property
    def block_count(self) -> int:
        """Number of blocks."""
        return len(self._blocks)

    def blocks_from(self, sequence_no: int, limit: int) -> list[Block]:
        """Return at most ``limit`` blocks at and after a sequence number."""
        return self._blocks[sequence_no : sequence_no + limit]

    @property
    def tables(self) -> dict[str, str]:
        """Ids of the active tables by name."""
        return {table.name: table.table_id for table in self._tables.values()}

    @property
    def generations(self) -> tuple[Table, ...]:
        """Every table that the ledger has had, dropped ones included, oldest first."""
        return tuple(self._generations)

    def revisions(self, table_id: str) -> dict[str, list[Revision]]:
        """Return all revisions of every document of a table, oldest first.

        Parameters
        ----------
        table_id
            Id of a table, which may have been dropped.

        Raises
        ------
        TransactionError
            If the ledger never had such a table.
        """
        if table_id not in self._history:
            raise TransactionError(f"the ledger never had a table with the id {table_id!r}")
        return {key: list(revisions) for key, revisions in self._history[table_id].items()}

    def state(self, table: str) -> dict[str, Revision]:
        """Return the latest revision of every document of an active table, deleted ones included.

        Raises
        ------
        TransactionError
            If the table does not exist or is inactive.
        """
        documents = self._history[active_table(self._tables, table).table_id]
        return {document_id: history[-1] for document_id, history in documents.items()}

    def history(self, table: str, document_id: str) -> list[Revision]:
        """Return all revisions of a document, oldest first.

        Raises
        ------
        TransactionError
            If the table or document does not exist.
        """
        table_id = active_table(self._tables, table).table_id
        return list(known_document(self._history[table_id], table, document_id))

    def commit(self, operations: Iterable[Operation]) -> Block:
        """Commit one transaction as one block.

        Several changes of a document result in one revision. An insert and a delete of a document
        in one transaction result in a deleted version 0 (a choice of this simulator).

        Raises
        ------
        TransactionError
            If the transaction breaks one of QLDB's rules ("Quotas and limits in Amazon QLDB",
            "Redacting document revisions"); the ledger is then unchanged.
        """
        transaction = Transaction(
            tables=dict(self._tables),
            tables_ever=len(self._generations),
            history=self._history,
            known_ids=self._document_ids,
            new_id=self._new_id,
        )
        for operation in operations:
            transaction.add(operation, start_time=self._now())
        transaction.check()
        block = self._seal(transaction)
        self._apply(transaction, block)
        return block

    def verify(self) -> list[str]:
        """Return the faults by block and field; empty for a sound journal."""
        return journal_faults(self._blocks, strand_id=self.strand_id)

    def _now(self) -> Timestamp:
        now = milliseconds(self._clock())
        last = self._blocks[-1].block_timestamp if self._blocks else now
        return max(now, last)

    def _seal(self, transaction: Transaction) -> Block:
        sequence_no = len(self._blocks)
        tx_id, tx_time = self._new_id(), self._now()
        revisions = self._revisions(transaction, tx_id=tx_id, tx_time=tx_time)
        block_timestamp = self._now()
        transaction_info = transaction.info()
        redaction_info = transaction.redaction_info()
        entries = entry_hashes(
            strand_id=self.strand_id,
            sequence_no=sequence_no,
            transaction_id=tx_id,
            block_timestamp=block_timestamp,
            revisions=revisions,
            transaction_info=transaction_info,
            redaction_info=redaction_info,
        )
        previous = self._blocks[-1].block_hash if self._blocks else b""
        return Block(
            strand_id=self.strand_id,
            sequence_no=sequence_no,
            transaction_id=tx_id,
            block_timestamp=block_timestamp,
            block_hash=block_hash(entries, previous),
            entries_hash=merkle_root(entries),
            previous_block_hash=previous,
            entries_hash_list=entries,
            transaction_info=transaction_info,
            redaction_info=redaction_info,
            revisions=tuple(revisions),
        )

    def _revisions(
        self, transaction: Transaction, *, tx_id: str, tx_time: Timestamp
    ) -> list[Revision | SystemRevision]:
        revisions: list[Revision | SystemRevision] = [
            SystemRevision(hash=value) for value in transaction.system_hashes
        ]
        for document_id, change in transaction.changes.items():
            metadata = revision_metadata(document_id, change.version, tx_time, tx_id)
            revisions.append(
                Revision(
                    strand_id=self.strand_id,
                    sequence_no=len(self._blocks),
                    table_name=change.table.name,
                    table_id=change.table.table_id,
                    document_id=document_id,
                    version=change.version,
                    tx_time=tx_time,
                    tx_id=tx_id,
                    data=change.data,
                    hash=revision_hash(metadata, data=change.data),
                )
            )
        return revisions

    def _apply(self, transaction: Transaction, block: Block) -> None:
        self._tables = transaction.tables
        self._generations += transaction.created
        for table in transaction.created:
            self._history.setdefault(table.table_id, {})
        self._blocks.append(block)
        for revision in block.documents:
            documents = self._history.setdefault(revision.table_id, {})
            documents.setdefault(revision.document_id, []).append(revision)
            self._document_ids.add(revision.document_id)
        if transaction.redaction is not None:
            self._redact(transaction.redaction)

    def _redact(self, target: Revision) -> None:
        redacted = replace(target, data=None, data_hash=ion_hash(target.data))
        versions = self._history[target.table_id][target.document_id]
        versions[versions.index(target)] = redacted
        block = self._blocks[target.sequence_no]
        revisions = tuple(redacted if item is target else item for item in block.revisions)
        self._blocks[target.sequence_no] = replace(block, revisions=revisions)

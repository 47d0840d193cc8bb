"""The blocks of a section, complete but for the hashes of the chain."""

from __future__ import annotations

import hashlib
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.block_entries import entry_hashes
from qldb_simulator.blocks import (
    Block,
    Revision,
    SystemRevision,
    block_address,
    revision_metadata,
)
from qldb_simulator.hash_chain import revision_hash, statement_digest
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.merkle import dot, merkle_root

from bench.export.documents import DOCUMENTS, timestamp
from bench.export.plan import Kind, plan_section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.export.plan import Change, Journal, PlannedBlock, Redaction

BLOCK_HASH: Final = hashlib.sha256(b"stands for blockHash").digest()
PREVIOUS_BLOCK_HASH: Final = hashlib.sha256(b"stands for previousBlockHash").digest()
"""What stands for the hashes of the chain until all blocks before are known."""

START: Final = 1_580_515_200_000
"""Milliseconds from 1970 to the first block's day, 2020-02-01, a time with genuine samples."""
_DAYS: Final = 30
_MIN_INTERVAL: Final = 40
"""Milliseconds between blocks, so that all times of a transaction fit in between."""

_SEAL_MILLISECONDS: Final = 18
_START_MILLISECONDS: Final = 20
"""From the time of a transaction, and from the start of its statements, to the time of its block;
the first one is a genuine block's."""

_STATEMENTS: Final = {
    Kind.INSERT: "INSERT INTO {} ?",
    Kind.UPDATE: "UPDATE {} AS d BY id SET d = ? WHERE id = ?",
    Kind.DELETE: "DELETE FROM {} BY id WHERE id = ?",
}
_REDACT: Final = "EXEC REDACT_REVISION ?, ?, ?"


def interval(journal: Journal) -> int:
    """Return the milliseconds between two blocks: a journal of any size covers the same days."""
    blocks = 1 + 0.37 * journal.revisions  # about as many as in the plan
    return max(_MIN_INTERVAL, int(_DAYS * 86_400_000 / blocks))


def block_time(journal: Journal, sequence_no: int) -> int:
    """Return a block's time in milliseconds since 1970, without its random part."""
    return START + sequence_no * interval(journal)


def section_blocks(journal: Journal, section: int) -> Iterator[Block]:
    """Make the blocks of a section, with `BLOCK_HASH` and `PREVIOUS_BLOCK_HASH` in them.

    The first block of a journal has an empty previous hash, as in qldb_simulator.
    """
    plan = plan_section(journal, section)
    maker = _BlockMaker(journal, section, plan.redacted)
    for planned in plan.blocks:
        yield maker.block(planned)


class _BlockMaker:
    """Makes the blocks of one section in their order."""

    def __init__(
        self, journal: Journal, section: int, redacted: frozenset[tuple[str, int]]
    ) -> None:
        self._journal = journal
        self._strand_id = journal.strand_id
        self._interval = interval(journal)
        self._redacted = redacted
        self._source = journal.source(f"contents/{section}")
        self._new_id = journal.ids(f"transactions/{section}")

    def block(self, planned: PlannedBlock) -> Block:
        transaction_id = self._new_id()
        # Less than half of the interval, so that times grow with the sequence number.
        now = block_time(self._journal, planned.sequence_no)
        now += self._source.randrange(self._interval // 2)
        revisions: list[Revision | SystemRevision] = []
        if planned.changes_catalog:
            revisions.append(SystemRevision(hash=self._source.randbytes(32)))
        statements: list[dict[str, Any]] = []
        documents: dict[str, Any] = {}
        for change in planned.changes:
            revision, data_hash = self._revision(change, planned.sequence_no, transaction_id, now)
            revisions.append(revision)
            documents[revision.document_id] = {
                "tableName": revision.table_name,
                "tableId": revision.table_id,
                "statements": _add_statements(statements, change, data_hash, now),
            }
        if planned.statement is not None:
            statements.append(_statement(planned.statement, now, []))
        redaction_info = None
        if planned.redaction is not None:
            statements.append(self._redact_statement(planned.redaction, now))
            redaction_info = self._redaction_info(planned.redaction)
        transaction_info: dict[str, Any] = {"statements": statements}
        if documents:
            transaction_info["documents"] = documents
        block_timestamp = timestamp(now)
        entries = entry_hashes(
            strand_id=self._strand_id,
            sequence_no=planned.sequence_no,
            transaction_id=transaction_id,
            block_timestamp=block_timestamp,
            revisions=revisions,
            transaction_info=transaction_info,
            redaction_info=redaction_info,
        )
        return Block(
            strand_id=self._strand_id,
            sequence_no=planned.sequence_no,
            transaction_id=transaction_id,
            block_timestamp=block_timestamp,
            block_hash=BLOCK_HASH,
            entries_hash=merkle_root(entries),
            previous_block_hash=PREVIOUS_BLOCK_HASH if planned.sequence_no else b"",
            entries_hash_list=entries,
            transaction_info=transaction_info,
            redaction_info=redaction_info,
            revisions=tuple(revisions),
        )

    def _revision(
        self, change: Change, sequence_no: int, transaction_id: str, now: int
    ) -> tuple[Revision, bytes]:
        """Return a revision and the hash of its data, which a redacted one does not have."""
        document = change.document
        data = None
        if change.kind is not Kind.DELETE:
            data = DOCUMENTS[document.table](self._source, document.number, now)
        data_hash = ion_hash(data)
        tx_time = timestamp(now - _SEAL_MILLISECONDS)
        metadata = revision_metadata(document.document_id, change.version, tx_time, transaction_id)
        is_redacted = (document.document_id, change.version) in self._redacted
        revision = Revision(
            strand_id=self._strand_id,
            sequence_no=sequence_no,
            table_name=document.table,
            table_id=document.table_id,
            document_id=document.document_id,
            version=change.version,
            tx_time=tx_time,
            tx_id=transaction_id,
            hash=revision_hash(metadata, data_hash=data_hash),
            data=None if is_redacted else data,
            data_hash=data_hash if is_redacted else None,
        )
        return revision, data_hash

    def _redact_statement(self, redaction: Redaction, now: int) -> dict[str, Any]:
        document = redaction.document
        address = block_address(self._strand_id, document.history[redaction.version])
        parameters = (address, document.table_id, document.document_id)
        return _statement(_REDACT, now, map(ion_hash, parameters))

    def _redaction_info(self, redaction: Redaction) -> dict[str, Any]:
        document = redaction.document
        revision = {
            "blockAddress": block_address(self._strand_id, document.history[redaction.version]),
            "tableId": document.table_id,
            "documentId": document.document_id,
            "version": redaction.version,
        }
        return {"revisions": [revision]}


def _add_statements(
    statements: list[dict[str, Any]], change: Change, data_hash: bytes, now: int
) -> list[int]:
    """Add the statements of a change, and return their positions."""
    first = len(statements)
    document_id_hash = ion_hash(change.document.document_id)
    kinds = [change.kind, Kind.UPDATE] if change.has_two_statements else [change.kind]
    for kind in kinds:
        hashes = [] if kind is Kind.DELETE else [data_hash]
        if kind is not Kind.INSERT:
            hashes.append(document_id_hash)
        statements.append(_statement(_STATEMENTS[kind].format(change.document.table), now, hashes))
    return list(range(first, len(statements)))


def _statement(text: str, now: int, parameter_hashes: Iterable[bytes]) -> dict[str, Any]:
    """Return a statement as blocks list it, its digest by qldb_simulator's `statement_digest`."""
    return {
        "statement": text,
        "startTime": timestamp(now - _START_MILLISECONDS),
        "statementDigest": reduce(dot, parameter_hashes, _text_digest(text)),
    }


@cache
def _text_digest(text: str) -> bytes:
    return statement_digest(text)

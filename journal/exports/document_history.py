"""The revisions of one document in the blocks of an object."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.block import read_block, read_metadata, time_text, touched_documents
from journal.exports.block_verification import block_problems, delete_rules
from journal.ion.hashing import ion_hash
from journal.ion.symbols import stored_texts
from journal.merkle import dot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from journal.exports.block import Block, BlockRevision, Metadata, TouchedDocument
    from journal.exports.located import Located
    from journal.exports.part_verifier import TypeSearch
    from journal.ion.structure import Span
    from journal.ion.symbols import Names


class State(enum.StrEnum):
    """What a revision says of its document."""

    LIVE = "live"
    DELETED = "deleted"
    REDACTED = "redacted"


class Verdict(enum.StrEnum):
    """Whether a revision has the hash that its block tells, and the block is sound in itself."""

    PROVEN = "proven"
    PROVEN_RETYPED = "proven after re-typing"
    NOT_PROVABLE = "not provable in this format"
    WRONG = "wrong"


class HistoryEntry(NamedTuple):
    """One revision of a document.

    Attributes
    ----------
    version
        From 0.
    state
        What it says of the document.
    verdict
        Whether it verifies.
    tx_time, tx_id
        Time, as Ion text, and id of its transaction.
    sequence_no
        Its block.
    table_id, table_name
        Its ledger table; None if the block does not tell.
    data
        The document, with restored types where it was proven after re-typing; None without one.
    """

    version: int
    state: State
    verdict: Verdict
    tx_time: str
    tx_id: str
    sequence_no: int
    table_id: str | None
    table_name: str | None
    data: Span | None


def document_history(
    blocks: Iterable[Located],
    document_id: str,
    *,
    read_from: int,
    read_to: int,
    types: TypeSearch | None,
) -> Iterator[HistoryEntry]:
    """Find the revisions of a document.

    Parameters
    ----------
    blocks
        All blocks of an object.
    document_id
        The document.
    read_from, read_to
        Sequence numbers of the first and last block that is taken from the object.
    types
        Finds the types of documents in a format that has lost them; None for a format that keeps
        all types.

    Raises
    ------
    IonError
        If a block that has the document is not one that QLDB writes.
    DamagedObject
        If the object cannot be read from some place on.
    """
    needle = document_id.encode()
    known: Names | None = None
    is_symbol = False
    for located in blocks:
        data, names, _, start, stop = located.span
        if names is not known:
            known, is_symbol = names, document_id in stored_texts(names)
        # The id is in the metadata as a string, or as a symbol, whose text is not in the block. A
        # block without it need not be read any further.
        if not is_symbol and data.find(needle, start, stop) == -1:
            continue
        block = read_block(located.span)
        if read_from <= block.address.sequence_no <= read_to:
            yield from _entries(block, document_id, types)


def _entries(block: Block, document_id: str, types: TypeSearch | None) -> Iterator[HistoryEntry]:
    known = [
        (revision, read_metadata(revision.metadata))
        for revision in block.revisions
        if revision.metadata is not None
    ]
    documents = {metadata.document_id for _, metadata in known}
    if document_id not in documents:
        return
    deleted = {metadata.document_id for revision, metadata in known if revision.is_delete}
    info = block.transaction_info
    touched = [] if info is None else list(touched_documents(info))
    is_sound = next(block_problems(block, touched, documents, deleted), None) is None
    table_id, table_name = _table(touched, document_id)
    for revision, metadata in known:
        if metadata.document_id != document_id:
            continue
        verdict, data = _verdict(revision, table_id, types)
        yield HistoryEntry(
            metadata.version,
            _state(revision),
            verdict if is_sound and _is_here(block, revision, metadata) else Verdict.WRONG,
            time_text(metadata.tx_time),
            metadata.tx_id,
            block.address.sequence_no,
            table_id,
            table_name,
            data,
        )


def _is_here(block: Block, revision: BlockRevision, metadata: Metadata) -> bool:
    return revision.address == block.address and block.transaction_id in (None, metadata.tx_id)


def _table(touched: Iterable[TouchedDocument], document_id: str) -> tuple[str | None, str | None]:
    for each in touched:
        if each.document_id == document_id:
            return each.table_id, each.table_name
    return None, None


def _state(revision: BlockRevision) -> State:
    if revision.data is not None:
        return State.LIVE
    return State.DELETED if revision.data_hash is None else State.REDACTED


def _verdict(
    revision: BlockRevision, table_id: str | None, types: TypeSearch | None
) -> tuple[Verdict, Span | None]:
    assert revision.metadata is not None  # noqa: S101 (the caller has read it)
    of_metadata = ion_hash(revision.metadata)

    def fits(data_hash: bytes) -> bool:
        return dot(of_metadata, data_hash) == revision.hash

    if revision.data is None:
        fitting = (
            fits(revision.data_hash)
            if revision.data_hash is not None
            else bool(delete_rules(revision.hash, of_metadata))
        )
        return (Verdict.PROVEN if fitting else Verdict.WRONG), None
    if fits(ion_hash(revision.data)):
        return Verdict.PROVEN, revision.data
    if types is None:
        return Verdict.WRONG, revision.data
    retyped = types.find(table_id, revision.data, fits)
    if retyped is None:
        return Verdict.NOT_PROVABLE, revision.data
    return Verdict.PROVEN_RETYPED, retyped

"""Verifies one block: its revisions, its entries and its own hash.

The rules are those of AWS's Java sample (``JournalBlock.java``, ``QldbRevision.java``,
``Verifier.java``); the genuine blocks in the tests confirm them. How the hash of a delete is made
is not known from any genuine sample, so several rules are tried (`DeleteRule`).
"""

from __future__ import annotations

import enum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.block import writes_to
from journal.exports.findings import FindingKind
from journal.ion.hashing import ion_hash
from journal.ion.structure import UNTYPED_NULL
from journal.merkle import dot, merkle_root

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from journal.exports.block import Block, TouchedDocument

REVISIONS_ENTRY = 1
"""Position of the root of the revisions among the entries of every genuine block."""

GENUINE_ENTRIES = 4
"""Number of the entries of every genuine block."""


class DeleteRule(enum.Flag):
    """How the hash of a delete may be made from the hash of its metadata."""

    NULL = enum.auto()
    """Combined with the Ion Hash of ``null``."""

    NOTHING = enum.auto()
    """Combined with the SHA-256 of no bytes."""

    NULL_STRUCT = enum.auto()
    """Combined with the Ion Hash of ``null.struct``."""

    EMPTY_STRUCT = enum.auto()
    """Combined with the Ion Hash of ``{}``."""

    METADATA_ALONE = enum.auto()
    """The hash of the metadata itself."""


ANY_DELETE_RULE = ~DeleteRule(0)

_DATA_HASHES = {
    DeleteRule.NULL: ion_hash((b"", (), UNTYPED_NULL, 0, 0)),
    DeleteRule.NOTHING: sha256(b"").digest(),
    DeleteRule.NULL_STRUCT: ion_hash((b"", (), 0xDF, 0, 0)),
    DeleteRule.EMPTY_STRUCT: ion_hash((b"", (), 0xD0, 0, 0)),
    DeleteRule.METADATA_ALONE: b"",
}


def delete_rules(revision_hash: bytes, metadata_hash: bytes) -> DeleteRule:
    """Return all rules that give the hash of a delete; none if the delete was changed."""
    found = DeleteRule(0)
    for rule, data_hash in _DATA_HASHES.items():
        if dot(metadata_hash, data_hash) == revision_hash:
            found |= rule
    return found


class BlockProblem(NamedTuple):
    """Something wrong in a block."""

    kind: FindingKind
    detail: str


def block_problems(
    block: Block,
    touched: Sequence[TouchedDocument],
    documents: Collection[str],
    deleted: Collection[str],
) -> Iterator[BlockProblem]:
    """Check everything in a block but the hashes of its revisions.

    Parameters
    ----------
    block
        The block.
    touched
        The documents that its transactionInfo tells.
    documents
        Ids of the documents of which the block has a revision.
    deleted
        Those of them whose revision is a delete.

    Raises
    ------
    IonError
        If a part is not what QLDB writes.
    """
    yield from _revision_problems(block)
    yield from _document_problems(block, touched, documents, deleted)
    if block.transaction_info is not None and ion_hash(block.transaction_info) not in block.entries:
        yield BlockProblem(
            FindingKind.TRANSACTION_INFO,
            "the hash of transactionInfo (statements and documents) is not among the entries",
        )
    if block.redaction_info is not None and ion_hash(block.redaction_info) not in block.entries:
        yield BlockProblem(
            FindingKind.REDACTION_INFO, "the hash of redactionInfo is not among the entries"
        )
    if merkle_root(block.entries) != block.entries_hash:
        yield BlockProblem(FindingKind.ENTRIES_HASH, "the root of the entries is not entriesHash")
    if dot(block.entries_hash, block.previous_block_hash) != block.block_hash:
        yield BlockProblem(
            FindingKind.BLOCK_HASH, "entriesHash and previousBlockHash do not give blockHash"
        )


def _revision_problems(block: Block) -> Iterator[BlockProblem]:
    if block.revisions:
        root = merkle_root([revision.hash for revision in block.revisions])
        if root not in block.entries:
            yield BlockProblem(
                FindingKind.REVISIONS_ROOT,
                "the root of the revisions is not among the entries: a revision was added, "
                "removed or moved, or its hash was changed",
            )


def _document_problems(
    block: Block,
    touched: Sequence[TouchedDocument],
    documents: Collection[str],
    deleted: Collection[str],
) -> Iterator[BlockProblem]:
    """Compare the revisions with what the transaction did.

    The entries alone do not show it: the nodes of a Merkle tree can be presented as its leaves, so
    that some revisions stay hidden behind a hash, or one passes for a delete.
    """
    info = block.transaction_info
    if info is None:
        return
    missing = [each for each in touched if each.document_id not in documents]
    if missing and (
        _can_lack_revisions(block, documents)
        or any(
            (writes := writes_to(info, each)) is not None and writes.has_revision
            for each in missing
        )
    ):
        yield BlockProblem(
            FindingKind.MISSING_REVISION,
            "the transaction touched a document of which the block has at most a hash",
        )
    if deleted and any(
        each.document_id in deleted
        and (writes := writes_to(info, each)) is not None
        and not writes.deletes
        for each in touched
    ):
        yield BlockProblem(
            FindingKind.REVISION_HASH,
            "a revision is a delete, but no statement of the transaction deletes the document",
        )


def _can_lack_revisions(block: Block, documents: Collection[str]) -> bool:
    """Return whether a block has hashes in which the revision of a document can be hidden.

    A document that one transaction inserts and deletes may have no revision, so that the list of
    documents alone proves nothing.
    """
    if len(block.revisions) > len(documents):
        return True
    return (
        not block.revisions
        and len(block.entries) == GENUINE_ENTRIES
        and bool(block.entries[REVISIONS_ENTRY])
    )

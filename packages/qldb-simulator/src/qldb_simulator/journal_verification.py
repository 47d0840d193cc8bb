"""Verifies a simulated journal, including what its hashes do not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.block_entries import entry_hashes
from qldb_simulator.hash_chain import block_faults

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qldb_simulator.blocks import Block


def journal_faults(blocks: Iterable[Block], *, strand_id: str) -> list[str]:
    """Return the faults of a journal: wrong hashes, and faults that hashes do not cover.

    Parameters
    ----------
    blocks
        All blocks of the journal.
    strand_id
        Id of the journal's only strand.

    Returns
    -------
    list of str
        Faults by block and field; empty for a sound journal.
    """
    faults = []
    previous = b""
    for position, block in enumerate(blocks):
        found = block_faults(block.to_ion())
        found += _own_faults(block, strand_id=strand_id, position=position)
        if block.previous_block_hash != previous:
            found.append("previousBlockHash")
        previous = block.block_hash
        faults += [f"block {position}: {fault}" for fault in found]
    return faults


def _own_faults(block: Block, *, strand_id: str, position: int) -> list[str]:
    """Return faults that QLDB's rules do not cover, so that a change of any field is detected."""
    faults = []
    expected = entry_hashes(
        strand_id=strand_id,
        sequence_no=position,
        transaction_id=block.transaction_id,
        block_timestamp=block.block_timestamp,
        revisions=block.revisions,
        transaction_info=block.transaction_info,
        redaction_info=block.redaction_info,
    )
    if block.entries_hash_list != expected:
        faults.append("entriesHashList")
    if (block.strand_id, block.sequence_no) != (strand_id, position):
        faults.append("blockAddress")
    documents = block.transaction_info.get("documents", {})
    if set(documents) != {revision.document_id for revision in block.documents}:
        faults.append("transactionInfo: documents")
        return faults
    for number, revision in enumerate(block.documents):
        listed = documents[revision.document_id]
        if (revision.strand_id, revision.sequence_no) != (strand_id, position):
            faults.append(f"document {number}: blockAddress")
        if revision.tx_id != block.transaction_id:
            faults.append(f"document {number}: txId")
        if (revision.table_name, revision.table_id) != (listed["tableName"], listed["tableId"]):
            faults.append(f"document {number}: tableInfo")
    return faults

"""QLDB's rules for the hashes of revisions, statements and journal blocks.

The rules verify the genuine blocks and revisions that the tests read; docstrings mention
cases without a genuine sample (deletes, redactions, the first block).
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.merkle import dot, merkle_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def revision_hash(metadata: object, *, data: object = None, data_hash: bytes = b"") -> bytes:
    """Hash a revision: its metadata combined with its data, or with the hash of redacted data.

    No genuine delete is known. A deleted revision is hashed with the Ion value ``null`` as data.

    Parameters
    ----------
    metadata
        Ion struct of id, version, txTime and txId.
    data
        The document, None for a delete.
    data_hash
        Ion hash of the removed document; given for a redacted revision only.
    """
    return dot(ion_hash(metadata), data_hash or ion_hash(data))


def statement_digest(text: str, parameters: Iterable[object] = ()) -> bytes:
    """Return the digest of a statement: its text combined with each bound parameter in turn.

    Holds for the genuine statements without and with one parameter.
    """
    return reduce(dot, map(ion_hash, parameters), ion_hash(text))


def block_hash(entries_hashes: Iterable[bytes], previous_block_hash: bytes) -> bytes:
    """Hash a block from its entries and the block before (empty for a ledger's first block)."""
    return dot(merkle_root(entries_hashes), previous_block_hash)


def block_faults(block: Mapping[str, Any]) -> list[str]:
    """Check one block in the form of GetBlock and S3 exports, or a stream's BLOCK_SUMMARY payload.

    The rules are those of AWS's Java sample: each revision's hash, their Merkle root and the hashes
    of transactionInfo and redactionInfo among the entries, the entries' root, the block's hash.

    Returns
    -------
    list of str
        Faults by field; empty for a sound block.
    """
    faults = []
    entries = [bytes(entry) for entry in block["entriesHashList"]]
    summaries = block.get("revisions") or block.get("revisionSummaries") or []
    faults += [
        f"revision {position}: hash"
        for position, revision in enumerate(block.get("revisions") or ())
        if not _revision_verifies(revision)
    ]
    if summaries and merkle_root(bytes(item["hash"]) for item in summaries) not in entries:
        faults.append("entriesHashList: revisions")
    faults += [
        f"entriesHashList: {name}"
        for name in ("transactionInfo", "redactionInfo")
        if block.get(name) is not None and ion_hash(block[name]) not in entries
    ]
    if merkle_root(entries) != bytes(block["entriesHash"]):
        faults.append("entriesHash")
    previous = bytes(block["previousBlockHash"])
    if dot(bytes(block["entriesHash"]), previous) != bytes(block["blockHash"]):
        faults.append("blockHash")
    return faults


def chain_faults(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the faults of consecutive blocks that do not contain the hash of the previous one."""
    return [
        f"block {block['blockAddress']['sequenceNo']}: previousBlockHash"
        for before, block in pairwise(blocks)
        if bytes(block["previousBlockHash"]) != bytes(before["blockHash"])
    ]


def _revision_verifies(revision: Mapping[str, Any]) -> bool:
    metadata = revision.get("metadata")
    if metadata is None:
        # Only the hash of a system revision is known.
        return True
    data_hash = bytes(revision.get("dataHash") or b"")
    expected = revision_hash(metadata, data=revision.get("data"), data_hash=data_hash)
    return expected == bytes(revision["hash"])

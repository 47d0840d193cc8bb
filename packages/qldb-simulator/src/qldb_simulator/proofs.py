"""The operations GetDigest, GetBlock and GetRevision, with their proofs.

The digest is the Merkle root of all block hashes up to a tip. A block's proof starts beside its
hash. A revision's proof first passes through its block: revisions, entries, the previous block. The
genuine pair of proofs in the tests is built in this way (QLDB developer guide, "Data
verification").
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.exceptions import IonException

from qldb_simulator.api_errors import invalid, not_found
from qldb_simulator.block_entries import REVISIONS_ENTRY
from qldb_simulator.merkle import merkle_proof, merkle_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qldb_simulator.blocks import Block
    from qldb_simulator.resources import LedgerResource


def get_digest(ledger: LedgerResource) -> dict[str, Any]:
    """GetDigest: at the latest block."""
    blocks = ledger.read_blocks(0, ledger.count_blocks())
    if not blocks:
        raise not_found("Block", "0")
    digest = merkle_root(block.block_hash for block in blocks)
    return {
        "Digest": base64.b64encode(digest).decode(),
        "DigestTipAddress": _holder(blocks[-1].block_address),
    }


def get_block(ledger: LedgerResource, body: Mapping[str, Any]) -> dict[str, Any]:
    """GetBlock: with a proof when a digest's tip is given."""
    blocks, block, has_tip = _find(ledger, body)
    answer = {"Block": _holder(block.to_ion())}
    if has_tip:
        answer["Proof"] = _holder(_block_proof(blocks, block))
    return answer


def get_revision(ledger: LedgerResource, body: Mapping[str, Any]) -> dict[str, Any]:
    """GetRevision: with a proof when a digest's tip is given."""
    blocks, block, has_tip = _find(ledger, body)
    document_id = body.get("DocumentId")
    for position, revision in enumerate(block.revisions):
        if getattr(revision, "document_id", None) != document_id or document_id is None:
            continue
        answer = {"Revision": _holder(revision.to_ion())}
        if has_tip:
            inside = [
                *merkle_proof([item.hash for item in block.revisions], position),
                *merkle_proof(block.entries_hash_list, REVISIONS_ENTRY),
            ]
            before = [block.previous_block_hash] if block.previous_block_hash else []
            answer["Proof"] = _holder([*inside, *before, *_block_proof(blocks, block)])
        return answer
    raise not_found("Document", str(document_id))


def _find(ledger: LedgerResource, body: Mapping[str, Any]) -> tuple[list[Block], Block, bool]:
    """Return the blocks up to the tip, the requested block, and whether there is a tip."""
    blocks = ledger.read_blocks(0, ledger.count_blocks())
    wanted = _sequence_no(ledger, body, "BlockAddress")
    if wanted is None:
        raise invalid("BlockAddress", "is required")
    tip = _sequence_no(ledger, body, "DigestTipAddress")
    if wanted >= len(blocks):
        raise not_found("Block", str(wanted))
    if tip is not None and not wanted <= tip < len(blocks):
        raise invalid(
            "DigestTipAddress", "expected a committed block, not before the requested one"
        )
    return blocks if tip is None else blocks[: tip + 1], blocks[wanted], tip is not None


def _sequence_no(ledger: LedgerResource, body: Mapping[str, Any], name: str) -> int | None:
    holder = body.get(name)
    if holder is None:
        return None
    try:
        address = simpleion.loads(holder["IonText"])
        number, strand_id = address["sequenceNo"], address["strandId"]
    except (IonException, KeyError, TypeError, ValueError):
        raise invalid(name, "expected a block address in Ion") from None
    if strand_id != ledger.journal.strand_id or not isinstance(number, int) or number < 0:
        raise invalid(name, "expected an address in this ledger's strand")
    return int(number)


def _block_proof(blocks: Sequence[Block], block: Block) -> list[bytes]:
    return merkle_proof([item.block_hash for item in blocks], block.sequence_no)


def _holder(value: object) -> dict[str, str]:
    return {"IonText": simpleion.dumps(value, binary=False, omit_version_marker=True)}

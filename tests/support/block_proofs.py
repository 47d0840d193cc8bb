"""Proofs of blocks of a simulated ledger, in the form in which former users keep them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from qldb_simulator import merkle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.blocks import Block


def proofs_of(blocks: Sequence[Block], position: int) -> bytes:
    """Return the file that the migration sample writes: a digest, and the proof of one block.

    Parameters
    ----------
    blocks
        All blocks of the ledger.
    position
        Which of them is proven.
    """
    hashes = [block.block_hash for block in blocks]
    strand = blocks[0].strand_id
    return json.dumps(
        {
            "Ledger": "registry",
            "Digest": base64.b64encode(merkle.merkle_root(hashes)).decode(),
            "DigestTipAddress": {"strandId": strand, "sequenceNo": len(blocks) - 1},
            "Export": "1XTAdzxh1X4KNZlUyBKwR0",
            "LastBlockNum": position,
            "Proof": [
                base64.b64encode(each).decode() for each in merkle.merkle_proof(hashes, position)
            ],
        }
    ).encode()

"""Merkle trees and proofs of QLDB's journal.

Source: QLDB developer guide, "Data verification in Amazon QLDB", and AWS's Java sample
(``Verifier.java``), of which the genuine blocks and proofs in the tests confirm each rule.
"""

from __future__ import annotations

import hashlib
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
"""Length of every hash in a journal (SHA-256)."""

_SIGNED_ORDER = bytes((byte + 128) % 256 for byte in range(256))
"""Maps bytes so that their unsigned order is the order of the signed ones."""


def dot(left: bytes, right: bytes) -> bytes:
    """Return the combination of two hashes: the hash of both, the smaller one first.

    Bytes are compared as signed numbers, from the last to the first. If a hash is empty, the result
    is the other one.
    """
    if not left:
        return right
    if not right:
        return left
    if left[::-1].translate(_SIGNED_ORDER) < right[::-1].translate(_SIGNED_ORDER):
        return hashlib.sha256(left + right).digest()
    return hashlib.sha256(right + left).digest()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root: pairs are combined until one is left, an odd one moves up as it is.

    Returns
    -------
    bytes
        The root; empty for no hashes.
    """
    level = hashes
    while len(level) > 1:
        pairs = [dot(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs if len(level) % 2 == 0 else [*pairs, level[-1]]
    return level[0] if level else b""


def digest_from_proof(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """Return the digest to which a proof leads from the hash of a block or of a revision."""
    return reduce(dot, proof, leaf)

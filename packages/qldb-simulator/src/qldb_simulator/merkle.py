"""Merkle trees and proofs, as in "Data verification in Amazon QLDB"."""

from __future__ import annotations

import hashlib
from functools import reduce
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SIGNED_ORDER: Final = bytes((byte + 128) % 256 for byte in range(256))


def dot(left: bytes, right: bytes) -> bytes:
    """Return the combination of two hashes.

    The smaller one comes first; bytes are compared as SIGNED numbers, from the last to the first.
    If one of them is empty, the result is the other one.
    """
    if not left:
        return right
    if not right:
        return left
    first, second = (left, right) if _signed_key(left) < _signed_key(right) else (right, left)
    return hashlib.sha256(first + second).digest()


def merkle_root(hashes: Iterable[bytes]) -> bytes:
    """Combine hashes pairwise with `dot` until one is left; an odd one is carried up.

    Returns
    -------
    bytes
        The root; empty for no hashes.
    """
    level = list(hashes)
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else b""


def merkle_proof(hashes: Sequence[bytes], position: int) -> list[bytes]:
    """Return the hashes that connect one of several hashes with their Merkle root.

    ``digest_from_proof(hashes[position], merkle_proof(hashes, position))`` is their root.
    """
    proof = []
    level = hashes
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level, position = _level_above(level), position // 2
    return proof


def digest_from_proof(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """Return the digest that results from the hash of a block or revision and its proof."""
    return reduce(dot, proof, leaf)


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """Return `dot` of each pair, an odd last one unchanged."""
    pairs = [dot(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs if len(level) % 2 == 0 else [*pairs, level[-1]]


def _signed_key(value: bytes) -> bytes:
    # Shifting each byte by half its range makes Python's unsigned comparison a signed one.
    return value[::-1].translate(_SIGNED_ORDER)

"""A ledger's digest over many blocks, in little memory."""

from __future__ import annotations

from functools import reduce

from qldb_simulator.merkle import dot


class HashTree:
    """The Merkle tree of hashes that come one after the other.

    Only the roots of complete subtrees are kept, so the memory grows with the logarithm of the
    number of hashes. The results are those of qldb_simulator's `merkle_root` and `merkle_proof`.
    """

    def __init__(self) -> None:
        self._count = 0
        self._roots: list[bytes] = []
        self._last_siblings: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a hash at the end."""
        self._last_siblings = []
        root, size = leaf, 1
        while self._count & size:
            sibling = self._roots.pop()
            self._last_siblings.append(sibling)
            root = dot(sibling, root)
            size *= 2
        self._roots.append(root)
        self._count += 1

    def digest(self) -> bytes:
        """Return the root of all hashes; empty for none."""
        return reduce(lambda right, left: dot(left, right), reversed(self._roots), b"")

    def last_proof(self) -> list[bytes]:
        """Return the hashes that connect the last hash with the digest."""
        return [*self._last_siblings, *reversed(self._roots[:-1])]

"""Hashes are combined as QLDB combines them: held to the simulator's own implementation."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qldb_simulator import merkle as reference

from journal.merkle import HASH_BYTES, digest_from_proof, dot, merkle_root

hashes = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)


@given(hashes, hashes)
def test_two_hashes_are_combined_in_either_order(one: bytes, other: bytes) -> None:
    assert dot(one, other) == dot(other, one) == reference.dot(one, other)


def test_bytes_are_compared_as_signed_numbers_from_the_last() -> None:
    low, high = bytes(31) + b"\x80", bytes(31) + b"\x7f"

    assert dot(high, low) == sha256(low + high).digest()


@pytest.mark.parametrize(("one", "other"), [(b"", b"x"), (b"x", b""), (b"", b"")])
def test_an_empty_hash_leaves_the_other_one(one: bytes, other: bytes) -> None:
    assert dot(one, other) == one + other


@given(st.lists(hashes, max_size=20))
def test_the_root_of_any_number_of_hashes(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == reference.merkle_root(leaves)


@given(st.lists(hashes, min_size=1, max_size=20), st.data())
def test_a_proof_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(leaves) - 1))
    proof = reference.merkle_proof(leaves, position)

    assert digest_from_proof(leaves[position], proof) == merkle_root(leaves)

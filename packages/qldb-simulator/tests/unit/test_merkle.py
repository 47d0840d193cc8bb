"""The combination of hashes verifies the proofs that are publicly known."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qldb_simulator.hash_chain import revision_hash
from qldb_simulator.ion_hash import HASH_BYTES, sha256
from qldb_simulator.merkle import digest_from_proof, dot, merkle_proof, merkle_root

from tests.support import genuine

if TYPE_CHECKING:
    from pathlib import Path

hashes = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)


@settings(deadline=None)  # another process may have the CPU
@given(hashes, hashes)
def test_dot_orders_by_signed_bytes_from_the_last(left: bytes, right: bytes) -> None:
    def signed(value: bytes) -> list[int]:
        return [byte - 256 if byte > 127 else byte for byte in reversed(value)]

    first, second = sorted((left, right), key=signed)

    assert dot(left, right) == dot(right, left) == sha256(first + second)


def test_a_missing_hash_leaves_the_other_one() -> None:
    assert dot(b"", b"x") == b"x" == dot(b"x", b"")


def test_merkle_root_carries_the_odd_one_up() -> None:
    a, b, c = (sha256(bytes((number,))) for number in range(3))

    assert merkle_root([]) == b""
    assert merkle_root([a]) == a
    assert merkle_root([a, b, c]) == dot(dot(a, b), c)


@settings(deadline=None)  # another process may have the CPU
@given(st.lists(hashes, min_size=1, max_size=40), st.data())
def test_a_merkle_proof_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(leaves) - 1))

    proof = merkle_proof(leaves, position)

    assert digest_from_proof(leaves[position], proof) == merkle_root(leaves)


@pytest.fixture
def digest(shared_data: Path) -> bytes:
    return base64.b64decode(genuine.command_output(shared_data, "get-digest")["Digest"])


def test_the_genuine_block_leads_to_the_digest(shared_data: Path, digest: bytes) -> None:
    answer = genuine.command_output(shared_data, "get-block")
    block = genuine.ion(answer["Block"])

    assert digest_from_proof(block["blockHash"], genuine.ion(answer["Proof"])) == digest


def test_the_genuine_revision_leads_to_the_digest(shared_data: Path, digest: bytes) -> None:
    answer = genuine.command_output(shared_data, "get-revision")
    revision = genuine.ion(answer["Revision"])

    assert digest_from_proof(revision["hash"], genuine.ion(answer["Proof"])) == digest
    assert revision_hash(revision["metadata"], data=revision["data"]) == revision["hash"]


def test_genuine_proofs_lead_through_the_block_as_the_simulated_ones_do(
    shared_data: Path,
) -> None:
    answer = genuine.command_output(shared_data, "get-block")
    block, block_proof = genuine.ion(answer["Block"]), genuine.ion(answer["Proof"])
    revision_proof = genuine.ion(genuine.command_output(shared_data, "get-revision")["Proof"])

    inside = merkle_proof([bytes(entry) for entry in block["entriesHashList"]], 1)

    assert revision_proof == [*inside, block["previousBlockHash"], *block_proof]


def _proof_leads_to_digest(ledger_metadata: dict[str, Any]) -> bool:
    leaf = base64.b64decode(ledger_metadata["RevisionHash"])
    expected = base64.b64decode(ledger_metadata["LedgerDigest"]["Digest"])
    return digest_from_proof(leaf, genuine.ion(ledger_metadata["Proof"])) == expected


def test_a_genuine_proof_verifies(shared_data: Path) -> None:
    event = json.loads((shared_data / "history" / "verifyEvent.json").read_text())

    assert _proof_leads_to_digest(event["ledgerMetadata"])


def test_an_edited_genuine_proof_does_not_verify(shared_data: Path) -> None:
    edited = json.loads((shared_data / "history" / "sampleLedgerInfo.json").read_text())

    assert not _proof_leads_to_digest(edited)

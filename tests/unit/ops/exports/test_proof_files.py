"""Digests and proofs are recognized by what their files hold."""

from __future__ import annotations

import base64
import json

import pytest

from journal.exports.block import Address
from ops.exports.proof_files import ProofFileKind, may_be_proof_file, proof_file

STRAND = "KmA3ZZca7vAIiJAK9S5Iwl"
DIGEST, ONE, TWO = bytes(range(32)), b"1" * 32, b"2" * 32
TIP = {"strandId": STRAND, "sequenceNo": 123}


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_the_proofs_of_the_migration_sample_are_for_the_exports_last_block() -> None:
    content = json.dumps(
        {
            "Ledger": "registry",
            "Digest": b64(DIGEST),
            "DigestTipAddress": TIP,
            "Export": "1XTAdzxh1X4KNZlUyBKwR0",
            "LastBlockNum": 100,
            "LastBlockTimestamp": "2021-02-03T04:05:06.007Z",
            "Proof": [b64(ONE), b64(TWO)],
        }
    ).encode()
    assert may_be_proof_file(content)
    found = proof_file(content)
    assert found is not None
    assert found.kind is ProofFileKind.BLOCK
    assert found.digest == DIGEST
    assert found.tip == Address(STRAND, 123)
    assert found.proof == (ONE, TWO)
    assert found.place == Address(STRAND, 100)
    assert found.ledger == "registry"
    assert found.date == "2021-02-03T04:05:06.007Z"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"digest": "' + b"A" * 42 + b'"}',
        b'{"digest": 5}',
        b'{"digest": "not base64 of a hash"}',
        b'{"Proof": ["' + b"A" * 10 + b'"]}',
        b'{"Proof": 5}',
        b'{"name": "Digest"}',
        b'{"Block": "x", "Digest": "x"}',
        b'{"ledgerMetadata": 5}',
        b"Digest",
    ],
)
def test_what_holds_no_digest_and_no_proof_is_none(content: bytes) -> None:
    assert proof_file(content) is None


def test_other_files_are_not_worth_reading() -> None:
    assert not may_be_proof_file(b'{"blockAddress":{"strandId":"x"},"blockHash":"x"}')

"""Digests and proofs are recognized by what their files hold."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from journal.exports.block import Address
from journal.ion.structure import blob_field, struct
from ops.exports.proof_files import ProofFileKind, may_be_proof_file, proof_file
from tests.support.genuine import cli_output

if TYPE_CHECKING:
    from pathlib import Path

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


TIP_TEXT = f'{{strandId:"{STRAND}",sequenceNo:123}}'
"""As GetDigest and the console tell it."""


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            {"Digest": b64(DIGEST), "DigestTipAddress": {"IonText": TIP_TEXT}}, id="GetDigest"
        ),
        pytest.param(
            {"digest": b64(DIGEST), "digestTipAddress": TIP_TEXT, "ledger": "registry"},
            id="the console",
        ),
    ],
)
def test_a_digest_is_found_with_its_tip(content: dict[str, object]) -> None:
    found = proof_file(json.dumps(content).encode())
    assert found is not None
    assert found.kind is ProofFileKind.DIGEST
    assert (found.digest, found.tip, found.proof) == (DIGEST, Address(STRAND, 123), None)


def test_a_digest_may_be_ion_text() -> None:
    content = f"{{digest: {{{{{b64(DIGEST)}}}}}, digestTipAddress: {TIP_TEXT}, ledger: 'x'}}"
    found = proof_file(content.encode())
    assert found is not None
    assert (found.digest, found.tip, found.ledger) == (DIGEST, Address(STRAND, 123), "x")


def test_the_proof_of_a_block_is_found_with_the_block() -> None:
    block = f'{{blockAddress:{{strandId:"{STRAND}",sequenceNo:100}},blockHash:{{{{{b64(ONE)}}}}}}}'
    proof = f"[{{{{{b64(ONE)}}}}},{{{{{b64(TWO)}}}}}]"
    content = {"Block": {"IonText": block}, "Proof": {"IonText": proof}}
    found = proof_file(json.dumps(content).encode())
    assert found is not None
    assert found.kind is ProofFileKind.BLOCK
    assert (found.place, found.proof) == (Address(STRAND, 100), (ONE, TWO))
    assert found.block is not None
    assert blob_field(struct(found.block), "blockHash") == ONE


def test_the_proof_of_a_revision_is_found_with_the_revision() -> None:
    revision = f'{{blockAddress:{{strandId:"{STRAND}",sequenceNo:7}},metadata:{{id:"x"}}}}'
    content = {"Proof": {"IonText": f"[{{{{{b64(ONE)}}}}}]"}, "Revision": {"IonText": revision}}
    found = proof_file(json.dumps(content).encode())
    assert found is not None
    assert found.kind is ProofFileKind.REVISION
    assert (found.place, found.proof) == (Address(STRAND, 7), (ONE,))
    assert found.revision is not None


def test_genuine_responses_of_the_aws_cli_are_recognized(shared_data: Path) -> None:
    # given the outputs in AWS's examples
    names = ("digest", "block", "revision")
    outputs = {name: cli_output(shared_data, f"get-{name}") for name in names}
    # when
    found = {name: proof_file(content) for name, content in outputs.items()}
    # then
    digest, block, revision = found["digest"], found["block"], found["revision"]
    assert digest is not None
    assert block is not None
    assert revision is not None
    assert digest.kind is ProofFileKind.DIGEST
    assert digest.tip == Address(STRAND, 123)
    assert b64(digest.digest or b"") == "6m6BMXobbJKpMhahwVthAEsN6awgnHK62Qq5McGP1Gk="
    assert (block.kind, block.place) == (ProofFileKind.BLOCK, Address(STRAND, 100))
    assert len(block.proof or ()) == 7
    assert (revision.kind, revision.place) == (ProofFileKind.REVISION, Address(STRAND, 100))
    assert all(may_be_proof_file(content[:64]) for content in outputs.values())


@pytest.mark.parametrize("name", ["verifyEvent", "sampleLedgerInfo"])
def test_genuine_proofs_with_their_digest_are_recognized(shared_data: Path, name: str) -> None:
    found = proof_file((shared_data / "history" / f"{name}.json").read_bytes())
    assert found is not None
    assert found.kind is ProofFileKind.REVISION
    assert found.proof
    assert found.digest is not None
    assert found.tip is not None
    assert found.place is not None
    assert found.place.strand_id == found.tip.strand_id
    assert found.revision_hash is not None
    assert found.document_id is not None


def test_a_genuine_revision_is_recognized(shared_data: Path) -> None:
    found = proof_file((shared_data / "history" / "sampleRevisionResponse.json").read_bytes())
    assert found is not None
    assert found.kind is ProofFileKind.REVISION
    assert len(found.proof or ()) == 11
    assert found.revision is not None


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

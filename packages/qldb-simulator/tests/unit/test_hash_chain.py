"""QLDB's hash rules on everything genuine that is publicly known: block, revisions, proofs, digest.

Cannot prove the rules for deletes, redactions or the first block of a ledger: no genuine one is
known.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from hypothesis import given, settings
from hypothesis import strategies as st
from qldb_simulator.hash_chain import (
    block_faults,
    chain_faults,
    digest_from_proof,
    merkle_proof,
    revision_hash,
    statement_digest,
)
from qldb_simulator.ion_hash import merkle_root

from tests.support import genuine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    IonStruct = dict[str, Any]


@pytest.fixture
def block(shared_data: Path) -> IonStruct:
    struct: IonStruct = genuine.ion(genuine.command_output(shared_data, "get-block")["Block"])
    return struct


@pytest.fixture
def digest(shared_data: Path) -> bytes:
    return base64.b64decode(genuine.command_output(shared_data, "get-digest")["Digest"])


def _payloads(shared_data: Path) -> list[Any]:
    records = genuine.user_records(genuine.kinesis_data(shared_data))
    return [simpleion.loads(data)["payload"] for _, data in records]


def test_the_genuine_block_verifies(block: IonStruct) -> None:
    assert block_faults(block) == []


def test_the_genuine_block_summary_and_its_revision_verify(shared_data: Path) -> None:
    summary, details = _payloads(shared_data)
    revision = details["revision"]

    assert block_faults(summary) == []
    assert revision_hash(revision["metadata"], data=revision["data"]) == revision["hash"]
    assert summary["revisionSummaries"][0]["hash"] == revision["hash"]


def test_block_and_revision_lead_to_the_digest(
    shared_data: Path, block: IonStruct, digest: bytes
) -> None:
    block_answer = genuine.command_output(shared_data, "get-block")
    revision_answer = genuine.command_output(shared_data, "get-revision")
    revision = genuine.ion(revision_answer["Revision"])

    assert digest_from_proof(block["blockHash"], genuine.ion(block_answer["Proof"])) == digest
    assert digest_from_proof(revision["hash"], genuine.ion(revision_answer["Proof"])) == digest
    assert revision_hash(revision["metadata"], data=revision["data"]) == revision["hash"]


def test_genuine_proofs_lead_through_the_block_as_the_simulated_ones_do(
    shared_data: Path, block: IonStruct
) -> None:
    block_proof = genuine.ion(genuine.command_output(shared_data, "get-block")["Proof"])
    revision_proof = genuine.ion(genuine.command_output(shared_data, "get-revision")["Proof"])

    inside = merkle_proof([bytes(entry) for entry in block["entriesHashList"]], 1)

    assert revision_proof == [*inside, block["previousBlockHash"], *block_proof]


@settings(deadline=None)  # another process may have the processor
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_a_merkle_proof_leads_to_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(hashes) - 1))

    proof = merkle_proof(hashes, position)

    assert digest_from_proof(hashes[position], proof) == merkle_root(hashes)


def test_a_genuine_history_in_json_verifies(shared_data: Path) -> None:
    """Ledger and documents hold strings only, so JSON lost nothing but the type of txTime."""
    history = json.loads((shared_data / "history" / "sampleHistory.json").read_text())["response"]
    assert len(history) == 2
    for revision in history:
        metadata = revision["metadata"]
        metadata["txTime"] = simpleion.loads(metadata["txTime"])

        expected = base64.b64decode(revision["hash"])
        assert revision_hash(metadata, data=revision["data"]) == expected


def test_a_genuine_revision_of_version_13_verifies(shared_data: Path) -> None:
    answer = json.loads((shared_data / "history" / "sampleRevisionResponse.json").read_text())
    revision = genuine.ion(answer["Revision"])

    assert revision["metadata"]["version"] == 13
    assert revision_hash(revision["metadata"], data=revision["data"]) == revision["hash"]


def _proof_leads_to_digest(ledger_metadata: dict[str, Any]) -> bool:
    leaf = base64.b64decode(ledger_metadata["RevisionHash"])
    expected = base64.b64decode(ledger_metadata["LedgerDigest"]["Digest"])
    return digest_from_proof(leaf, genuine.ion(ledger_metadata["Proof"])) == expected


def test_a_genuine_proof_verifies_and_an_edited_one_does_not(shared_data: Path) -> None:
    good = json.loads((shared_data / "history" / "verifyEvent.json").read_text())
    edited = json.loads((shared_data / "history" / "sampleLedgerInfo.json").read_text())

    assert _proof_leads_to_digest(good["ledgerMetadata"])
    assert not _proof_leads_to_digest(edited)


def test_genuine_statement_digests_without_and_with_a_parameter(
    shared_data: Path, block: IonStruct
) -> None:
    literal = block["transactionInfo"]["statements"][0]
    summary, details = _payloads(shared_data)
    parameterised = summary["transactionInfo"]["statements"][0]
    document = details["revision"]["data"]

    assert statement_digest(literal["statement"]) == literal["statementDigest"]
    assert parameterised["statement"].endswith("?")
    assert (
        statement_digest(parameterised["statement"], [document]) == parameterised["statementDigest"]
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda b: b["revisions"][0]["data"].__setitem__("City", "Other"), "revision 0: hash"),
        (lambda b: b["revisions"][0]["metadata"].__setitem__("version", 4), "revision 0: hash"),
        (
            lambda b: b["transactionInfo"]["statements"][0].__setitem__("statement", "x"),
            "entriesHashList: transactionInfo",
        ),
        (
            lambda b: b["revisions"][0].__setitem__("hash", bytes(32)),
            "entriesHashList: revisions",
        ),
        (
            lambda b: b.__setitem__("redactionInfo", {"revisions": []}),
            "entriesHashList: redactionInfo",
        ),
        (lambda b: b["entriesHashList"].__setitem__(0, bytes(32)), "entriesHash"),
        (lambda b: b.__setitem__("entriesHash", bytes(32)), "entriesHash"),
        (lambda b: b.__setitem__("previousBlockHash", bytes(32)), "blockHash"),
        (lambda b: b.__setitem__("blockHash", bytes(32)), "blockHash"),
    ],
)
def test_a_change_of_the_genuine_block_is_found(
    block: IonStruct, change: Callable[[IonStruct], None], fault: str
) -> None:
    change(block)

    assert fault in block_faults(block)


def test_a_break_in_the_chain_is_found() -> None:
    def block(number: int, own: bytes, previous: bytes) -> dict[str, Any]:
        return {
            "blockAddress": {"sequenceNo": number},
            "blockHash": own,
            "previousBlockHash": previous,
        }

    chain = [block(0, b"a", b""), block(1, b"b", b"a"), block(2, b"c", b"x")]

    assert chain_faults(chain[:2]) == []
    assert chain_faults(chain) == ["block 2: previousBlockHash"]

"""QLDB's hash rules verify everything genuine that is publicly known.

Cannot prove the rules for deletes, redactions or the first block of a ledger: no genuine one is
known.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.hash_chain import (
    block_faults,
    chain_faults,
    revision_hash,
    statement_digest,
)

from tests.support import genuine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    IonStruct = dict[str, Any]


@pytest.fixture
def block(shared_data: Path) -> IonStruct:
    struct: IonStruct = genuine.ion(genuine.command_output(shared_data, "get-block")["Block"])
    return struct


def test_the_genuine_block_verifies(block: IonStruct) -> None:
    assert block_faults(block) == []


def test_the_genuine_block_summary_and_its_revision_verify(shared_data: Path) -> None:
    summary, details = genuine.stream_payloads(shared_data)
    revision = details["revision"]

    assert block_faults(summary) == []
    assert revision_hash(revision["metadata"], data=revision["data"]) == revision["hash"]
    assert summary["revisionSummaries"][0]["hash"] == revision["hash"]


def test_a_genuine_history_in_json_verifies(shared_data: Path) -> None:
    """Ledger and documents contain only strings, so JSON lost only the type of txTime."""
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


def test_genuine_statements_without_and_with_a_parameter_have_their_digests(
    shared_data: Path, block: IonStruct
) -> None:
    literal = block["transactionInfo"]["statements"][0]
    summary, details = genuine.stream_payloads(shared_data)
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

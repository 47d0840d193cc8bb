"""GetDigest, GetBlock and GetRevision: every block and revision leads to the digest."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.merkle import digest_from_proof
from qldb_simulator.operations import CreateTable, Insert

from tests.support import genuine
from tests.support.api_model import ApiModel
from tests.support.ledgers import delete, update

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.blocks import Block
    from qldb_simulator.resources import LedgerResource

    from tests.support.api import Api


@pytest.fixture
def ledger(api: Api) -> LedgerResource:
    """Two documents inserted at once, one updated, one deleted."""
    api.create_ledger("one")
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit(
        [Insert(table="Person", document={"n": 1}), Insert(table="Person", document={"n": 2})]
    )
    updated, deleted = (revision.document_id for revision in block.documents)
    ledger.commit([delete(deleted)])
    ledger.commit([update(updated, n=3)])
    return ledger


@pytest.fixture
def tip(api: Api, ledger: LedgerResource) -> dict[str, Any]:
    """Answer of GetDigest."""
    _, _, answer = api("POST", f"/ledgers/{ledger.name}/digest")
    return answer


def _digest(tip: dict[str, Any]) -> bytes:
    return base64.b64decode(tip["Digest"])


def _request(block: Block, tip: dict[str, Any]) -> dict[str, Any]:
    return {
        "BlockAddress": {"IonText": simpleion.dumps(block.block_address, binary=False)},
        "DigestTipAddress": tip["DigestTipAddress"],
    }


def test_every_block_leads_to_the_digest(
    api: Api, ledger: LedgerResource, tip: dict[str, Any]
) -> None:
    for block in ledger.journal.blocks:
        _, _, answer = api("POST", "/ledgers/one/block", _request(block, tip))

        assert ion_hash(genuine.ion(answer["Block"])) == ion_hash(block.to_ion())
        proof = genuine.ion(answer["Proof"])
        assert digest_from_proof(block.block_hash, proof) == _digest(tip)


def test_every_revision_leads_to_the_digest(
    api: Api, ledger: LedgerResource, tip: dict[str, Any]
) -> None:
    revisions = [(block, r) for block in ledger.journal.blocks for r in block.documents]
    assert len(revisions) == 4
    for block, revision in revisions:
        request = _request(block, tip) | {"DocumentId": revision.document_id}

        _, _, answer = api("POST", "/ledgers/one/revision", request)

        assert ion_hash(genuine.ion(answer["Revision"])) == ion_hash(revision.to_ion())
        proof = genuine.ion(answer["Proof"])
        assert digest_from_proof(revision.hash, proof) == _digest(tip)


def test_the_answers_have_the_models_shapes(
    api: Api, ledger: LedgerResource, tip: dict[str, Any], shared_data: Path
) -> None:
    model = ApiModel(shared_data)
    block = ledger.journal.blocks[1]
    request = _request(block, tip) | {"DocumentId": block.documents[0].document_id}

    assert model.output_misfits("GetDigest", tip) == []
    answer = api("POST", "/ledgers/one/block", request)[2]
    assert model.output_misfits("GetBlock", answer) == []
    answer = api("POST", "/ledgers/one/revision", request)[2]
    assert model.output_misfits("GetRevision", answer) == []


def test_without_a_tip_there_is_no_proof(api: Api, ledger: LedgerResource) -> None:
    block = ledger.journal.blocks[-1]
    request = {
        "BlockAddress": {"IonText": simpleion.dumps(block.block_address, binary=False)},
        "DocumentId": block.documents[0].document_id,
    }

    assert list(api("POST", "/ledgers/one/block", request)[2]) == ["Block"]
    assert list(api("POST", "/ledgers/one/revision", request)[2]) == ["Revision"]


def test_a_document_of_another_block_is_not_found(
    api: Api, ledger: LedgerResource, tip: dict[str, Any]
) -> None:
    deleting, updating = ledger.journal.blocks[-2:]
    request = _request(updating, tip) | {"DocumentId": deleting.documents[0].document_id}

    answer = api("POST", "/ledgers/one/revision", request)

    assert answer[:2] == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("address", "tip_address", "status"),
    [
        (None, None, 400),
        ("{", None, 400),
        ("{sequenceNo: 0}", None, 400),
        ("{strandId: STRAND, sequenceNo: -1}", None, 400),
        ('{strandId: "another", sequenceNo: 0}', None, 400),
        ("{strandId: STRAND, sequenceNo: 9}", None, 404),
        ("{strandId: STRAND, sequenceNo: 1}", "{strandId: STRAND, sequenceNo: 0}", 400),
        ("{strandId: STRAND, sequenceNo: 1}", "{strandId: STRAND, sequenceNo: 9}", 400),
    ],
)
def test_a_wrong_address_is_refused(
    api: Api, ledger: LedgerResource, address: str | None, tip_address: str | None, status: int
) -> None:
    def holder(text: str | None) -> dict[str, str] | None:
        strand = f'"{ledger.journal.strand_id}"'
        return None if text is None else {"IonText": text.replace("STRAND", strand)}

    request = {"BlockAddress": holder(address), "DigestTipAddress": holder(tip_address)}

    assert api("POST", "/ledgers/one/block", request)[0] == status


def test_a_ledger_without_blocks_has_no_digest(api: Api) -> None:
    api.create_ledger("one")

    assert api("POST", "/ledgers/one/digest")[:2] == (404, "ResourceNotFoundException")

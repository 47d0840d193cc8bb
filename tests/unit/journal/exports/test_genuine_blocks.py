"""Genuine blocks and revisions of QLDB verify, so the rules are QLDB's and not only ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from journal.exports.block import read_block, read_metadata, read_revision, time_text
from journal.exports.part_verification import PartVerification, TableTally
from journal.exports.part_verifier import Part, verify_part
from journal.exports.selection import Selection
from journal.ion.hashing import ion_hash
from journal.ion.text_stream import text_values
from journal.merkle import digest_from_proof, dot
from ops.exports.proof_files import ProofFile, proof_file
from tests.support.genuine import SEQUENCE_NO, STRAND, block_text, cli_output

if TYPE_CHECKING:
    from pathlib import Path


def verified(text: bytes) -> PartVerification:
    return verify_part(
        Part("key", STRAND, SEQUENCE_NO, SEQUENCE_NO, None, None),
        text_values([text]),
        selection=Selection(),
        wanted=frozenset({SEQUENCE_NO}),
        types=None,
    )


def file_of(content: bytes) -> ProofFile:
    found = proof_file(content)
    assert found is not None
    return found


def test_a_whole_block_verifies(shared_data: Path) -> None:
    result = verified(block_text(shared_data))

    assert result.findings == []
    assert list(result.tables.values()) == [TableTally(proven=1)]
    assert list(result.names.values()) == ["VehicleRegistration"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"90.25", b"90.250"),
        (b"2017-08-21", b"2017-08T"),
        (b'State:"WA"', b"State:WA"),
        (b"version:3", b"version:4"),
        (b"statements:[0]", b"statements:[1]"),
    ],
)
def test_the_same_block_with_another_value_does_not(
    shared_data: Path, old: bytes, new: bytes
) -> None:
    text = block_text(shared_data)
    assert text.count(old) == 1

    assert verified(text.replace(old, new)).findings != []


@pytest.mark.parametrize("command", ["get-block", "get-revision"])
def test_a_proof_leads_to_the_digest(shared_data: Path, command: str) -> None:
    digest = file_of(cli_output(shared_data, "get-digest")).digest
    found = file_of(cli_output(shared_data, command))
    if found.block is not None:
        leaf = read_block(found.block).block_hash
    else:
        assert found.revision is not None
        leaf = read_revision(found.revision).hash

    assert found.proof is not None
    assert digest_from_proof(leaf, found.proof) == digest


def test_a_revision_verifies(shared_data: Path) -> None:
    found = file_of(cli_output(shared_data, "get-revision"))
    assert found.revision is not None
    revision = read_revision(found.revision)
    assert revision.metadata is not None
    assert revision.data is not None

    assert dot(ion_hash(revision.metadata), ion_hash(revision.data)) == revision.hash
    metadata = read_metadata(revision.metadata)
    assert metadata.version == 3
    assert time_text(metadata.tx_time) == "2019-09-16T19:37:05.344Z"


@pytest.mark.parametrize(
    ("name", "verifies"), [("verifyEvent.json", True), ("sampleLedgerInfo.json", False)]
)
def test_a_proof_with_its_digest_is_accepted_or_refused(
    shared_data: Path,
    name: str,
    verifies: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    found = file_of((shared_data / "history" / name).read_bytes())
    assert found.proof is not None
    assert found.revision_hash is not None

    assert (digest_from_proof(found.revision_hash, found.proof) == found.digest) is verifies

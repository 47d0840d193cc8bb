"""A digest is proven only where a proof leads to it from a block that the export has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from journal.exports.block import Address
from journal.exports.findings import FindingKind
from journal.exports.journal_verification import JournalVerification
from journal.exports.part_verification import WantedBlock
from journal.merkle import digest_from_proof
from ops.exports.catalogue import FoundProof
from ops.exports.digests import digest_findings, verify_digests, wanted_blocks
from ops.exports.proof_files import ProofFile, ProofFileKind, proof_file
from tests.support.genuine import SEQUENCE_NO, STRAND, cli_output

if TYPE_CHECKING:
    from pathlib import Path

    from ops.exports.verification import DigestVerification

BLOCK_HASH, REVISION_HASH = b"b" * 32, b"r" * 32
PROOF = (b"1" * 32, b"2" * 32)
OF_BLOCK = digest_from_proof(BLOCK_HASH, PROOF)
OF_REVISION = digest_from_proof(REVISION_HASH, PROOF)


def address(sequence_no: int, strand_id: str = STRAND) -> Address:
    return Address(strand_id, sequence_no)


def journal() -> JournalVerification:
    found = JournalVerification()
    found.wanted = {5: WantedBlock(BLOCK_HASH, (REVISION_HASH,))}
    return found


def verify(*files: ProofFile) -> list[DigestVerification]:
    proofs = [FoundProof(f"file{number}", file) for number, file in enumerate(files)]
    return verify_digests(proofs, journal(), STRAND)


def digest(value: bytes) -> ProofFile:
    return ProofFile(ProofFileKind.DIGEST, digest=value, tip=address(9))


def block_proof(sequence_no: int = 5, strand_id: str = STRAND) -> ProofFile:
    return ProofFile(ProofFileKind.BLOCK, proof=PROOF, place=address(sequence_no, strand_id))


def revision_proof(revision_hash: bytes = REVISION_HASH) -> ProofFile:
    return ProofFile(
        ProofFileKind.REVISION, proof=PROOF, place=address(5), revision_hash=revision_hash
    )


def test_a_proof_of_a_block_of_the_export_leads_to_the_digest() -> None:
    (found,) = verify(digest(OF_BLOCK), block_proof())

    assert found.is_proven is True
    assert (found.digest_file, found.proof_file) == ("file0", "file1")
    assert (found.sequence_no, found.tip_sequence_no) == (5, 9)


def test_a_proof_of_a_revision_of_the_export_leads_to_the_digest() -> None:
    (found,) = verify(digest(OF_REVISION), revision_proof())

    assert found.is_proven is True


def test_one_file_may_have_both() -> None:
    (found,) = verify(block_proof()._replace(digest=OF_BLOCK, tip=address(9)))

    assert found.is_proven is True


def test_a_proof_chooses_the_digest_that_it_leads_to() -> None:
    found = verify(digest(b"x" * 32), digest(OF_BLOCK), block_proof())

    assert [(each.digest_file, each.is_proven) for each in found] == [
        ("file1", True),
        ("file0", None),
    ]


@pytest.mark.parametrize(
    "files",
    [
        (digest(b"x" * 32), block_proof()),
        (block_proof()._replace(digest=b"x" * 32),),
        (block_proof()._replace(digest=b"x" * 32), digest(OF_BLOCK)),
        (digest(OF_BLOCK), block_proof()._replace(proof=PROOF[:1])),
    ],
)
def test_a_proof_that_leads_elsewhere_is_a_finding(files: tuple[ProofFile, ...]) -> None:
    found = verify(*files)

    assert [each.kind for each in digest_findings(found)] == [FindingKind.DIGEST]


def test_a_revision_that_the_exports_block_does_not_have_is_a_finding() -> None:
    other = b"o" * 32

    found = verify(digest(digest_from_proof(other, PROOF)), revision_proof(other))

    assert [each.kind for each in digest_findings(found)] == [FindingKind.DIGEST]


@pytest.mark.parametrize("proof", [block_proof(6), block_proof(strand_id="another")])
def test_a_proof_of_a_block_that_the_export_lacks_proves_nothing(proof: ProofFile) -> None:
    (found,) = verify(digest(OF_BLOCK), proof)

    assert found.is_proven is None
    assert digest_findings([found]) == []


def test_a_digest_without_a_proof_proves_nothing() -> None:
    (found,) = verify(digest(OF_BLOCK))

    assert found.is_proven is None


def test_a_proof_without_a_digest_tells_where_it_leads() -> None:
    (found,) = verify(block_proof())

    assert found.is_proven is None
    assert "compare" in found.detail


def test_blocks_with_proofs_are_wanted() -> None:
    proofs = [FoundProof("a", block_proof(5)), FoundProof("b", digest(OF_BLOCK))]

    assert wanted_blocks(proofs) == {5}


def test_the_genuine_negative_is_refused_and_the_genuine_positive_is_not(
    shared_data: Path,
) -> None:
    for name, is_refused in (("sampleLedgerInfo.json", True), ("verifyEvent.json", False)):
        file = proof_file((shared_data / "history" / name).read_bytes())
        assert file is not None

        assert bool(digest_findings(verify(file))) is is_refused


def test_genuine_proofs_without_their_block_are_sound_but_prove_nothing_of_the_export(
    shared_data: Path,
) -> None:
    files = [
        proof_file(cli_output(shared_data, command))
        for command in ("get-digest", "get-block", "get-revision")
    ]

    found = verify(*[file for file in files if file is not None])

    assert [each.is_proven for each in found] == [None, None]
    assert {each.sequence_no for each in found} == {SEQUENCE_NO}
    assert all("leads to the digest, but" in each.detail for each in found)


def findings(*proofs: FoundProof) -> list[FindingKind]:
    digests = verify_digests(proofs, journal(), STRAND)
    return [each.kind for each in digest_findings(digests, proofs)]


@pytest.mark.parametrize(
    "files",
    [
        [digest(OF_BLOCK)],
        [digest(OF_BLOCK), block_proof(6)],
        [digest(OF_BLOCK), block_proof(strand_id="another")],
        [block_proof(6)._replace(digest=OF_BLOCK)],
    ],
)
def test_a_digest_that_the_user_gave_has_to_be_proven(files: list[ProofFile]) -> None:
    given = [FoundProof(f"file{at}", file, is_given=True) for at, file in enumerate(files)]

    assert findings(*given) == [FindingKind.DIGEST]


def test_a_given_digest_is_not_replaced_by_one_that_lies_beside_the_export() -> None:
    given = FoundProof("given", digest(b"x" * 32), is_given=True)
    beside = FoundProof("beside", block_proof()._replace(digest=OF_BLOCK))

    assert findings(beside, given) == [FindingKind.DIGEST]


def test_a_given_digest_may_be_proven_by_a_proof_that_lies_beside_the_export() -> None:
    given = FoundProof("given", digest(OF_BLOCK), is_given=True)

    assert findings(FoundProof("beside", block_proof()), given) == []


def test_a_given_proof_without_any_digest_is_no_finding() -> None:
    assert findings(FoundProof("given", block_proof(), is_given=True)) == []


def test_of_two_files_with_one_digest_the_first_is_named() -> None:
    (found,) = verify(digest(OF_BLOCK), digest(OF_BLOCK), block_proof())

    assert found.digest_file == "file0"

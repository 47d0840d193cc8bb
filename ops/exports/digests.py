"""Digests: whether the proofs lead to them from the blocks of an export."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError
from journal.exports.block import read_block, read_revision
from journal.exports.findings import Finding, FindingKind
from journal.merkle import digest_from_proof
from ops.exports.proof_files import ProofFile, ProofFileKind
from ops.exports.verification import DigestVerification

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from journal.exports.journal_verification import JournalVerification
    from journal.exports.part_verification import WantedBlock
    from ops.exports.catalogue import FoundProof


class _Leaf(NamedTuple):
    """Where a proof starts.

    Attributes
    ----------
    hash
        Of a block or a revision; None if it is not known.
    is_exported
        Whether the export has it.
    what
        In words.
    is_other
        Whether the export has the block, but without this revision.
    """

    hash: bytes | None
    is_exported: bool
    what: str
    is_other: bool = False


def wanted_blocks(proofs: Iterable[FoundProof]) -> frozenset[int]:
    """Return the sequence numbers of the blocks for which there are proofs."""
    return frozenset(
        proof.file.place.sequence_no
        for proof in proofs
        if proof.file.proof is not None and proof.file.place is not None
    )


def verify_digests(
    proofs: Sequence[FoundProof], journal: JournalVerification, strand_id: str | None
) -> list[DigestVerification]:
    """Fold each proof, and compare the result with the digests.

    Parameters
    ----------
    proofs
        All digests and proofs, whose strand may be another one.
    journal
        The blocks that were verified.
    strand_id
        Their strand.

    Returns
    -------
    list
        One for each proof, and one for each digest that none leads to.
    """
    digests = {
        proof.file.digest: proof for proof in reversed(proofs) if proof.file.digest is not None
    }
    results = [
        _proof(proof, digests, journal, strand_id)
        for proof in proofs
        if proof.file.proof is not None
    ]
    reached = {each.digest for each in results}
    for digest, proof in digests.items():
        if _text(digest) not in reached:
            results.append(_without_proof(digest, proof))
    return results


def digest_findings(
    digests: Sequence[DigestVerification],
    proofs: Sequence[FoundProof] = (),
    journal: JournalVerification | None = None,
    strand_id: str | None = None,
) -> list[Finding]:
    """Return what is wrong with digests and proofs, and what they show to be missing.

    Parameters
    ----------
    digests
        What the proofs show.
    proofs
        All digests and proofs. Those that the user gave have to be proven: an export without the
        proof, or without the block that it is for, must not pass because nothing could be tried.
    journal, strand_id
        The blocks that were verified, and their strand; None if later ones were left out.
    """
    return [
        *_contradictions(digests),
        *_untried(digests, proofs),
        *([] if journal is None else _cut_tail(proofs, journal, strand_id)),
    ]


def _contradictions(digests: Iterable[DigestVerification]) -> list[Finding]:
    return [
        Finding(
            FindingKind.DIGEST,
            each.detail,
            each.proof_file or each.digest_file,
            None,
            each.sequence_no,
        )
        for each in digests
        if each.is_proven is False
    ]


def _untried(
    digests: Sequence[DigestVerification], proofs: Sequence[FoundProof]
) -> Iterator[Finding]:
    """Find the digests that the user gave, or gave a proof of, and that could not be tried."""
    given = {each.key for each in proofs if each.is_given}
    # A proof without any digest has nothing that it could be compared with.
    left = {_text(each.file.digest) for each in proofs if each.file.digest is not None}
    left -= {each.digest for each in digests if each.is_proven is not None}
    for each in digests:
        if each.digest in left and given & {each.digest_file, each.proof_file}:
            left.remove(each.digest)
            yield Finding(FindingKind.DIGEST, each.detail, each.proof_file or each.digest_file)


def _cut_tail(
    proofs: Iterable[FoundProof], journal: JournalVerification, strand_id: str | None
) -> Iterator[Finding]:
    """Find that the journal went on, by the proof of a later block."""
    if journal.last is None:
        return
    last = journal.last.sequence_no
    later = [
        (each.file.place.sequence_no, each.key)
        for each in proofs
        if each.file.proof is not None
        and each.file.place is not None
        and each.file.place.strand_id == strand_id
        and each.file.place.sequence_no > last
    ]
    if later:
        furthest, key = max(later)
        yield Finding(
            FindingKind.GAP,
            f"blocks {last + 1} to {furthest} are missing at the end: there is a proof of the last "
            "one",
            key,
        )


def _proof(
    found: FoundProof,
    digests: Mapping[bytes, FoundProof],
    journal: JournalVerification,
    strand_id: str | None,
) -> DigestVerification:
    file = found.file
    leaf = _leaf(file, _wanted(file, journal, strand_id))
    root = None if leaf.hash is None else digest_from_proof(leaf.hash, file.proof or ())
    # A file may have its own digest; else the proof may lead to any of them.
    holder = found if file.digest is not None else digests.get(root or b"")
    if holder is None and digests:
        holder = next(iter(digests.values()))
    digest = (holder.file.digest if holder is not None else None) or root or b""
    is_proven, detail = _judged(leaf, root, digest, has_digest=holder is not None)
    return DigestVerification(
        digest=_text(digest),
        tip_sequence_no=_tip(holder),
        digest_file=found.key if holder is None else holder.key,
        proof_file=found.key,
        sequence_no=None if file.place is None else file.place.sequence_no,
        is_proven=is_proven,
        detail=detail,
    )


def _judged(
    leaf: _Leaf, root: bytes | None, digest: bytes, *, has_digest: bool
) -> tuple[bool | None, str]:
    if root is None:
        return None, f"{leaf.what} is neither in the export nor in the file of the proof"
    if not has_digest:
        return None, (
            f"the proof of {leaf.what} leads to this digest: compare it with the one that you saved"
        )
    if root != digest:
        return False, f"the proof of {leaf.what} does not lead to the digest"
    if leaf.is_other:
        return False, f"the export has another revision than {leaf.what}"
    if not leaf.is_exported:
        return None, (
            f"the proof of {leaf.what} leads to the digest, but the export does not have it, or it "
            "is not among the blocks that were verified"
        )
    return True, f"the proof of {leaf.what} leads to the digest"


def _without_proof(digest: bytes, found: FoundProof) -> DigestVerification:
    return DigestVerification(
        digest=_text(digest),
        tip_sequence_no=_tip(found),
        digest_file=found.key,
        proof_file=None,
        sequence_no=None,
        is_proven=None,
        detail="there is no proof that leads to this digest",
    )


def _wanted(
    file: ProofFile, journal: JournalVerification, strand_id: str | None
) -> WantedBlock | None:
    if file.place is None or file.place.strand_id != strand_id:
        return None
    return journal.wanted.get(file.place.sequence_no)


def _leaf(file: ProofFile, exported: WantedBlock | None) -> _Leaf:
    number = "an unnamed block" if file.place is None else f"block {file.place.sequence_no}"
    if file.kind is not ProofFileKind.REVISION:
        own = _own_block_hash(file)
        if exported is None:
            return _Leaf(own, is_exported=False, what=number)
        return _Leaf(exported.block_hash, is_exported=True, what=number)
    own = file.revision_hash or _own_revision_hash(file)
    what = f"a revision in {number}"
    if exported is None or own is None:
        return _Leaf(own, is_exported=False, what=what)
    is_there = own in exported.revision_hashes
    return _Leaf(own, is_exported=is_there, what=what, is_other=not is_there)


def _own_block_hash(file: ProofFile) -> bytes | None:
    try:
        return None if file.block is None else read_block(file.block).block_hash
    except IonError:
        return None


def _own_revision_hash(file: ProofFile) -> bytes | None:
    try:
        return None if file.revision is None else read_revision(file.revision).hash
    except IonError:
        return None


def _tip(found: FoundProof | None) -> int | None:
    if found is None or found.file.tip is None:
        return None
    return found.file.tip.sequence_no


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")

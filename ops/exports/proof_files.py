"""Recognizes files with digests and proofs that users keep beside an export.

QLDB API reference, GetDigest, GetBlock and GetRevision: the AWS CLI prints JSON with the digest in
base64 and Ion text in ``IonText``. The console saves a digest as JSON with ``digest`` and
``digestTipAddress`` (``.ion.txt``). AWS's sample for migrations, example-qldb-ledger-migration,
writes the proof of an export's last block (``.proofs.json``), and amazon-qldb-kvs-nodejs the proof
of a revision with its digest (``ledgerMetadata``).
"""

from __future__ import annotations

import binascii
import enum
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError
from journal.exports.block import Address
from journal.exports.small_file import small_file_value
from journal.ion.structure import (
    BLOB,
    elements,
    is_absent,
    is_struct,
    struct,
    text_field,
    uint_field,
)

if TYPE_CHECKING:
    from journal.ion.structure import Fields, Span

MAX_PROOF_FILE_BYTES = 32 * 1024 * 1024
"""Maximum size of a file that is tried: GetBlock returns a whole block."""

PROOF_FILE_SUFFIX = "proofs.json"
"""How the names end that AWS's sample for migrations gives to its proofs."""

_HASH_BYTES = 32
_MARKERS = (b"igest", b"Proof", b'"Block"', b'"Revision"', b"edgerMetadata")
_FIELD = "field"


class ProofFileKind(enum.StrEnum):
    """What a file holds; its value is its name for the user."""

    DIGEST = "digest"
    BLOCK = "proof of a block"
    REVISION = "proof of a revision"


class ProofFile(NamedTuple):
    """A digest, a proof, or both. None for what the file does not have.

    Attributes
    ----------
    kind
        What the file holds.
    digest
        32 bytes.
    tip
        The last block that the digest covers.
    proof
        Hashes from the block or the revision up to the digest.
    place
        The block that the proof is for, or that holds the revision.
    block, revision
        As GetBlock and GetRevision return them.
    revision_hash, document_id
        The revision that the proof is for, from a file without the revision itself.
    ledger, date
        As the console tells them.
    """

    kind: ProofFileKind
    digest: bytes | None = None
    tip: Address | None = None
    proof: tuple[bytes, ...] | None = None
    place: Address | None = None
    block: Span | None = None
    revision: Span | None = None
    revision_hash: bytes | None = None
    document_id: str | None = None
    ledger: str | None = None
    date: str | None = None


def may_be_proof_file(head: bytes) -> bool:
    """Return whether a file with these first bytes is worth reading."""
    return any(marker in head for marker in _MARKERS)


def proof_file(content: bytes) -> ProofFile | None:
    """Return what a file holds; None if it is no digest and no proof."""
    try:
        found = struct(small_file_value(content))
        if "ledgerMetadata" in found:
            found = struct(found["ledgerMetadata"])
        return _proof_file(found)
    except IonError:
        return None


def _proof_file(found: Fields) -> ProofFile | None:
    holder = found
    if (nested := _first(found, "LedgerDigest", "ledgerDigest")) is not None:
        holder = struct(nested)
    digest = _hash(_first(holder, "Digest", "digest"))
    tip = _place(_first(holder, "DigestTipAddress", "digestTipAddress"))
    proof = _proof(_first(found, "Proof", "proof"))
    block, revision = _value(_first(found, "Block")), _value(_first(found, "Revision"))
    if digest is None and proof is None:
        return None
    place = _place(_first(found, "BlockAddress", "blockAddress"))
    for holder_of_address in (block, revision):
        if place is None and holder_of_address is not None:
            place = _place(_first(struct(holder_of_address), "blockAddress"))
    if place is None and tip is not None and not is_absent(found, "LastBlockNum"):
        place = Address(tip.strand_id, uint_field(found, "LastBlockNum"))
    revision_hash = _hash(_first(found, "RevisionHash", "revisionHash"))
    kind = ProofFileKind.BLOCK
    if proof is None:
        kind = ProofFileKind.DIGEST
    elif revision is not None or revision_hash is not None:
        kind = ProofFileKind.REVISION
    return ProofFile(
        kind=kind,
        digest=digest,
        tip=tip,
        proof=proof,
        place=place,
        block=block,
        revision=revision,
        revision_hash=revision_hash,
        document_id=_text(_first(found, "DocumentId", "documentId")),
        ledger=_text(_first(found, "ledger", "Ledger", "LedgerName")),
        date=_text(_first(found, "date", "LastBlockTimestamp")),
    )


def _first(found: Fields, *names: str) -> Span | None:
    return next((found[name] for name in names if not is_absent(found, name)), None)


def _text(field: Span | None) -> str | None:
    if field is None:
        return None
    try:
        return text_field({_FIELD: field}, _FIELD)
    except IonError:
        return None


def _hash(field: Span | None) -> bytes | None:
    """Return 32 bytes from a blob or from base64."""
    if field is None:
        return None
    data, _, head, start, stop = field
    if head >> 4 == BLOB:
        content = data[start:stop]
    else:
        try:
            content = binascii.a2b_base64(_text(field) or "", strict_mode=True)
        except ValueError:
            return None
    return content if len(content) == _HASH_BYTES else None


def _value(field: Span | None) -> Span | None:
    """Return a value that is the field itself, or Ion text in it or in its ``IonText``."""
    if field is None:
        return None
    if is_struct(field) and (nested := _first(struct(field), "IonText")) is not None:
        field = nested
    text = _text(field)
    return field if text is None else small_file_value(text.encode())


def _place(field: Span | None) -> Address | None:
    address = _value(field)
    if address is None:
        return None
    found = struct(address)
    return Address(text_field(found, "strandId"), uint_field(found, "sequenceNo"))


def _proof(field: Span | None) -> tuple[bytes, ...] | None:
    proof = _value(field)
    if proof is None:
        return None
    hashes = tuple(map(_hash, elements(proof)))
    known = tuple(each for each in hashes if each is not None)
    return known if len(known) == len(hashes) else None

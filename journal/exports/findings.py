"""What a verification finds."""

from __future__ import annotations

import enum
from typing import NamedTuple


class FindingKind(enum.StrEnum):
    """The kind of a finding; its value is its name in reports."""

    UNREADABLE_OBJECT = "unreadable object"
    """An object is not what an export holds from some offset on: cut, damaged or foreign."""

    MISSING_OBJECT = "missing object"
    """A manifest names an object that is not there."""

    OBJECT_NAME = "object name"
    """The first or last block of an object is not the one that its name tells."""

    FOREIGN_BLOCK = "foreign block"
    """A block is of another strand than the rest."""

    GAP = "gap"
    """Sequence numbers are missing between two blocks."""

    BLOCK_ORDER = "block order"
    """A block comes again, or after one with a higher sequence number."""

    MALFORMED_BLOCK = "malformed block"
    """A field of a block is missing or has a wrong type."""

    REVISION_HASH = "revision hash"
    """A revision is not the one that was hashed."""

    NOT_PROVABLE = "not provable revision"
    """No types that were tried give the hash of a document whose types JSON has lost."""

    REVISION_PLACE = "revision place"
    """A revision names another block or transaction than the one that holds it."""

    REVISIONS_ROOT = "revisions root"
    """The revisions of a block are not among its entries."""

    MISSING_REVISION = "missing revision"
    """A transaction touched a document of which its block has no revision, only hashes."""

    TRANSACTION_INFO = "transaction info"
    """The statements and documents of a transaction are not among the block's entries."""

    REDACTION_INFO = "redaction info"
    """The redaction that a block tells of is not among its entries."""

    ENTRIES_HASH = "entries hash"
    """The entries of a block do not have the hash that the block tells."""

    BLOCK_HASH = "block hash"
    """A block does not have the hash that it tells."""

    CHAIN = "chain"
    """A block follows another block than the one before it."""

    DELETE_RULE = "delete rule"
    """No known rule gives the hashes of the deletes."""

    DIGEST = "digest"
    """A proof does not lead to the digest."""


class Finding(NamedTuple):
    """Something wrong at one place. No content of a document.

    Attributes
    ----------
    kind
        What is wrong.
    detail
        What was expected and what is there, in one line for the owner of the data.
    key
        The object, by its key in the source; None if it is about no object.
    offset
        Bytes before the block in the object without its compression; None if unknown.
    sequence_no
        The block; None if unknown.
    document_id, version
        The revision; None if it is about no revision.
    """

    kind: FindingKind
    detail: str
    key: str | None = None
    offset: int | None = None
    sequence_no: int | None = None
    document_id: str | None = None
    version: int | None = None

"""Journal blocks and their revisions, in QLDB's shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon.ion.core import Timestamp


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One version of one document.

    Attributes
    ----------
    data
        The document as an Ion struct; None when deleted or redacted.
    data_hash
        Ion hash of the removed document of a redacted revision, else None.
    """

    strand_id: str
    sequence_no: int
    table_name: str
    table_id: str
    document_id: str
    version: int
    tx_time: Timestamp
    tx_id: str
    hash: bytes
    data: Any = field(repr=False)
    data_hash: bytes | None = None

    @property
    def is_redacted(self) -> bool:
        """Whether the document was removed and its hash remains."""
        return self.data_hash is not None

    @property
    def is_deleted(self) -> bool:
        """Whether this is the final revision of a deleted document."""
        return self.data is None and self.data_hash is None

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata struct that is hashed."""
        return revision_metadata(self.document_id, self.version, self.tx_time, self.tx_id)

    def to_ion(self) -> dict[str, Any]:
        """Return the revision's struct, as in streams, exports and GetRevision."""
        struct: dict[str, Any] = {
            "blockAddress": block_address(self.strand_id, self.sequence_no),
            "hash": self.hash,
        }
        if self.data is not None:
            struct["data"] = self.data
        if self.data_hash is not None:
            struct["dataHash"] = self.data_hash
        struct["metadata"] = self.metadata
        return struct


@dataclass(frozen=True, kw_only=True)
class SystemRevision:
    """A change of the ledger's catalog, of which the journal shows only the hash."""

    hash: bytes

    def to_ion(self) -> dict[str, Any]:
        """Return the revision's struct: the hash alone."""
        return {"hash": self.hash}


@dataclass(frozen=True, kw_only=True)
class Block:
    """One committed transaction, linked to the previous block.

    Attributes
    ----------
    transaction_info
        Ion struct of the statements (``?`` for parameters, never their values) and, when documents
        changed, of what they touched.
    redaction_info
        Ion struct that names the redacted revision; None unless the transaction redacts.
    """

    strand_id: str
    sequence_no: int
    transaction_id: str
    block_timestamp: Timestamp
    block_hash: bytes
    entries_hash: bytes
    previous_block_hash: bytes
    entries_hash_list: tuple[bytes, ...]
    transaction_info: Mapping[str, Any]
    redaction_info: Mapping[str, Any] | None
    revisions: tuple[Revision | SystemRevision, ...]

    @property
    def block_address(self) -> dict[str, Any]:
        """The block's place in the journal."""
        return block_address(self.strand_id, self.sequence_no)

    @property
    def documents(self) -> list[Revision]:
        """The revisions of documents, in the order in which the transaction touched them."""
        return [revision for revision in self.revisions if isinstance(revision, Revision)]

    def header(self) -> dict[str, Any]:
        """Return the fields that a stream's BLOCK_SUMMARY and an exported block share."""
        struct = {
            "blockAddress": self.block_address,
            "transactionId": self.transaction_id,
            "blockTimestamp": self.block_timestamp,
            "blockHash": self.block_hash,
            "entriesHash": self.entries_hash,
            "previousBlockHash": self.previous_block_hash,
            "entriesHashList": list(self.entries_hash_list),
            "transactionInfo": self.transaction_info,
        }
        if self.redaction_info is not None:
            struct["redactionInfo"] = self.redaction_info
        return struct

    def to_ion(self) -> dict[str, Any]:
        """Return the whole block as GetBlock and S3 exports show it."""
        struct = self.header()
        if self.revisions:
            struct["revisions"] = [revision.to_ion() for revision in self.revisions]
        return struct


def block_address(strand_id: str, sequence_no: int) -> dict[str, Any]:
    """Return the struct that names a block's place in the journal."""
    return {"strandId": strand_id, "sequenceNo": sequence_no}


def revision_metadata(
    document_id: str, version: int, tx_time: Timestamp, tx_id: str
) -> dict[str, Any]:
    """Return the metadata struct of a revision that is hashed."""
    return {"id": document_id, "version": version, "txTime": tx_time, "txId": tx_id}

"""Results of the client of the simulated QLDB."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


@dataclass(frozen=True, kw_only=True)
class CommittedDocument:
    """One document that a transaction changed."""

    table: str
    document_id: str
    version: int
    is_deleted: bool
    hash: bytes

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the service's answer."""
        return cls(
            table=document["tableName"],
            document_id=document["documentId"],
            version=document["version"],
            is_deleted=document["isDeleted"],
            hash=bytes.fromhex(document["hash"]),
        )


@dataclass(frozen=True, kw_only=True)
class CommittedBlock:
    """The block of a committed transaction.

    Attributes
    ----------
    block_timestamp
        ISO 8601, milliseconds, UTC.
    documents
        In the order in which the transaction touched them.
    """

    sequence_no: int
    transaction_id: str
    block_timestamp: str
    block_hash: bytes
    documents: tuple[CommittedDocument, ...]

    @classmethod
    def from_json(cls, block: Mapping[str, Any]) -> Self:
        """Read the service's answer."""
        return cls(
            sequence_no=block["sequenceNo"],
            transaction_id=block["transactionId"],
            block_timestamp=block["blockTimestamp"],
            block_hash=bytes.fromhex(block["blockHash"]),
            documents=tuple(map(CommittedDocument.from_json, block["documents"])),
        )


@dataclass(frozen=True, kw_only=True)
class DocumentState:
    """The latest revision of a document.

    Attributes
    ----------
    data
        The document as an amazon.ion struct; None when deleted.
    tx_time
        An amazon.ion timestamp.
    """

    document_id: str
    version: int
    is_deleted: bool
    data: Any = field(repr=False)
    tx_time: Any
    tx_id: str
    hash: bytes

    @classmethod
    def from_ion(cls, document_id: str, revision: Mapping[str, Any]) -> Self:
        """Read a revision's struct."""
        metadata = revision["metadata"]
        return cls(
            document_id=document_id,
            version=int(metadata["version"]),
            is_deleted="data" not in revision,
            data=revision.get("data"),
            tx_time=metadata["txTime"],
            tx_id=str(metadata["txId"]),
            hash=bytes(revision["hash"]),
        )


@dataclass(frozen=True, kw_only=True)
class RevisionState(DocumentState):
    """One revision of a document.

    Attributes
    ----------
    data
        The document; None when deleted or redacted.
    strand_id, sequence_no
        Address of the block.
    data_hash
        Hash of the removed document of a redacted revision, else None.
    """

    strand_id: str
    sequence_no: int
    data_hash: bytes | None = None

    @classmethod
    def from_ion(cls, document_id: str, revision: Mapping[str, Any]) -> Self:
        """Read a revision's struct."""
        metadata, address = revision["metadata"], revision["blockAddress"]
        data_hash = revision.get("dataHash")
        return cls(
            document_id=document_id,
            version=int(metadata["version"]),
            is_deleted="data" not in revision and data_hash is None,
            data=revision.get("data"),
            tx_time=metadata["txTime"],
            tx_id=str(metadata["txId"]),
            hash=bytes(revision["hash"]),
            strand_id=str(address["strandId"]),
            sequence_no=int(address["sequenceNo"]),
            data_hash=None if data_hash is None else bytes(data_hash),
        )


@dataclass(frozen=True, kw_only=True)
class TableGeneration:
    """One table of a ledger; one that was dropped and created again is another one."""

    name: str
    table_id: str
    is_active: bool

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Self:
        """Read the service's answer."""
        return cls(name=table["tableName"], table_id=table["tableId"], is_active=table["isActive"])

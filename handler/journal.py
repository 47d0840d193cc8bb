"""From the bytes of a user record to a revision of a document.

Source of the format: QLDB developer guide, "Stream records" and "Redacting document revisions".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from amazon.ion.core import Timestamp

from handler import ion

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_REVISION_DETAILS = "REVISION_DETAILS"
_REVISION_DETAILS_BYTES = b"REVISION_DETAILS"
_VERSION_LIMIT = 10**38
"""A number of DynamoDB has 38 digits."""


class RevisionKind(enum.Enum):
    """What a revision says about its document."""

    UPSERT = "upsert"
    """``data`` is present: this is the document's state."""

    DELETE = "delete"
    """Neither ``data`` nor ``dataHash``: the document's end."""

    REDACTED = "redacted"
    """No ``data`` but ``dataHash``: an inactive revision whose data was removed. It says nothing
    about the document's current state."""


class IgnoredReason(enum.Enum):
    """Why a record leads to no write."""

    CONTROL = "control"
    BLOCK_SUMMARY = "block summary"
    UNKNOWN_RECORD_TYPE = "unknown record type"
    UNCONFIGURED_TABLE = "unconfigured table"
    EMPTY_AGGREGATE = "empty aggregate"


class Revision(NamedTuple):
    """One version of one document."""

    table_name: str
    table_id: str
    document_id: str
    version: int
    kind: RevisionKind
    data: Mapping[str, object] | None
    tx_time: Timestamp
    tx_id: str
    hash: bytes


class Ignored(NamedTuple):
    """A record that is right and of no interest.

    Attributes
    ----------
    reason
        Why.
    table_name
        The ledger table of a revision whose table is not configured.
    """

    reason: IgnoredReason
    table_name: str | None = None


class MalformedRecord(Exception):  # noqa: N818  (a finding about a record, not a failure)
    """A record is not what QLDB writes.

    Attributes
    ----------
    reason
        A constant text without any of the record's content.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_OTHER_TYPES = {
    "CONTROL": Ignored(IgnoredReason.CONTROL),
    "BLOCK_SUMMARY": Ignored(IgnoredReason.BLOCK_SUMMARY),
}
_UNKNOWN_TYPE = Ignored(IgnoredReason.UNKNOWN_RECORD_TYPE)
_BLOCK_SUMMARY = _OTHER_TYPES["BLOCK_SUMMARY"]


def read_record(data: bytes, tables: Container[str]) -> Revision | Ignored:
    """Read one record of a QLDB stream.

    Parameters
    ----------
    data
        The user record.
    tables
        Names of the ledger tables that are replicated.

    Raises
    ------
    MalformedRecord
        The record cannot be read, lacks a field or has one of a wrong type.
    """
    # Half of all records are block summaries, and a record without these bytes cannot be a
    # revision: the costly decoding is saved for what is one.
    if (
        _REVISION_DETAILS_BYTES not in data
        and data.startswith(ion.VERSION_MARKER)
        and b"BLOCK_SUMMARY" in data
    ):
        return _BLOCK_SUMMARY
    try:
        record = ion.load(data)
    except ion.IonError:
        raise MalformedRecord("not one Ion value") from None
    if not isinstance(record, dict):
        raise MalformedRecord("not a struct")
    record_type = record.get("recordType")
    if not isinstance(record_type, str):
        raise MalformedRecord("recordType is not a text")
    if record_type != _REVISION_DETAILS:
        return _OTHER_TYPES.get(record_type, _UNKNOWN_TYPE)
    payload = _struct(record, "payload")
    table = _struct(payload, "tableInfo")
    table_name = _text(table, "tableName")
    if table_name not in tables:
        return Ignored(IgnoredReason.UNCONFIGURED_TABLE, table_name)
    return revision(_struct(payload, "revision"), table_name, _text(table, "tableId"))


def revision(struct: Mapping[str, object], table_name: str, table_id: str) -> Revision:
    """Read a revision, as streams and journal exports both hold it.

    Parameters
    ----------
    struct
        The revision with its ``metadata``, ``hash`` and ``data`` or ``dataHash``.
    table_name, table_id
        The ledger table, which the revision itself does not name.

    Raises
    ------
    MalformedRecord
        A field is missing or has a wrong type.
    """
    metadata = _struct(struct, "metadata")
    kind, data = _state(struct)
    return Revision(
        table_name,
        table_id,
        _text(metadata, "id"),
        _version(metadata),
        kind,
        data,
        _time(metadata),
        _text(metadata, "txId"),
        _hash(struct, "hash"),
    )


def _state(struct: Mapping[str, object]) -> tuple[RevisionKind, Mapping[str, object] | None]:
    # An Ion null counts as absent: QLDB's own samples treat both alike.
    if not ion.is_null(struct.get("data")):
        return RevisionKind.UPSERT, _struct(struct, "data")
    if not ion.is_null(struct.get("dataHash")):
        _hash(struct, "dataHash")
        return RevisionKind.REDACTED, None
    return RevisionKind.DELETE, None


def _struct(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise MalformedRecord(f"{name} is not a struct")
    return value


def _text(parent: Mapping[str, object], name: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedRecord(f"{name} is not a text")
    return value


def _version(metadata: Mapping[str, object]) -> int:
    value = metadata.get("version")
    if not ion.is_int(value) or not 0 <= value < _VERSION_LIMIT:
        raise MalformedRecord("version is not a number from 0")
    return value


def _time(metadata: Mapping[str, object]) -> Timestamp:
    value = metadata.get("txTime")
    if not isinstance(value, Timestamp):
        raise MalformedRecord("txTime is not a timestamp")
    return value


def _hash(parent: Mapping[str, object], name: str) -> bytes:
    value = parent.get(name)
    if not isinstance(value, bytes):
        raise MalformedRecord(f"{name} is not a blob")
    return value

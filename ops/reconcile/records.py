"""What is kept of each revision and of each item until they are compared. No document data."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple, TypeAlias


class Fact(enum.IntFlag):
    """What is known of a revision or an item, beside its digests."""

    TOMBSTONE = enum.auto()
    """A delete, or an item that says so."""

    REDACTED = enum.auto()
    """A revision without its data, or an item of the history that says so."""

    HAS_DATA = enum.auto()
    """The item has attributes that hold a document."""

    UNSTORABLE = enum.auto()
    """No item of the current state can hold the revision."""

    NO_HISTORY = enum.auto()
    """No item of the history can hold the revision, or it needs none."""

    JSON = enum.auto()
    """The revision is from a JSON export."""

    MAY_HAVE_EXPIRED = enum.auto()
    """The revision is a delete from so long ago that its tombstone may be gone."""

    FOREIGN = enum.auto()
    """The item has no version or state as this project writes them."""

    OTHER_CONFIGURATION = enum.auto()
    """The item was written under another configuration."""

    INCOMPLETE = enum.auto()
    """The item of the history has nothing but the announcement of a redaction."""


class Expected(NamedTuple):
    """A revision of a table that is compared.

    Attributes
    ----------
    document_id
        The document.
    table
        Index of its replica.
    version
        The revision.
    facts
        What else is known of it.
    table_id
        Id of its ledger table.
    hash, data_hash
        Digests of its hash, and of that of its redacted data; empty for none.
    value, untyped
        Digests of the item of the current state, by `ops.reconcile.item_parts.digest`; empty if
        values are not compared.
    history, history_untyped
        Digests of the item of the history.
    """

    document_id: str
    table: int
    version: int
    facts: int
    table_id: str
    hash: bytes
    data_hash: bytes
    value: bytes = b""
    untyped: bytes = b""
    history: bytes = b""
    history_untyped: bytes = b""


class Redacted(NamedTuple):
    """A revision whose data is redacted somewhere in the source."""

    document_id: str
    version: int


class StateItem(NamedTuple):
    """An item of the current state.

    Attributes
    ----------
    document_id
        Its key.
    table
        Index of the replica.
    version
        Its version; -1 for none.
    facts
        What else is known of it.
    time
        Time of its transaction, as Ion text; empty for none.
    hash
        Digest of its hash; empty for none.
    value, untyped
        Digests of the item; empty if values are not compared.
    """

    document_id: str
    table: int
    version: int
    facts: int
    time: str
    hash: bytes
    value: bytes = b""
    untyped: bytes = b""


class HistoryItem(NamedTuple):
    """An item of the history.

    Attributes
    ----------
    document_id, version
        Its key; -1 for a version that is no integer.
    facts
        What else is known of it.
    ledger_table
        The ledger table that it names; empty for none.
    sequence_no
        Sequence number of its block; -1 for none.
    hash, data_hash
        Digests of its hash, and of that of its redacted data; empty for none.
    value, untyped
        As of `StateItem`.
    """

    document_id: str
    version: int
    facts: int
    ledger_table: str
    sequence_no: int
    hash: bytes
    data_hash: bytes
    value: bytes = b""
    untyped: bytes = b""


Record: TypeAlias = Expected | Redacted | StateItem | HistoryItem
"""All of them begin with the document's id."""

_TYPES: tuple[type[Record], ...] = (Expected, Redacted, StateItem, HistoryItem)
_NUMBERS = {each: number for number, each in enumerate(_TYPES)}


def stored(record: Record) -> tuple[Any, ...]:
    """Return a record as it is in a file: its kind, its document, the rest."""
    return (_NUMBERS[type(record)], *record)


def restored(values: tuple[Any, ...]) -> Record:
    """Return the record of `stored`."""
    kind: Any = _TYPES[values[0]]
    record: Record = kind._make(values[1:])
    return record

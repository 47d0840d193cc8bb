"""Writes revisions in binary Ion by hand, with any bytes in place of a VarUInt or VarInt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.ledger_tables import WHOLE
from tests.support.raw_ion import (
    ANNOTATION,
    BLOB,
    DECIMAL,
    FIRST_LOCAL,
    INT,
    LIST,
    STRUCT,
    SYMBOL_TABLE,
    TIMESTAMP,
    VERSION_MARKER,
    annotated,
    symbol_table,
    text,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    *("recordType", "payload", "tableInfo", "tableName", "tableId", "revision", "hash", "data"),
    *("metadata", "id", "version", "txTime", "txId", "a", "b"),
)
"""The symbols of a record, in the order of its symbol table."""


def named(name: str, content: bytes) -> bytes:
    """Return a field of a struct."""
    return var_uint(FIRST_LOCAL + NAMES.index(name)) + content


def struct(**fields: bytes) -> bytes:
    """Return a struct."""
    return value(STRUCT, b"".join(named(name, field) for name, field in fields.items()))


TX_TIME = value(TIMESTAMP, b"\x80\x0f\xe8\x82\x9d\x8c\x80\x80")
VERSION = value(INT, b"\x03")


def record(
    data: bytes | None = None,
    *,
    version: bytes = VERSION,
    tx_time: bytes = TX_TIME,
    table: bytes | None = None,
    enclosed: Callable[[bytes], bytes] = lambda content: value(STRUCT, content),
) -> bytes:
    """Return a revision of a replicated table.

    Parameters
    ----------
    data
        The document.
    version, tx_time
        Fields of the metadata.
    table
        The symbol table.
    enclosed
        Returns the record's struct for its content.
    """
    metadata = struct(id=text("document"), version=version, txTime=tx_time, txId=text("tx"))
    revision = struct(
        hash=value(BLOB, b"\x01" * 32),
        data=struct(a=text("value")) if data is None else data,
        metadata=metadata,
    )
    payload = struct(tableInfo=struct(tableName=text(WHOLE), tableId=text("id")), revision=revision)
    content = named("recordType", text("REVISION_DETAILS")) + named("payload", payload)
    return VERSION_MARKER + (symbol_table(NAMES) if table is None else table) + enclosed(content)


def _in_document(before: bytes, after: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda run: record(struct(a=before + run + after, b=text("next")))


def _timestamp(before: bytes, after: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda run: value(TIMESTAMP, before + run + after)


_DATE = b"\x0f\xe8\x82\x9d"

PLACES: dict[str, Callable[[bytes], bytes]] = {
    "length of a string": _in_document(b"\x8e", b"text"),
    "length of a list": _in_document(b"\xbe"),
    "length of an int": _in_document(b"\x2e"),
    "length of an ordered struct": _in_document(b"\xd1"),
    "length of padding": _in_document(b"\x0e"),
    "length of a document": lambda run: record(b"\xde" + run),
    "length of a record": lambda run: record(enclosed=lambda content: b"\xde" + run + content),
    "length of an annotated value": _in_document(b"\xee"),
    "length of annotations": lambda run: record(struct(a=value(ANNOTATION, run))),
    "symbol of an annotation": lambda run: record(struct(a=annotated(run, text("value")))),
    "symbol of a record's annotation": lambda run: record(
        enclosed=lambda content: annotated(run, value(STRUCT, content))
    ),
    "name of a field": lambda run: record(value(STRUCT, run + text("value"))),
    "name of a field of a record": lambda run: record(
        enclosed=lambda content: value(STRUCT, content + run + text("value"))
    ),
    "exponent of a decimal": lambda run: record(struct(a=value(DECIMAL, run + b"\x01"))),
    "offset of a timestamp": lambda run: record(
        struct(a=_timestamp(b"", _DATE + b"\x8c\x80\x80")(run))
    ),
    "year of a timestamp": lambda run: record(struct(a=_timestamp(b"\x80")(run))),
    "second of a timestamp": lambda run: record(
        struct(a=_timestamp(b"\x80" + _DATE + b"\x8c\x80")(run))
    ),
    "exponent of a fraction": lambda run: record(
        struct(a=_timestamp(b"\x80" + _DATE + b"\x8c\x80\x80", b"\x01")(run))
    ),
    "offset of a transaction's time": lambda run: record(
        tx_time=_timestamp(b"", _DATE + b"\x8c\x80\x80")(run)
    ),
    "exponent of a transaction's fraction": lambda run: record(
        tx_time=_timestamp(b"\x80" + _DATE + b"\x8c\x80\x80", b"\x01")(run)
    ),
    "length of a symbol table": lambda run: record(
        table=annotated(var_uint(SYMBOL_TABLE), b"\xde" + run)
    ),
    "name of a field of a symbol table": lambda run: record(
        table=annotated(var_uint(SYMBOL_TABLE), value(STRUCT, run + value(LIST, text("a"))))
    ),
    "length of a symbol": lambda run: record(table=symbol_table(NAMES, more=b"\x8e" + run)),
}
"""Functions by place that write a record with other bytes in place of a VarUInt or VarInt."""

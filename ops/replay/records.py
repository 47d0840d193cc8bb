"""What the failure bucket has of a revision of an export that can never be written.

It is a record as QLDB's stream delivers it, so a redrive reads it like any other. Its position is
that in the journal, so the same revision always has the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.ion.structure import STRUCT
from journal.ion.symbols import SYSTEM_SYMBOLS
from journal.ion.writing import (
    head,
    integer,
    sequence,
    standalone,
    string,
    struct,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from journal.exports.block_facts import Table
    from journal.ion.structure import Span
    from journal.revisions import Redaction

EXPORT_SHARD = "export"
"""Stands for the shard in the position of a revision of an export."""

REDACTIONS_SHARD = "export-redactions"
"""Stands for the shard in the position of a redaction of an export."""


def export_arn(strand_id: str) -> str:
    """Return what stands for the stream's ARN in the position of a revision of an export."""
    return f"arn:aws:qldb:::journal-export/{strand_id}"


def revision_record(span: Span, table: Table, strand_id: str) -> bytes:
    """Return a revision as a REVISION_DETAILS record in binary Ion.

    Parameters
    ----------
    span
        The revision as its block has it.
    table
        Its ledger table.
    strand_id
        The journal.

    Returns
    -------
    bytes
        Empty if the revision has symbols of a shared table, which only its object explains.
    """
    data, names, first, start, stop = span
    if not isinstance(names, tuple):
        return b""
    writer = _Writer(names)
    content = data[start:stop]
    whole = head(first >> 4, len(content)) + content if content else bytes((first,))
    payload = writer.struct(
        tableInfo=writer.struct(tableName=string(table.name), tableId=string(table.table_id)),
        revision=whole,
    )
    return writer.record("REVISION_DETAILS", payload, strand_id)


def redaction_record(redaction: Redaction, strand_id: str) -> bytes:
    """Return a redaction as a BLOCK_SUMMARY record in binary Ion, without any document."""
    writer = _Writer(SYSTEM_SYMBOLS)
    table = {} if redaction.table_id is None else {"tableId": string(redaction.table_id)}
    redacted = writer.struct(
        documentId=string(redaction.document_id), version=integer(redaction.version), **table
    )
    payload = writer.struct(redactionInfo=writer.struct(revisions=sequence([redacted])))
    return writer.record("BLOCK_SUMMARY", payload, strand_id)


class _Writer:
    """Writes structs with the symbols of what they hold, and more."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._added: dict[str, int] = {}

    def struct(self, **fields: bytes) -> bytes:
        return struct(self._fields(fields))

    def _fields(self, fields: Mapping[str, bytes]) -> bytes:
        return b"".join(var_uint(self._number(name)) + each for name, each in fields.items())

    def _number(self, name: str) -> int:
        return len(self._names) + self._added.setdefault(name, len(self._added))

    def record(self, record_type: str, payload: bytes, strand_id: str) -> bytes:
        content = self._fields(
            {
                "qldbStreamArn": string(export_arn(strand_id)),
                "recordType": string(record_type),
                "payload": payload,
            }
        )
        names = (*self._names, *self._added)
        return standalone((content, names, STRUCT << 4, 0, len(content)))

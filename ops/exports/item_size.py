"""Estimates how large the item of a document will be in DynamoDB.

DynamoDB developer guide, "DynamoDB item sizes and formats": an item has the names of its fields,
which binary Ion has only once for many documents. So the ratio of both sizes is measured on a
sample of the documents of each table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import TRUNCATED, IonError
from journal.ion.integers import var_uint
from journal.ion.structure import (
    ANNOTATION,
    BLOB,
    CLOB,
    LIST,
    SEXP,
    STRING,
    STRUCT,
    TIMESTAMP,
    bounds,
    is_null,
    is_padding,
    symbol_text,
    without_annotations,
)
from ops.exports.prices import BYTES_PER_WRITE_UNIT

if TYPE_CHECKING:
    from journal.ion.structure import Span
    from journal.ion.symbols import Names

_OTHER_ATTRIBUTES = 180
"""Bytes of key, version, transaction, hash and their names (docs/items.md)."""

_CONTAINER, _ELEMENT = 3, 1
_TIMESTAMP_TEXT = 24
_MAX_DEPTH = 100
_FIRST, _EVERY = 20, 64
"""How many documents of a table are measured: the first ones, then each of so many."""

_MIN_RATIO = 1.0


def item_bytes(document: Span) -> int:
    """Return about how many bytes the values and names of a document take in an item.

    Raises
    ------
    IonError
        If the document is not Ion.
    """
    data, names, head, start, stop = document
    try:
        return _size(data, names, head, start, stop, _MAX_DEPTH)
    except IndexError:
        raise IonError(TRUNCATED) from None


def _size(  # noqa: PLR0917 (the parts of a value)
    data: bytes, names: Names, head: int, start: int, stop: int, depth: int
) -> int:
    kind = head >> 4
    if kind == ANNOTATION:
        head, start, stop = without_annotations(data, names, start, stop)
        kind = head >> 4
    if is_null(head):
        return 1
    if kind in {STRING, BLOB, CLOB}:
        return stop - start
    if kind == TIMESTAMP:
        return _TIMESTAMP_TEXT
    if kind not in {LIST, SEXP, STRUCT}:
        return stop - start + 1
    if not depth:
        return stop - start
    total = _CONTAINER
    position = start
    while position < stop:
        if kind == STRUCT:
            symbol, position = var_uint(data, position)
            total += len(symbol_text(names, symbol).encode(errors="replace"))
        inner, first, position = bounds(data, position, stop)
        if not is_padding(inner):
            total += _ELEMENT + _size(data, names, inner, first, position, depth - 1)
    return total


class WriteUnits:
    """Estimates the write units of a table's documents."""

    def __init__(self) -> None:
        self._seen = 0
        self._item_bytes = 0
        self._ion_bytes = 0

    def of(self, document: Span | None) -> int:
        """Return about how many units the write of a document costs; of a tombstone for None."""
        if document is None:
            return 1
        size = document[4] - document[3]
        if self._seen < _FIRST or self._seen % _EVERY == 0:
            self._measure(document, size)
        self._seen += 1
        ratio = max(_MIN_RATIO, self._item_bytes / self._ion_bytes if self._ion_bytes else 0)
        return -(-int(size * ratio + _OTHER_ATTRIBUTES) // BYTES_PER_WRITE_UNIT)

    def _measure(self, document: Span, size: int) -> None:
        try:
            self._item_bytes += item_bytes(document)
            self._ion_bytes += size
        except IonError:
            # Whether a document is damaged is for `verify` to tell, which reads all of them.
            return

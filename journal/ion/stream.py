"""A stream of binary Ion: the version marker, local symbol tables and one value."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from journal.errors import TRUNCATED, IonError
from journal.ion.integers import var_uint
from journal.ion.structure import (
    ANNOTATION,
    LIST,
    STRING,
    STRUCT,
    bounds,
    fields,
    is_absent,
    is_null,
    is_padding,
    utf8,
    without_annotations,
)

if TYPE_CHECKING:
    from journal.ion.structure import Names, Span

VERSION_MARKER = b"\xe0\x01\x00\xea"

_SYSTEM_SYMBOLS = (
    "$0",
    "$ion",
    "$ion_1_0",
    "$ion_symbol_table",
    "name",
    "version",
    "imports",
    "symbols",
    "max_id",
    "$ion_shared_symbol_table",
)
_SYMBOL_TABLE = _SYSTEM_SYMBOLS.index("$ion_symbol_table")

_MAX_CACHED_BYTES = 4096
"""Maximum size of a cached symbol table: large ones would fill the memory."""

_CACHED_TABLES = 256
"""Maximum number of cached symbol tables."""


def single_value(data: bytes) -> Span:
    """Find the one value of a stream of binary Ion.

    Raises
    ------
    IonError
        If there is none, or more than one, or it does not end where the stream does.
    """
    if not data.startswith(VERSION_MARKER):
        raise IonError("not binary Ion")
    names: Names = _SYSTEM_SYMBOLS
    found: Span | None = None
    position = len(VERSION_MARKER)
    end = len(data)
    try:
        while position < end:
            head, start, stop = bounds(data, position, end)
            position = stop
            if is_padding(head):
                continue
            if head >> 4 == ANNOTATION:
                annotated = data[start:stop]
                is_small = stop - start <= _MAX_CACHED_BYTES
                table = _cached_symbol_table(annotated) if is_small else _symbol_table(annotated)
                if table is not None:
                    names = table
                    continue
                head, start, stop = without_annotations(data, start, stop)
            if found is not None:
                raise IonError("more than one value")
            found = (data, names, head, start, stop)
    except IndexError:
        raise IonError(TRUNCATED) from None
    if found is None:
        raise IonError("no value")
    return found


def _symbol_table(data: bytes) -> Names | None:
    """Return the symbols of an annotation wrapper; None if it is not a local symbol table."""
    is_table = var_uint(data, var_uint(data, 0)[1])[0] == _SYMBOL_TABLE
    head, start, stop = without_annotations(data, 0, len(data))
    return _symbols(data[start:stop]) if is_table and head >> 4 == STRUCT else None


_cached_symbol_table = lru_cache(maxsize=_CACHED_TABLES)(_symbol_table)
"""Documents with the same fields have the same table."""


def _symbols(table: bytes) -> Names:
    found = fields(table, _SYSTEM_SYMBOLS, 0, len(table))
    if not is_absent(found, "imports"):
        raise IonError("a symbol table that needs another")
    names: list[str | None] = list(_SYSTEM_SYMBOLS)
    symbols = found.get("symbols")
    if symbols is not None and not is_null(symbols[2]):
        _, _, head, position, end = symbols
        if head >> 4 != LIST:
            raise IonError("a symbol table without a list")
        while position < end:
            head, start, position = bounds(table, position, end)
            if head >> 4 == STRING and not is_null(head):
                names.append(utf8(table, start, position))
            elif not is_padding(head):
                names.append(None)
    return tuple(names)

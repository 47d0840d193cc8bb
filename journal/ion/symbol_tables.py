"""Local symbol tables of binary Ion.

Source: Ion specification, "Amazon Ion Symbols", section "Local Symbol Tables".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError
from journal.ion.integers import var_uint
from journal.ion.structure import (
    FIRST_ANNOTATION,
    INT,
    LIST,
    STRING,
    STRUCT,
    SYMBOL,
    bounds,
    is_null,
    is_padding,
    unwrapped,
    utf8,
)
from journal.ion.symbols import SYSTEM_SYMBOLS, UNKNOWN_TEXT, ImportingSymbols, Names

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYMBOL_TABLE = SYSTEM_SYMBOLS.index("$ion_symbol_table")
_NAME = SYSTEM_SYMBOLS.index("name")
_IMPORTS = SYSTEM_SYMBOLS.index("imports")
_SYMBOLS = SYSTEM_SYMBOLS.index("symbols")
_MAX_ID = SYSTEM_SYMBOLS.index("max_id")

_MAX_SYMBOLS = 2**31 - 1
"""Maximum of a table's symbols: ion-java and ion-c number them in 32 bits with a sign."""

_MAX_CACHED_BYTES = 4096
"""Maximum size of a cached symbol table: large ones would fill the memory."""

_CACHED_TABLES = 256
"""Maximum number of cached symbol tables."""


class SymbolTable(NamedTuple):
    """A local symbol table.

    Attributes
    ----------
    extends
        Whether it adds its symbols to those before it, or replaces them.
    symbols
        Its own symbols.
    names
        The symbols after it, if it does not extend.
    """

    extends: bool
    symbols: tuple[str, ...]
    names: Names


def symbol_table(wrapper: bytes) -> SymbolTable | None:
    """Read an annotation wrapper at top level.

    Parameters
    ----------
    wrapper
        The wrapper's content: annotations and value.

    Returns
    -------
    SymbolTable or None
        None for a value that is not a local symbol table.

    Raises
    ------
    IonError
        If the table is not Ion, or needs the text of a shared table to be understood.
    IndexError
        If the table ends too early.
    """
    return _cached(wrapper) if len(wrapper) <= _MAX_CACHED_BYTES else _read(wrapper)


def _read(wrapper: bytes) -> SymbolTable | None:
    annotations, head, start, stop = unwrapped(wrapper, 0, len(wrapper))
    if annotations[0] != _SYMBOL_TABLE or head >> 4 != STRUCT:
        return None
    extends, imported = False, 0
    symbols: tuple[str, ...] = ()
    seen = set()
    for symbol, field_head, field_start, field_stop in _fields(wrapper, start, stop):
        if symbol in seen:
            raise IonError("a symbol table with two lists of one kind")
        if symbol == _IMPORTS:
            extends = _extends(wrapper, field_head, field_start, field_stop)
            imported = _imported(wrapper, field_head, field_start, field_stop)
        elif symbol == _SYMBOLS:
            symbols = _texts(wrapper, field_head, field_start, field_stop)
        else:
            continue
        seen.add(symbol)
    if imported:
        return SymbolTable(extends, symbols, ImportingSymbols(imported, symbols))
    return SymbolTable(extends, symbols, SYSTEM_SYMBOLS + symbols)


_cached = lru_cache(maxsize=_CACHED_TABLES)(_read)
"""Documents with the same fields have the same table."""


def _fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Find the fields of a struct with their names' numbers, which no table needs to explain."""
    while position < end:
        symbol, position = var_uint(data, position)
        head, start, position = bounds(data, position, end)
        if not is_padding(head):
            yield symbol, *_value(data, head, start, position)


def _elements(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    while position < end:
        head, start, position = bounds(data, position, end)
        if not is_padding(head):
            yield _value(data, head, start, position)


def _value(data: bytes, head: int, start: int, stop: int) -> tuple[int, int, int]:
    return unwrapped(data, start, stop)[1:] if head >= FIRST_ANNOTATION else (head, start, stop)


def _texts(data: bytes, head: int, position: int, end: int) -> tuple[str, ...]:
    if head >> 4 != LIST:
        return ()
    texts = []
    while position < end:
        head, start, position = bounds(data, position, end)
        if head >= FIRST_ANNOTATION:
            _, head, start, _ = unwrapped(data, start, position)
        if head >> 4 == STRING and not is_null(head):
            texts.append(utf8(data, start, position))
        elif not is_padding(head):
            texts.append(UNKNOWN_TEXT)
    return tuple(texts)


def _extends(data: bytes, head: int, start: int, stop: int) -> bool:
    is_symbol = head >> 4 == SYMBOL and not is_null(head)
    return is_symbol and int.from_bytes(data[start:stop], "big") == _SYMBOL_TABLE


def _imported(data: bytes, head: int, start: int, stop: int) -> int:
    """Return how many symbols the imports of shared tables take; no shared table is known here."""
    imported = 0
    if head >> 4 == LIST:
        for kind, first, last in _elements(data, start, stop):
            if kind >> 4 == STRUCT:
                imported += _max_id(data, first, last)
    if imported > _MAX_SYMBOLS:
        raise IonError("a symbol table of too many symbols")
    return imported


def _max_id(data: bytes, start: int, stop: int) -> int:
    """Return how many symbols an import takes; 0 for one that the specification ignores."""
    name: bytes = b""
    max_id: int | None = None
    for symbol, head, first, last in _fields(data, start, stop):
        if symbol == _NAME:
            name = data[first:last] if head >> 4 == STRING else b""
        elif symbol == _MAX_ID:
            is_known = head >> 4 == INT and not is_null(head)
            max_id = int.from_bytes(data[first:last], "big") if is_known else None
    if name in {b"", b"$ion"}:
        return 0
    if max_id is None:
        raise IonError("a symbol table that needs another")
    return max_id

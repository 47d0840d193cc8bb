"""Writes binary Ion by hand, so that any part of it can be wrong.

Source: Amazon Ion specification, "Amazon Ion Binary Encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION_MARKER = b"\xe0\x01\x00\xea"
INT, NEGATIVE_INT, DECIMAL, TIMESTAMP, SYMBOL = 2, 3, 5, 6, 7
STRING, BLOB, LIST, STRUCT, ANNOTATION = 8, 10, 11, 13, 14
_LONG = 14

SYMBOL_TABLE = 3
"""Symbol of the annotation that makes a struct a local symbol table."""

FIRST_LOCAL = 10
"""Symbol of the first name in a local symbol table."""

_NAME, _IMPORTS, _SYMBOLS, _MAX_ID = 4, 6, 7, 8


def var_uint(number: int) -> bytes:
    """Return a number in groups of seven bits, with a flag in the last one."""
    groups = [number & 0x7F | 0x80]
    while number := number >> 7:
        groups.append(number & 0x7F)
    return bytes(reversed(groups))


def head(kind: int, length: int) -> bytes:
    """Return the type and the length that precede a value's content."""
    if length < _LONG:
        return bytes([kind << 4 | length])
    return bytes([kind << 4 | _LONG]) + var_uint(length)


def value(kind: int, content: bytes) -> bytes:
    """Return a value."""
    return head(kind, len(content)) + content


def text(content: str) -> bytes:
    """Return a string."""
    return value(STRING, content.encode())


def nested(levels: int) -> bytes:
    """Return lists in lists, from the innermost outwards."""
    heads: list[bytes] = []
    length = 0
    for _ in range(levels):
        heads.append(head(LIST, length))
        length += len(heads[-1])
    return b"".join(reversed(heads))


def symbol_table(names: Iterable[str], more: bytes = b"") -> bytes:
    """Return a local symbol table; `more` follows the names in its list."""
    symbols = value(LIST, b"".join(map(text, names)) + more)
    return annotated(var_uint(SYMBOL_TABLE), value(STRUCT, var_uint(_SYMBOLS) + symbols))


def importing(*names: str, symbols: int = 1) -> bytes:
    """Return a local symbol table that imports symbols of a shared table before its names."""
    shared = value(STRUCT, var_uint(_NAME) + text("shared") + var_uint(_MAX_ID) + _uint(symbols))
    imports = var_uint(_IMPORTS) + value(LIST, shared)
    local = var_uint(_SYMBOLS) + value(LIST, b"".join(map(text, names)))
    return annotated(var_uint(SYMBOL_TABLE), value(STRUCT, imports + local))


def _uint(number: int) -> bytes:
    return value(INT, number.to_bytes((number.bit_length() + 7) // 8, "big"))


def annotated(symbols: bytes, content: bytes) -> bytes:
    """Return a value with annotations."""
    return value(ANNOTATION, var_uint(len(symbols)) + symbols + content)

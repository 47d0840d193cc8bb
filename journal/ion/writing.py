"""Writes binary Ion: what was read from Ion text or JSON continues as binary values.

Source: Ion specification, "Amazon Ion Binary Encoding".
"""

from __future__ import annotations

import struct as packing
from typing import TYPE_CHECKING, cast

from journal.errors import IonError
from journal.ion.integers import END_FLAG
from journal.ion.stream import VERSION_MARKER
from journal.ion.structure import (
    ANNOTATION,
    BLOB,
    CLOB,
    DECIMAL,
    FLOAT,
    INT,
    LIST,
    NEGATIVE_INT,
    SEXP,
    STRING,
    STRUCT,
    SYMBOL,
)
from journal.ion.symbols import SYSTEM_SYMBOLS, UNKNOWN_TEXT, ImportingSymbols

if TYPE_CHECKING:
    from collections.abc import Iterable

    from journal.ion.structure import Span
    from journal.ion.symbols import Names

_SYMBOL_TABLE = SYSTEM_SYMBOLS.index("$ion_symbol_table")
_SYMBOLS_FIELD = SYSTEM_SYMBOLS.index("symbols")
_LONG = 14
_SIGN_BIT = 0x80
_MINUS = 0x40
_MAX_FIRST_GROUP = 0x3F
_FEW = 128
"""Numbers whose VarUInt, and lengths whose first bytes, are made once."""

TRUE, FALSE = b"\x11", b"\x10"


class Symbols:
    """The symbols of one value while it is written: each text gets a number at its first use.

    A text that is equal to `UNKNOWN_TEXT` is another symbol than symbol zero, which has no text.
    """

    def __init__(self) -> None:
        self._numbers: dict[str | int, int] = dict(_SYSTEM_NUMBERS)
        self._has_unknown = False

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    def unknown_number(self, symbol: int) -> int:
        """Return the number of a symbol of a shared table, whose text is unknown.

        Parameters
        ----------
        symbol
            Its number where it was read.
        """
        self._has_unknown = True
        return self._numbers.setdefault(symbol, len(self._numbers))

    @property
    def names(self) -> Names:
        """All texts by number."""
        local = tuple(self._numbers)[len(SYSTEM_SYMBOLS) :]
        if self._has_unknown:
            return ImportingSymbols(0, tuple(map(_text_or_identifier, local)))
        return SYSTEM_SYMBOLS + cast("tuple[str, ...]", local)


_SYSTEM_NUMBERS: dict[str | int, int] = {0: 0} | {
    text: number for number, text in enumerate(SYSTEM_SYMBOLS) if number
}


def _text_or_identifier(key: str | int) -> str:
    return key if isinstance(key, str) else f"${key}"


def _var_uint(number: int) -> bytes:
    groups = [number & 0x7F | END_FLAG]
    while number := number >> 7:
        groups.append(number & 0x7F)
    return bytes(reversed(groups))


_VAR_UINTS = tuple(map(_var_uint, range(_FEW)))


def var_uint(number: int) -> bytes:
    """Return a VarUInt: seven bits a byte, with a flag in the last byte."""
    return _VAR_UINTS[number] if number < _FEW else _var_uint(number)


def var_int(number: int) -> bytes:
    """Return a VarInt: as a VarUInt, with the sign in the second bit of the first byte."""
    magnitude = abs(number)
    groups = []
    while magnitude > _MAX_FIRST_GROUP:
        groups.append(magnitude & 0x7F)
        magnitude >>= 7
    groups.append(magnitude | (_MINUS if number < 0 else 0))
    groups[0] |= END_FLAG
    return bytes(reversed(groups))


UNKNOWN_OFFSET = bytes((END_FLAG | _MINUS,))
"""The VarInt minus zero, as the offset of a timestamp."""


def uint(number: int) -> bytes:
    """Return a UInt; that of zero is empty."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def signed(magnitude: int, *, minus: bool) -> bytes:
    """Return an Int: the first bit is the sign; that of zero is empty."""
    if not magnitude:
        return bytes((_SIGN_BIT,)) if minus else b""
    content = magnitude.to_bytes(magnitude.bit_length() // 8 + 1, "big")
    return bytes((content[0] | _SIGN_BIT,)) + content[1:] if minus else content


def head(kind: int, length: int) -> bytes:
    """Return what precedes the content of a value: its type and the content's length in bytes."""
    if length < _LONG:
        return bytes((kind << 4 | length,))
    return bytes((kind << 4 | _LONG,)) + var_uint(length)


def value(kind: int, content: bytes) -> bytes:
    """Return a value of a type with its content."""
    return head(kind, len(content)) + content


def null(kind: int) -> bytes:
    """Return the null of a type."""
    return bytes((kind << 4 | 0x0F,))


def boolean(truth: bool) -> bytes:  # noqa: FBT001 (the value itself)
    """Return a bool."""
    return TRUE if truth else FALSE


def integer(number: int) -> bytes:
    """Return an int."""
    return value(NEGATIVE_INT if number < 0 else INT, uint(abs(number)))


def decimal(magnitude: int, exponent: int, *, minus: bool) -> bytes:
    """Return a decimal; zero with the exponent zero has no content."""
    if not (magnitude or exponent or minus):
        return value(DECIMAL, b"")
    return value(DECIMAL, var_int(exponent) + signed(magnitude, minus=minus))


def binary64(number: float) -> bytes:
    """Return a float of eight bytes."""
    return value(FLOAT, packing.pack(">d", number))


def string(text: str) -> bytes:
    """Return a string.

    Raises
    ------
    UnicodeEncodeError
        If the text has half of a surrogate pair.
    """
    return value(STRING, text.encode())


def symbol(number: int) -> bytes:
    """Return a symbol, by its number."""
    return value(SYMBOL, uint(number))


def blob(content: bytes) -> bytes:
    """Return a blob."""
    return value(BLOB, content)


def clob(content: bytes) -> bytes:
    """Return a clob."""
    return value(CLOB, content)


def sequence(elements: Iterable[bytes], *, sexp: bool = False) -> bytes:
    """Return a list, or an S-expression."""
    return value(SEXP if sexp else LIST, b"".join(elements))


def struct(content: bytes) -> bytes:
    """Return a struct from the bytes of its fields: each a VarUInt for the name, and its value."""
    return value(STRUCT, content)


def annotated(symbols: Iterable[int], content: bytes) -> bytes:
    """Return a value with annotations, by their numbers."""
    annotations = b"".join(map(var_uint, symbols))
    return value(ANNOTATION, var_uint(len(annotations)) + annotations + content)


def standalone(span: Span) -> bytes:
    """Return a value as a stream of binary Ion of its own.

    Raises
    ------
    IonError
        If a symbol's text is in a shared table.
    """
    data, names, head, start, stop = span
    content = data[start:stop]
    whole = value(head >> 4, content) if content else bytes((head,))
    if not isinstance(names, tuple):
        raise IonError("symbols of a shared table, whose texts are unknown")
    local = names[len(SYSTEM_SYMBOLS) :]
    texts = (null(STRING) if text is UNKNOWN_TEXT else string(text) for text in local)
    table = struct(var_uint(_SYMBOLS_FIELD) + sequence(texts))
    return VERSION_MARKER + annotated((_SYMBOL_TABLE,), table) + whole

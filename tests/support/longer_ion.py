"""Encodes binary Ion again, the same values in longer or other forms that the specification allows.

Source: Ion specification, "Amazon Ion Binary Encoding".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from journal.ion.integers import var_uint as read_var_uint
from journal.ion.structure import (
    ANNOTATION,
    BOOL,
    DECIMAL,
    FLOAT,
    INT,
    LIST,
    NEGATIVE_INT,
    SEXP,
    STRUCT,
    SYMBOL,
    TIMESTAMP,
    bounds,
    is_null,
)
from tests.support.raw_ion import VERSION_MARKER

if TYPE_CHECKING:
    import random

_LENGTH_FOLLOWS = 14
_LAST_BIT = 0x80
_SIGN_BIT = 0x40
_SYMBOL_TABLE_WRAPPER = b"\x83"
_MAX_UNITS = 6
"""Year to second."""

_UNKNOWN_OFFSET = b"\xc0"


class LongerIon:
    """Encodes values again, with every choice by chance.

    Parameters
    ----------
    source
        Makes the choices.
    """

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def stream(self, data: bytes) -> bytes:
        """Return a stream of one value in another encoding; its symbol tables stay as they are."""
        parts = [VERSION_MARKER]
        position = len(VERSION_MARKER)
        while position < len(data):
            head, start, stop = bounds(data, position, len(data))
            is_table = (
                head >> 4 == ANNOTATION and data[start + 1 : start + 2] == _SYMBOL_TABLE_WRAPPER
            )
            parts.append(data[position:stop] if is_table else self._value(data, head, start, stop))
            position = stop
        return b"".join(parts)

    def _value(self, data: bytes, head: int, start: int, stop: int) -> bytes:
        kind = head >> 4
        content = data[start:stop]
        if is_null(head) or kind == BOOL:
            return bytes([head])
        match kind:
            case _ if kind in (INT, NEGATIVE_INT, SYMBOL):
                content = bytes(self._few()) + content
            case _ if kind == FLOAT:
                return self._float(content)
            case _ if kind == DECIMAL:
                content = self._decimal(content)
            case _ if kind == TIMESTAMP:
                content = self._timestamp(content)
            case _ if kind in (LIST, SEXP):
                content = self._elements(content)
            case _ if kind == STRUCT:
                return self._struct(content)
            case _ if kind == ANNOTATION:
                content = self._annotated(content)
        return self._with_head(kind, content)

    def _with_head(self, kind: int, content: bytes) -> bytes:
        if len(content) < _LENGTH_FOLLOWS and self._source.random() < 0.5:
            return bytes([kind << 4 | len(content)]) + content
        return bytes([kind << 4 | _LENGTH_FOLLOWS]) + self._var_uint(len(content)) + content

    def _few(self) -> int:
        return self._source.choice((0, 0, 1, 3))

    def _var_uint(self, number: int) -> bytes:
        groups = [number & 0x7F | _LAST_BIT]
        while number := number >> 7:
            groups.append(number & 0x7F)
        return bytes(self._few()) + bytes(reversed(groups))

    def _again(self, content: bytes, position: int) -> tuple[bytes, int]:
        """Return the VarUInt at a position in another encoding, and where it ends."""
        number, end = read_var_uint(content, position)
        return self._var_uint(number), end

    def _longer_var_int(self, encoded: bytes) -> bytes:
        zeros = self._few()
        if not zeros:
            return encoded
        sign = encoded[0] & _SIGN_BIT
        return bytes([sign, *bytes(zeros - 1), encoded[0] & ~_SIGN_BIT, *encoded[1:]])

    def _longer_int(self, encoded: bytes) -> bytes:
        zeros = self._few()
        if not zeros:
            return encoded
        if not encoded:
            return bytes(zeros)
        sign = encoded[0] & _LAST_BIT
        return bytes([sign, *bytes(zeros - 1), encoded[0] & ~_LAST_BIT, *encoded[1:]])

    def _float(self, content: bytes) -> bytes:
        number = struct.unpack(">d", content)[0] if len(content) == 8 else 0.0
        if not content:
            return self._source.choice((b"\x40", b"\x44" + bytes(4), b"\x48" + bytes(8)))
        try:
            short = struct.pack(">f", number)
        except OverflowError:
            return b"\x48" + content
        is_exact = struct.pack(">d", struct.unpack(">f", short)[0]) == content
        if is_exact and self._source.random() < 0.5:
            return b"\x44" + short
        return b"\x48" + content

    def _decimal(self, content: bytes) -> bytes:
        if not content:
            return self._source.choice((b"", b"\x80", b"\x80\x00", b"\x00\x80"))
        end = _end_of_number(content, 0)
        return self._longer_var_int(content[:end]) + self._longer_int(content[end:])

    def _timestamp(self, content: bytes) -> bytes:
        position = _end_of_number(content, 0)
        offset = content[:position]
        # ion-java takes this one byte for the unknown offset, and a longer minus zero for UTC.
        parts = [offset if offset == _UNKNOWN_OFFSET else self._longer_var_int(offset)]
        units = 0
        while position < len(content) and units < _MAX_UNITS:
            unit, position = self._again(content, position)
            parts.append(unit)
            units += 1
        if position < len(content):
            end = _end_of_number(content, position)
            parts += [
                self._longer_var_int(content[position:end]),
                self._longer_int(content[end:]),
            ]
        return b"".join(parts)

    def _padding(self) -> bytes:
        return self._source.choice((b"", b"", b"\x00", b"\x02\xff\xff", b"\x0e\x83\x0b\x0c\x0e"))

    def _elements(self, content: bytes) -> bytes:
        parts = []
        position = 0
        while position < len(content):
            head, start, position = bounds(content, position, len(content))
            parts += [self._padding(), self._value(content, head, start, position)]
        return b"".join([*parts, self._padding()])

    def _struct(self, content: bytes) -> bytes:
        fields = []
        position = 0
        while position < len(content):
            symbol, position = read_var_uint(content, position)
            head, start, position = bounds(content, position, len(content))
            fields.append((symbol, self._value(content, head, start, position)))
        if fields and self._source.random() < 0.3:
            fields.sort(key=lambda field: field[0])
            ordered = b"".join(self._var_uint(symbol) + value for symbol, value in fields)
            return b"\xd1" + self._var_uint(len(ordered)) + ordered
        self._source.shuffle(fields)
        parts = []
        for symbol, value in fields:
            if padding := self._padding():
                parts += [self._var_uint(0), padding]
            parts += [self._var_uint(symbol), value]
        encoded = b"".join(parts)
        if len(encoded) == 1:
            return b"\xde\x81" + encoded
        return self._with_head(STRUCT, encoded)

    def _annotated(self, content: bytes) -> bytes:
        length, first = read_var_uint(content, 0)
        symbols = b""
        position, end = first, first + length
        while position < end:
            symbol, position = self._again(content, position)
            symbols += symbol
        head, start, stop = bounds(content, end, len(content))
        return self._var_uint(len(symbols)) + symbols + self._value(content, head, start, stop)


def _end_of_number(content: bytes, position: int) -> int:
    """Return where the VarInt or VarUInt at a position ends."""
    while not content[position] & _LAST_BIT:
        position += 1
    return position + 1

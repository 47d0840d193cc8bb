"""Ion Hash of binary Ion in place, with SHA-256.

Source: Ion Hash Specification 1.0. A scalar's representation is its binary encoding, which is
therefore hashed as it is, unless its writer chose a longer encoding than needed.
"""

from __future__ import annotations

import math
import re
import struct as packing
from hashlib import sha256
from typing import TYPE_CHECKING

from journal.errors import TRUNCATED, IonError
from journal.ion.integers import END_FLAG, coefficient, var_int, var_uint
from journal.ion.structure import (
    ANNOTATION,
    BLOB,
    BOOL,
    CLOB,
    DECIMAL,
    FLOAT,
    INT,
    LENGTH_APART,
    LENGTH_FOLLOWS,
    LENGTHS,
    LIST,
    NEGATIVE_INT,
    SEXP,
    STRING,
    STRUCT,
    SYMBOL,
    TIMESTAMP,
    bounds,
    is_null,
    is_padding,
    unwrapped,
    variable_length,
)
from journal.ion.symbols import UNKNOWN_TEXT
from journal.ion.writing import UNKNOWN_OFFSET, signed
from journal.ion.writing import var_int as written_var_int
from journal.ion.writing import var_uint as written_var_uint

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.ion.structure import Span
    from journal.ion.symbols import Names

_BEGIN, _ESCAPE, _END = b"\x0b", b"\x0c", b"\x0e"
_MARKERS = _BEGIN + _ESCAPE + _END
_SYMBOL_ZERO = b"\x0b\x71\x0e"
_BINARY32_BYTES = 4
_CANONICAL_NAN = b"\x7f\xf8\x00\x00\x00\x00\x00\x00"
_POSITIVE_ZERO = bytes(8)
_MAX_NAMES = 10_000
"""Names of fields whose serialization is kept."""

_MAX_KEPT_NAME = 100
"""Characters of the longest name whose serialization is kept."""

_DATE_UNITS, _TIME_UNITS = 3, 6
_FIRST_STRING = STRING << 4


def _opening(head: int) -> bytes | None:
    kind, low = head >> 4, head & 0x0F
    if kind in (INT, NEGATIVE_INT):
        # Its length is in the first byte, and is not zero.
        is_hashed_as_it_is = 0 < low < LENGTH_FOLLOWS
    else:
        is_hashed_as_it_is = kind in (STRING, CLOB, BLOB) and not is_null(head)
    return _BEGIN + bytes((kind << 4,)) if is_hashed_as_it_is else None


_OPENINGS = tuple(map(_opening, range(256)))
"""What precedes a content that is hashed as it is, by first byte: that of strings and blobs, and of
ints that do not start with a zero. None for all others."""

_INT = rb"[\x01-\x7f][\x00-\xff]*|\x00[\x80-\xff][\x00-\xff]*"
"""An Int above zero, in as few bytes as possible."""

_SHORTEST_DECIMAL = re.compile(rb"(?:[\x81-\xbf\xc1-\xff]|[\x80-\xbf\xc1-\xff](?:" + _INT + rb"))?")
"""Exponent of one byte, and a coefficient from zero. Others are decoded, and encoded again."""

_UNIT = rb"[\x80-\xff]"
_SHORTEST_TIMESTAMP = re.compile(
    # Offset and year, then month, day, hour and minute, second, and a fraction.
    rb"[\x80-\xff][\x01-\x7f][\x80-\xff]"
    rb"(?:%b(?:%b(?:%b%b(?:%b(?:[\xc1-\xff](?:%b)?)?)?)?)?)?" % (*[_UNIT] * 5, _INT)
)
"""A year from 128, and all else in one byte. Others are decoded, and encoded again."""


def ion_hash(span: Span) -> bytes:
    """Return the Ion Hash of a value: 32 bytes.

    Parameters
    ----------
    span
        The value, without annotations or as an annotation wrapper.

    Raises
    ------
    IonError
        If the value is not valid Ion, or has a symbol whose text is unknown or a thousand levels.
    """
    return sha256(serialized(span)).digest()


def serialized(span: Span) -> bytes:
    """Return what Ion Hash hashes of a value: between its markers, type and representation.

    Raises
    ------
    IonError
        As for `ion_hash`.
    """
    data, names, head, start, stop = span
    try:
        return _value(data, _known(names), head, start, stop)
    except IndexError:
        raise IonError(TRUNCATED) from None
    except RecursionError:
        raise IonError("nested too deeply to be hashed") from None


def _known(names: Names) -> tuple[str, ...]:
    """Return the symbols as a tuple.

    Those of shared tables, which QLDB does not use, stay unknown.
    """
    if isinstance(names, tuple):
        return names
    raise IonError("symbols of a shared table, whose texts are unknown, cannot be hashed")


def _value(data: bytes, names: tuple[str, ...], head: int, start: int, stop: int) -> bytes:
    return _SERIALIZERS[head](data, names, head, start, stop)


def _annotated(data: bytes, names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    symbols, head, start, stop = unwrapped(data, start, stop)
    annotations = b"".join([_symbol_text(names, symbol) for symbol in symbols])
    return b"\x0b\xe0" + annotations + _value(data, names, head, start, stop) + _END


def _symbol_text(names: tuple[str, ...], symbol: int) -> bytes:
    try:
        text = names[symbol]
    except IndexError:
        raise IonError("a symbol that no table explains") from None
    return symbol_of(text)


def symbol_of(text: str) -> bytes:
    """Return what Ion Hash hashes of a symbol, such as the name of a field."""
    # A symbol can have the same text as what stands for symbol zero; it is another object then.
    if text is UNKNOWN_TEXT:
        return _SYMBOL_ZERO
    found = _NAMES.get(text)
    if found is None:
        found = b"\x0b\x70" + _escaped(text.encode()) + _END
        if len(text) <= _MAX_KEPT_NAME:
            if len(_NAMES) >= _MAX_NAMES:
                # Ids of documents are names too, each in a transaction or two.
                _NAMES.clear()
            _NAMES[text] = found
    return found


_NAMES: dict[str, bytes] = {}


def _escaped(content: bytes) -> bytes:
    if len(content.translate(None, _MARKERS)) == len(content):
        return content
    return _with_escapes(content)


def _with_escapes(content: bytes) -> bytes:
    # The escape byte comes first, or the escapes themselves would be escaped.
    return (
        content.replace(b"\x0c", b"\x0c\x0c")
        .replace(b"\x0b", b"\x0c\x0b")
        .replace(b"\x0e", b"\x0c\x0e")
    )


def _struct(  # noqa: C901, PLR0912 (one loop, because calls would take most of the time)
    data: bytes, names: tuple[str, ...], _head: int, position: int, end: int
) -> bytes:
    hashes = []
    # Most of the time of a verification goes into this loop, so the common cases are read in place.
    while position < end:
        symbol = data[position]
        if symbol >= END_FLAG:
            symbol -= END_FLAG
            position += 1
        elif data[position + 1] >= END_FLAG:
            symbol = (symbol << 7) | (data[position + 1] - END_FLAG)
            position += 2
        else:
            symbol, position = var_uint(data, position)
        head = data[position]
        start = position + 1
        length = LENGTHS[head]
        if length < 0:
            first = data[start]
            if first >= END_FLAG and length == LENGTH_APART:
                length = first - END_FLAG
                start += 1
            elif data[start + 1] >= END_FLAG and length == LENGTH_APART:
                length = (first << 7) | (data[start + 1] - END_FLAG)
                start += 2
            else:
                length, start = variable_length(data, start, head)
        position = start + length
        try:
            text = names[symbol]
        except IndexError:
            raise IonError("a symbol that no table explains") from None
        name = _NAMES.get(text) if text is not UNKNOWN_TEXT else _SYMBOL_ZERO
        if name is None:
            name = symbol_of(text)
        opening = _OPENINGS[head]
        if opening is not None:
            content = data[start:position]
            if len(content.translate(None, _MARKERS)) == length and (
                head >= _FIRST_STRING or content[0]
            ):
                hashes.append(sha256(name + opening + content + b"\x0e").digest())
                continue
        elif is_padding(head):
            continue
        content = _SERIALIZERS[head](data, names, head, start, position)
        hashes.append(sha256(name + content).digest())
    if position != end:
        raise IonError(TRUNCATED)
    return struct_of(hashes)


def struct_of(hashes: list[bytes]) -> bytes:
    """Return what Ion Hash hashes of a struct, from the hashes of its fields, and sort those."""
    hashes.sort()
    # Nine of ten have a byte to be escaped, so there is no search for one.
    return b"\x0b\xd0" + _with_escapes(b"".join(hashes)) + _END


def _list(data: bytes, names: tuple[str, ...], head: int, position: int, end: int) -> bytes:
    elements = [_BEGIN, bytes((head & 0xF0,))]
    while position < end:
        inner, start, position = bounds(data, position, end)
        if not is_padding(inner):
            elements.append(_value(data, names, inner, start, position))
    elements.append(_END)
    return b"".join(elements)


def _bytes(data: bytes, _names: tuple[str, ...], head: int, start: int, stop: int) -> bytes:
    return _BEGIN + bytes((head & 0xF0,)) + _escaped(data[start:stop]) + _END


def _string(data: bytes, _names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    return b"\x0b\x80" + _escaped(data[start:stop]) + _END


def _symbol(data: bytes, names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    return _symbol_text(names, int.from_bytes(data[start:stop], "big"))


def _int(data: bytes, _names: tuple[str, ...], head: int, start: int, stop: int) -> bytes:
    content = data[start:stop].lstrip(b"\x00")
    if not content and head >> 4 == NEGATIVE_INT:
        raise IonError("an int that is minus zero")
    return _BEGIN + bytes((head & 0xF0,)) + _escaped(content) + _END


def _float(data: bytes, _names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    content = data[start:stop]
    if len(content) == _BINARY32_BYTES:
        content = packing.pack(">d", packing.unpack(">f", content)[0])
    if content == _POSITIVE_ZERO:
        content = b""
    elif content and math.isnan(packing.unpack(">d", content)[0]):
        content = _CANONICAL_NAN
    return b"\x0b\x40" + _escaped(content) + _END


def _decimal(data: bytes, _names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    content = data[start:stop]
    if _SHORTEST_DECIMAL.fullmatch(content) is None:
        content = _shortest_decimal(content)
    return b"\x0b\x50" + _escaped(content) + _END


def _shortest_decimal(content: bytes) -> bytes:
    exponent, _, start = var_int(content, 0)
    magnitude, minus = coefficient(content, start, len(content))
    if not (exponent or magnitude or minus):
        return b""
    return written_var_int(exponent) + signed(magnitude, minus=minus)


def _timestamp(data: bytes, _names: tuple[str, ...], _head: int, start: int, stop: int) -> bytes:
    content = data[start:stop]
    if _SHORTEST_TIMESTAMP.fullmatch(content) is None:
        content = _shortest_timestamp(content)
    return b"\x0b\x60" + _escaped(content) + _END


def _shortest_timestamp(content: bytes) -> bytes:
    stop = len(content)
    offset, minus, position = var_int(content, 0)
    unknown = minus and not offset
    parts = [UNKNOWN_OFFSET if unknown else written_var_int(offset)]
    units = 0
    while position < stop and units < _TIME_UNITS:
        unit, position = var_uint(content, position)
        parts.append(written_var_uint(unit))
        units += 1
    if not units or units == _DATE_UNITS + 1:
        raise IonError("a timestamp of no known precision")
    if position < stop:
        exponent, _, position = var_int(content, position)
        magnitude, minus = coefficient(content, position, stop)
        if magnitude or minus or exponent < 0:
            parts += [written_var_int(exponent), signed(magnitude, minus=minus)]
    return b"".join(parts)


def _marked(_data: bytes, _names: tuple[str, ...], head: int, _start: int, _stop: int) -> bytes:
    return _BEGIN + bytes((head,)) + _END


def _int_null(_data: bytes, _names: tuple[str, ...], _head: int, _start: int, _stop: int) -> bytes:
    # Binary Ion has two, one for each sign.
    return b"\x0b\x2f\x0e"


def _refused(_data: bytes, _names: tuple[str, ...], _head: int, _start: int, _stop: int) -> bytes:
    raise IonError("a byte that starts no value")


_BY_KIND = {
    BOOL: _marked,
    INT: _int,
    NEGATIVE_INT: _int,
    FLOAT: _float,
    DECIMAL: _decimal,
    TIMESTAMP: _timestamp,
    SYMBOL: _symbol,
    STRING: _string,
    CLOB: _bytes,
    BLOB: _bytes,
    LIST: _list,
    SEXP: _list,
    STRUCT: _struct,
    ANNOTATION: _annotated,
}


def _serializer(head: int) -> Callable[[bytes, tuple[str, ...], int, int, int], bytes]:
    kind = head >> 4
    if is_null(head) and kind != ANNOTATION:
        return _int_null if kind == NEGATIVE_INT else _marked
    return _BY_KIND.get(kind, _refused)


_SERIALIZERS = tuple(map(_serializer, range(256)))
"""What serializes a value, by its first byte."""

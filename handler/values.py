"""Converts Ion values to DynamoDB attribute values, exactly or not at all.

docs/items.md has the table of types. Annotations are dropped. N has neither a negative zero nor
trailing zeros, so both are written as the number that they are equal to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from journal.errors import TRUNCATED, IonError, RecordError
from journal.ion import integers, structure
from journal.ion.structure import NOT_UTF8
from journal.ion.symbols import UNKNOWN_TEXT, Names
from journal.ion.timestamps import timestamp_text

if TYPE_CHECKING:
    from journal.ion.structure import Span

AttributeValue: TypeAlias = Mapping[str, Any]
"""A value in DynamoDB's wire format; under ``B`` it holds bytes."""

# DynamoDB developer guide, "Constraints": numbers and items.
MAX_DIGITS = 38
MIN_EXPONENT = -130
MAX_EXPONENT = 125
MAX_ITEM_BYTES = 400 * 1024
MAX_NESTING = 31
"""Lists and maps in each other. The guide has 32 levels: the item itself is one of them for
``PutItem``, ``UpdateItem`` and PartiQL's UPDATE, but not for PartiQL's INSERT, which takes 32 lists
(measured on AWS's DynamoDB Local 2.6.1). Whichever statement comes first, the end must be the same,
so the border is the one that all of them pass."""

_MAX_BITS = MAX_ITEM_BYTES * 10 // 3
"""A number of more bits has more digits than an item has bytes: a digit is less than 10/3 bits. To
find them takes seconds."""

TOO_LARGE = f"an item of more than {MAX_ITEM_BYTES} bytes"
"""Code of an item that is too large."""

_NULL: AttributeValue = {"NULL": True}
_TRUE: AttributeValue = {"BOOL": True}
_FALSE: AttributeValue = {"BOOL": False}
_ZERO: AttributeValue = {"N": "0"}
_BYTE = structure.INT << 4 | 1
_BYTES: tuple[AttributeValue, ...] = tuple({"N": str(number)} for number in range(256))
"""The ints of one byte, which most ints are; shared as they are many."""

_SINGLE, _DOUBLE = struct.Struct(">f"), struct.Struct(">d")
_SHORT_INT_BYTES = 15
"""A number of 15 bytes has at most 37 digits."""


class UnstorableValue(RecordError):  # noqa: N818 (a finding about a value, not a failure)
    """DynamoDB cannot represent a value."""

    kind = "unstorable"


def attribute_value(span: Span, depth: int = 1) -> AttributeValue:
    """Convert one Ion value.

    Parameters
    ----------
    span
        The value.
    depth
        Level of nesting that the value has if it is a list or a struct.

    Raises
    ------
    UnstorableValue
        If DynamoDB cannot represent it.
    IonError
        If a part of it is not Ion.
    """
    data, names, head, start, stop = span
    try:
        return _CONVERSIONS[head](data, names, head, start, stop, depth)
    except IndexError:
        raise IonError(TRUNCATED) from None


def _list(
    data: bytes, names: Names, _head: int, position: int, end: int, depth: int
) -> AttributeValue:
    _check_depth(depth)
    elements: list[AttributeValue] = []
    while position < end:
        head, start, position = structure.bounds(data, position, end)
        if head >> 4 == structure.ANNOTATION:
            head, start, _ = structure.without_annotations(data, names, start, position)
        if not structure.is_padding(head):
            elements.append(_CONVERSIONS[head](data, names, head, start, position, depth + 1))
    return {"L": elements}


def _struct(
    data: bytes, names: Names, _head: int, position: int, end: int, depth: int
) -> AttributeValue:
    _check_depth(depth)
    found, errors = structure.converted_fields(data, names, position, end, _CONVERSIONS, depth + 1)
    if "" in found or "" in errors:
        raise UnstorableValue("an empty field name")
    if errors:
        # Taken out, because its traceback has this frame.
        raise errors.pop(next(iter(errors)))
    return {"M": found}


def _check_depth(depth: int) -> None:
    if depth > MAX_NESTING:
        raise UnstorableValue(f"nested deeper than {MAX_NESTING} levels")


def _string(data: bytes, _n: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    try:
        return {"S": data[start:stop].decode()}
    except UnicodeDecodeError:
        raise IonError(NOT_UTF8) from None


def _symbol(data: bytes, names: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    return {"S": structure.symbol_text(names, int.from_bytes(data[start:stop], "big"))}


def _bytes(data: bytes, _n: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    return {"B": data[start:stop]}


def _timestamp(data: bytes, _n: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    return {"S": timestamp_text(data, start, stop)}


def _int(data: bytes, _n: Names, head: int, start: int, stop: int, _d: int) -> AttributeValue:
    number = int.from_bytes(data[start:stop], "big")
    minus = "-" if head >> 4 == structure.NEGATIVE_INT else ""
    if minus and not number:
        raise IonError("a negative zero")
    if stop - start <= _SHORT_INT_BYTES:
        return {"N": f"{minus}{number}"}
    if not number:
        return _ZERO
    digits = _digits(number)
    exact = _number(minus, digits, 0)
    return {"S": minus + digits} if exact is None else {"N": exact}


def _byte(data: bytes, _n: Names, _h: int, start: int, _e: int, _d: int) -> AttributeValue:
    return _BYTES[data[start]]


def _decimal(data: bytes, _n: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    if start == stop:
        return _ZERO
    exponent, _, start = integers.var_int(data, start)
    if start > stop:
        raise IonError(TRUNCATED)
    number, negative = integers.coefficient(data, start, stop)
    if not number:
        return _ZERO
    minus = "-" if negative else ""
    digits = str(number) if stop - start <= _SHORT_INT_BYTES else _digits(number)
    exact = _number(minus, digits, exponent)
    return {"S": f"{minus}{digits}d{exponent}"} if exact is None else {"N": exact}


def _digits(number: int) -> str:
    # Digits take more than linear time: none are made that no item can hold.
    if number.bit_length() > _MAX_BITS:
        raise UnstorableValue(TOO_LARGE)
    return integers.digits(number)


def _number(minus: str, digits: str, exponent: int) -> str | None:
    """Return the text of N for a number other than 0; None if DynamoDB cannot store it exactly."""
    significant = digits.rstrip("0")
    exponent += len(digits) - len(significant)
    magnitude = exponent + len(significant) - 1
    if len(significant) > MAX_DIGITS:
        return None
    if not MIN_EXPONENT <= magnitude <= MAX_EXPONENT:
        return None
    return f"{minus}{significant}E{exponent}" if exponent else minus + significant


def _float(data: bytes, _n: Names, _h: int, start: int, stop: int, _d: int) -> AttributeValue:
    if start == stop:
        return _ZERO
    number: float = (_SINGLE if stop - start == _SINGLE.size else _DOUBLE).unpack(data[start:stop])[
        0
    ]
    if math.isnan(number):
        return {"S": "nan"}
    if math.isinf(number):
        return {"S": "+inf" if number > 0 else "-inf"}
    if not number:
        return _ZERO
    shortest = repr(number)
    fits = MIN_EXPONENT <= Decimal(shortest).adjusted() <= MAX_EXPONENT
    return {"N" if fits else "S": shortest}


def _bool(_data: bytes, _n: Names, head: int, _s: int, _e: int, _d: int) -> AttributeValue:
    return _TRUE if head & 1 else _FALSE


def _null(*_: object) -> AttributeValue:
    return _NULL


def _no_value(*_: object) -> AttributeValue:
    raise IonError("a byte that starts no value")


_Conversion: TypeAlias = structure.Conversion[AttributeValue]

_BY_KIND: dict[int, _Conversion] = {
    structure.BOOL: _bool,
    structure.INT: _int,
    structure.NEGATIVE_INT: _int,
    structure.FLOAT: _float,
    structure.DECIMAL: _decimal,
    structure.TIMESTAMP: _timestamp,
    structure.SYMBOL: _symbol,
    structure.STRING: _string,
    structure.CLOB: _bytes,
    structure.BLOB: _bytes,
    structure.LIST: _list,
    structure.SEXP: _list,
    structure.STRUCT: _struct,
}


_EMPTY: dict[int, AttributeValue] = {
    structure.INT: _ZERO,
    structure.FLOAT: _ZERO,
    structure.DECIMAL: _ZERO,
    structure.SYMBOL: {"S": UNKNOWN_TEXT},
    structure.STRING: {"S": ""},
    structure.CLOB: {"B": b""},
    structure.BLOB: {"B": b""},
    structure.LIST: {"L": []},
    structure.SEXP: {"L": []},
    structure.STRUCT: {"M": {}},
}
"""Values without content, by kind. Each is one byte of Ion, so a record can have a million of them;
as objects of their own, these would take 250 MB."""


def _without_content(value: AttributeValue) -> _Conversion:
    is_container = "L" in value or "M" in value

    def empty(_data: bytes, _n: Names, _h: int, _s: int, _e: int, depth: int) -> AttributeValue:
        if is_container:
            _check_depth(depth)
        return value

    return empty


def _conversion(head: int) -> _Conversion:
    kind = head >> 4
    if kind not in _BY_KIND and head != structure.UNTYPED_NULL:
        return _no_value
    if structure.is_null(head):
        return _null
    if head == _BYTE:
        return _byte
    is_empty = head == kind << 4 and kind in _EMPTY
    return _without_content(_EMPTY[kind]) if is_empty else _BY_KIND[kind]


_CONVERSIONS: tuple[_Conversion, ...] = tuple(map(_conversion, range(256)))
"""By the whole first byte, so that one look-up distinguishes nulls from values."""

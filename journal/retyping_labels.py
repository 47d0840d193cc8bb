"""The types that a JSON value can have had in Ion, and the values of those types.

Source: Ion cookbook, "Down-converting to JSON": timestamps, symbols and strings become strings,
blobs base64, clobs strings of characters up to 255, floats and decimals numbers, nulls of any type
and floats that are no number null, S-expressions arrays.
"""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.ion.integers import coefficient, var_int
from journal.ion.structure import (
    BLOB,
    BOOL,
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
    TIMESTAMP,
)
from journal.ion.timestamp_encoding import timestamp
from journal.ion.writing import binary64, blob, clob, decimal, null
from journal.json_transcoding import from_base64

if TYPE_CHECKING:
    from journal.ion.structure import Span


class Label(enum.IntEnum):
    """A type in which a value can be tried."""

    AS_IS = 0
    TIMESTAMP = 1
    BLOB = 2
    SYMBOL = 3
    CLOB = 4
    FLOAT = 5
    DECIMAL = 6
    SEXP = 7
    NULL_STRING = 8
    NULL_TIMESTAMP = 9
    NULL_INT = 10
    NULL_DECIMAL = 11
    NULL_BOOL = 12
    NULL_STRUCT = 13
    NULL_LIST = 14
    NULL_FLOAT = 15
    NULL_SYMBOL = 16
    NULL_BLOB = 17
    NULL_CLOB = 18
    NULL_SEXP = 19
    NAN = 20
    PLUS_INFINITY = 21
    MINUS_INFINITY = 22


_NULLS = {
    Label.NULL_STRING: null(STRING),
    Label.NULL_TIMESTAMP: null(TIMESTAMP),
    Label.NULL_INT: null(INT),
    Label.NULL_DECIMAL: null(DECIMAL),
    Label.NULL_BOOL: null(BOOL),
    Label.NULL_STRUCT: null(STRUCT),
    Label.NULL_LIST: null(LIST),
    Label.NULL_FLOAT: null(FLOAT),
    Label.NULL_SYMBOL: null(SYMBOL),
    Label.NULL_BLOB: null(BLOB),
    Label.NULL_CLOB: null(CLOB),
    Label.NULL_SEXP: null(SEXP),
    Label.NAN: binary64(math.nan),
    Label.PLUS_INFINITY: binary64(math.inf),
    Label.MINUS_INFINITY: binary64(-math.inf),
}
_STRING_LABELS = (Label.TIMESTAMP, Label.BLOB, Label.SYMBOL, Label.CLOB)
_NUMBER_LABELS = (Label.FLOAT, Label.DECIMAL)
LABELS: dict[int, tuple[Label, ...]] = {
    0: tuple(_NULLS),
    INT: _NUMBER_LABELS,
    DECIMAL: _NUMBER_LABELS,
    STRING: _STRING_LABELS,
    LIST: (Label.SEXP,),
}
"""Labels by the type that JSON has; `encoded` tells whether a value has one."""

_MAX_FLOAT_DIGITS = 17
"""No printer of floats writes more digits."""

_MAX_NUMBER_BYTES = 8
"""Size of a number's coefficient that can be a float as it is printed: 17 digits have 57 bits."""

_SHORTEST_SMALL = -5
"""Exponent up to which a float is printed as ``1.0E-4`` instead of with zeros."""

_SAME_DIGITS = str.maketrans("123456789-", "000000000+")
_FIRST_DATE_SIGN = 4
_LIKELY_BASE64_LENGTH = 24
"""Length from which a text in the alphabet of base64 is more likely base64 than a word."""


def json_kind(head: int) -> int:
    """Return the type that JSON has, by a value's first byte: it has one for all ints."""
    kind = head >> 4
    return INT if kind == NEGATIVE_INT else kind


def text_of(span: Span) -> str:
    """Return the text of a string."""
    data, _, _, start, stop = span
    return data[start:stop].decode()


def date_shape(text: str) -> str:
    """Return the precision and offset of a date in a text, as that text with the same digits.

    Dates that one program wrote for one purpose are of one shape.
    """
    return text.translate(_SAME_DIGITS)


def looks_like_base64(text: str) -> bool:
    """Return whether a text is more likely base64 than anything else."""
    is_long = len(text) >= _LIKELY_BASE64_LENGTH or text.endswith("=")
    return is_long and from_base64(text) is not None


def encoded(label: Label, span: Span) -> bytes | None:
    """Return a value in another type, as binary Ion without symbols.

    Parameters
    ----------
    label
        The type; not `Label.AS_IS`, `Label.SYMBOL` or `Label.SEXP`, which need no new content.
    span
        The value as JSON has it.

    Returns
    -------
    bytes
        None if no value of that type is printed like this one.
    """
    data, _, head, start, stop = span
    kind = head >> 4
    if kind == STRING:
        return _of_string(label, data[start:stop].decode())
    if kind == DECIMAL:
        return _of_decimal(label, data, start, stop)
    if kind in (INT, NEGATIVE_INT):
        return _of_int(label, data[start:stop], minus=kind == NEGATIVE_INT)
    return _NULLS.get(label)


def _of_string(label: Label, text: str) -> bytes | None:
    if label is Label.TIMESTAMP:
        return _timestamp(text)
    if label is Label.BLOB:
        content = from_base64(text)
        return None if content is None else blob(content)
    if label is Label.CLOB:
        try:
            return clob(text.encode("latin-1"))
        except UnicodeEncodeError:
            return None
    return None


def _timestamp(text: str) -> bytes | None:
    if text[_FIRST_DATE_SIGN : _FIRST_DATE_SIGN + 1] not in {"-", "T"}:
        return None
    try:
        return timestamp(text)
    except IonError:
        return None


def _of_int(label: Label, content: bytes, *, minus: bool) -> bytes | None:
    magnitude = int.from_bytes(content, "big")
    if label is Label.DECIMAL:
        return decimal(magnitude, 0, minus=minus)
    try:
        number = float(magnitude)
    except OverflowError:
        return None
    # A large float is printed as the int that it is, or in a few digits followed by zeros.
    if number != magnitude and Decimal(repr(number)) != magnitude:
        return None
    return binary64(-number if minus else number)


def _of_decimal(label: Label, data: bytes, start: int, stop: int) -> bytes | None:
    exponent, _, start = var_int(data, start) if start < stop else (0, False, start)
    if stop - start > _MAX_NUMBER_BYTES:
        return None
    magnitude, minus = coefficient(data, start, stop)
    if label is Label.DECIMAL:
        # Some printers write a fraction that the decimal does not have.
        is_printed = exponent == -1 and magnitude % 10 == 0
        return decimal(magnitude // 10, 0, minus=minus) if is_printed else None
    return _printed_float(magnitude, exponent, minus=minus)


def _printed_float(magnitude: int, exponent: int, *, minus: bool) -> bytes | None:
    """Return the float that is printed so; None if a number of this precision is none.

    Floats are printed in the fewest digits that tell them apart, with at most one zero at the end,
    or by some printers in more, which are rounded correctly.
    """
    digits = str(magnitude)
    has_zeros = exponent < -1 and digits.endswith("0")
    is_small = len(digits) <= 2 and exponent <= _SHORTEST_SMALL  # noqa: PLR2004 (as in 1.0E-4)
    if len(digits) > _MAX_FLOAT_DIGITS or (has_zeros and not is_small):
        return None
    number = float(f"{digits}e{exponent}")
    if math.isinf(number) or (magnitude and not number):
        return None
    # Other digits that are rounded to the same float are not those that were exported.
    printed = Decimal(f"{digits}e{exponent}")
    if printed not in (Decimal(repr(number)), Decimal(f"{number:.{len(digits) - 1}e}")):
        return None
    return binary64(-number if minus else number)

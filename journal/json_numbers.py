"""Numbers of JSON as binary Ion, exactly: no float in between.

Source: RFC 8259, section 6; Ion specification, "Amazon Ion Binary Encoding".
"""

from __future__ import annotations

from functools import lru_cache

from journal.errors import IonError
from journal.ion.writing import decimal, integer

MAX_DIGITS = 320_000
"""Maximum digits of a number. A document has at most 128 KB (QLDB developer guide, "Quotas and
limits"), in which binary Ion has room for 315,653 digits. The time to read them grows faster than
their count."""

MAX_EXPONENT_DIGITS = 18
"""Maximum digits of an exponent: those of 8 bytes, of which Java's BigDecimal takes 4."""

_MAX_CACHED_CHARACTERS = 24
_CACHED_NUMBERS = 4096
_PART = 4_000
"""Digits that ``int()`` reads at once: Python's own limit is 4,300."""

_TOO_LONG = "expected a number of fewer digits"


def json_integer(literal: str) -> bytes:
    """Return the int of a number without fraction and exponent.

    Ion's ints have no minus zero: ``-0`` becomes a decimal.

    Raises
    ------
    IonError
        If it has more than `MAX_DIGITS`.
    """
    return _short_integer(literal) if len(literal) <= _MAX_CACHED_CHARACTERS else _integer(literal)


def json_decimal(literal: str) -> bytes:
    """Return the decimal of a number with a fraction or an exponent, with its own precision.

    Raises
    ------
    IonError
        If it has more than `MAX_DIGITS`, or its exponent more than `MAX_EXPONENT_DIGITS`.
    """
    return _short_decimal(literal) if len(literal) <= _MAX_CACHED_CHARACTERS else _decimal(literal)


def _integer(literal: str) -> bytes:
    if literal == "-0":
        return decimal(0, 0, minus=True)
    minus = literal[0] == "-"
    magnitude = _magnitude(literal[1:] if minus else literal)
    return integer(-magnitude if minus else magnitude)


def _decimal(literal: str) -> bytes:
    mantissa, _, power = literal.replace("E", "e").partition("e")
    minus = mantissa[0] == "-"
    whole, _, places = mantissa[minus:].partition(".")
    return decimal(_magnitude(whole + places), _exponent(power) - len(places), minus=minus)


# Versions, sequence numbers and prices come again and again.
_short_integer = lru_cache(maxsize=_CACHED_NUMBERS)(_integer)
_short_decimal = lru_cache(maxsize=_CACHED_NUMBERS)(_decimal)


def _exponent(text: str) -> int:
    if len(text.lstrip("+-").lstrip("0")) > MAX_EXPONENT_DIGITS:
        raise IonError("expected an exponent of fewer digits")
    return int(text.lstrip("0") or "0")


def _magnitude(digits: str) -> int:
    """Read digits; ``int()`` alone refuses many, and its time grows with the square of them."""
    if len(digits) <= _PART:
        return int(digits)
    if len(digits) > MAX_DIGITS:
        raise IonError(_TOO_LONG)
    low = len(digits) // 2
    power: int = 10**low
    return _magnitude(digits[:-low]) * power + _magnitude(digits[-low:])

"""Numbers and timestamps of Ion text as binary Ion.

Source: Ion specification, "Ion Text Encoding", its sections on numbers, and its grammar.
"""

from __future__ import annotations

import re
from functools import lru_cache

from journal.errors import IonError
from journal.ion.timestamp_encoding import timestamp
from journal.ion.writing import binary64, decimal, integer

_NUMBER = re.compile(
    rb"(-?)(?:0[xX]([0-9a-fA-F]++(?:_[0-9a-fA-F]++)*+)|0[bB]([01]++(?:_[01]++)*+)"
    rb"|(0|[1-9][0-9]*+(?:_[0-9]++)*+)(\.(?:[0-9]++(?:_[0-9]++)*+)?)?"
    rb"(?:([dDeE])([+-]?[0-9]++))?)"
).fullmatch
_TIMESTAMP = re.compile(rb"[0-9]{4}[-T]").match

MAX_DIGITS = 320_000
"""Maximum digits of an int or a decimal. A document has at most 128 KB (QLDB developer guide,
"Quotas and limits"), in which binary Ion has room for 315,653 digits. The time to read them grows
faster than their count."""

MAX_FLOAT_DIGITS = 4_000
"""Maximum digits of a float. No writer needs more than 17, and no float has more than 767."""

_MAX_EXPONENT_DIGITS = 18
"""Maximum digits of a decimal's exponent: those of 8 bytes, of which Java's BigDecimal takes 4."""

MAX_SHORT_BYTES = 40
"""Maximum size of a number that is kept."""

_CACHED_NUMBERS = 4096
_PART = 4_000
"""Digits that ``int()`` reads at once: Python's own limit is 4,300."""

_ZERO = b"0"[0]
_SYNTAX = "expected a number or a timestamp"
_TOO_LONG = "expected a number of fewer digits"


def number(token: bytes) -> bytes:
    """Return what a number or a timestamp stands for, as binary Ion.

    Parameters
    ----------
    token
        The number or timestamp, complete.

    Raises
    ------
    IonError
        If Ion has no such number or timestamp, or it has too many digits.
    """
    return short_number(token) if len(token) <= MAX_SHORT_BYTES else _number(token)


def _number(token: bytes) -> bytes:
    if token.isdigit() and len(token) <= MAX_SHORT_BYTES and token[0] != _ZERO:
        return integer(int(token))
    if _TIMESTAMP(token):
        return timestamp(token.decode())
    found = _NUMBER(token)
    if found is None:
        raise IonError(_SYNTAX)
    minus, hexadecimal, binary, whole, fraction, mark, exponent = found.groups()
    if whole is None:
        magnitude = int(hexadecimal, 16) if hexadecimal else int(binary, 2)
        return integer(-magnitude if minus else magnitude)
    if mark and mark in b"eE":
        return _float(token)
    if fraction is None and mark is None:
        magnitude = _digits(whole.replace(b"_", b""))
        return integer(-magnitude if minus else magnitude)
    places = fraction[1:].replace(b"_", b"") if fraction else b""
    magnitude = _digits(whole.replace(b"_", b"") + places)
    return decimal(magnitude, _exponent(exponent) - len(places), minus=bool(minus))


short_number = lru_cache(maxsize=_CACHED_NUMBERS)(_number)
"""`number` for at most `MAX_SHORT_BYTES`.

Versions, statements' numbers, dates and times of transactions are in many revisions.
"""


def _float(token: bytes) -> bytes:
    if len(token) > MAX_FLOAT_DIGITS:
        raise IonError(_TOO_LONG)
    return binary64(float(token.replace(b"_", b"")))


def _exponent(text: bytes | None) -> int:
    if text is None:
        return 0
    digits = text.lstrip(b"+-").lstrip(b"0")
    if len(digits) > _MAX_EXPONENT_DIGITS:
        raise IonError("expected an exponent of fewer digits")
    return int(digits or b"0") * (-1 if text[:1] == b"-" else 1)


def _digits(text: bytes) -> int:
    """Read digits; ``int()`` alone refuses many, and its time grows with the square of them."""
    if len(text) <= _PART:
        return int(text)
    if len(text) > MAX_DIGITS:
        raise IonError(_TOO_LONG)
    low = len(text) // 2
    shift: int = 10**low
    return _digits(text[:-low]) * shift + _digits(text[-low:])

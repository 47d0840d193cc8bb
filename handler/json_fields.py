"""Checks of JSON fields that may have been edited by hand.

Each check returns the field or raises a TypeError. A string that JSON can hold but UTF-8 cannot (an
unpaired surrogate) raises a UnicodeError. No message quotes the field.
"""

from __future__ import annotations

import sys

_YEAR_10000 = 253_402_300_800
"""Seconds since the epoch at which Python's calendar ends."""


def text(value: object) -> str:
    """Return a string that can be written as UTF-8."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    value.encode()
    return value


def digits(value: object) -> str:
    """Return a string of decimal digits."""
    found = text(value)
    if not (found.isascii() and found.isdigit()):
        raise TypeError("not a string of digits")
    return found


def count(value: object) -> int | None:
    """Return an integer from 0, or None."""
    if value is None or (isinstance(value, int) and 0 <= value <= sys.maxsize):
        return value
    raise TypeError("not a count")


def moment(value: object) -> float:
    """Return seconds since the epoch, up to the end of Python's calendar."""
    if isinstance(value, int | float) and 0 <= value < _YEAR_10000:
        return value
    raise TypeError("not a time")

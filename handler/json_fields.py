"""Fields of JSON that somebody may have changed: each is what it has to be, or a TypeError.

A text that JSON can hold but UTF-8 cannot (half of a character) is a UnicodeError. No message holds
anything of the field.
"""

from __future__ import annotations

import sys

_YEAR_10000 = 253_402_300_800
"""Seconds since the epoch, where calendars end."""


def text(value: object) -> str:
    """Take a text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # JSON can hold halves of characters, which nothing else takes
    return value


def digits(value: object) -> str:
    """Take a number that is written in decimal digits, as a text."""
    found = text(value)
    if not (found.isascii() and found.isdigit()):
        raise TypeError("not a number in digits")
    return found


def count(value: object) -> int | None:
    """Take a whole number from 0, or None."""
    if value is None or (isinstance(value, int) and 0 <= value <= sys.maxsize):
        return value
    raise TypeError("not a count")


def moment(value: object) -> float:
    """Take seconds since the epoch that a calendar has."""
    if isinstance(value, int | float) and 0 <= value < _YEAR_10000:
        return value
    raise TypeError("not a time")

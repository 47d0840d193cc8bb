"""Encodes the text of a timestamp as binary Ion.

Source: Ion specification, "Timestamps" and "Amazon Ion Binary Encoding".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from journal.errors import IonError
from journal.ion.integers import END_FLAG
from journal.ion.structure import TIMESTAMP
from journal.ion.writing import UNKNOWN_OFFSET, signed, value, var_int, var_uint

_TEXT = re.compile(
    r"(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
    r"(Z|[+-]\d\d:\d\d))?)?))",
    re.ASCII,
)
"""Year (``2020T``), month (``2020-02T``), day (``2020-02-03``), minute or second; those with a time
of day have an offset."""

_UNKNOWN = "-00:00"
_MINUTES_PER_HOUR = 60
_MAX_HOURS = 23
_CALENDAR = "a timestamp that the calendar does not have"
_SYNTAX = "a timestamp of no known form"
MAX_FRACTION_DIGITS = 4_000
"""Maximum digits of a fractional second; Python's own limit for int() is 4,300."""


@lru_cache(maxsize=1024)
def timestamp(text: str) -> bytes:
    """Return the timestamp that a text stands for, with its precision and offset, as binary Ion.

    Raises
    ------
    IonError
        If the text is not a timestamp, or the calendar has no such one.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise IonError(_SYNTAX)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        if hour is None:
            return _date(year, month, day)
        moment = datetime(  # noqa: DTZ001 (its offset is subtracted below)
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0)
        )
        offset = _minutes(zone)
        if offset:
            moment -= timedelta(minutes=offset)
    except (ValueError, OverflowError):
        raise IonError(_CALENDAR) from None
    units = (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    content = (
        (UNKNOWN_OFFSET if zone == _UNKNOWN else var_int(offset))
        + var_uint(moment.year)
        + bytes([unit | END_FLAG for unit in (units if second else units[:-1])])
    )
    return value(TIMESTAMP, content + _fraction(fraction) if fraction else content)


def _date(year: str, month: str | None, day: str | None) -> bytes:
    datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    units = [int(unit) for unit in (year, month, day) if unit is not None]
    return value(TIMESTAMP, UNKNOWN_OFFSET + b"".join(map(var_uint, units)))


def _minutes(zone: str) -> int:
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > _MAX_HOURS or minutes >= _MINUTES_PER_HOUR:
        raise ValueError
    return (hours * _MINUTES_PER_HOUR + minutes) * (-1 if zone[0] == "-" else 1)


def _fraction(digits: str) -> bytes:
    if len(digits) > MAX_FRACTION_DIGITS:
        raise IonError("a fractional second of too many digits")
    return var_int(-len(digits)) + signed(int(digits), minus=False)

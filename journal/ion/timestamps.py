"""Timestamps of binary Ion, as Ion text."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from journal.errors import TRUNCATED, IonError
from journal.ion.integers import END_FLAG, coefficient, digits, var_int, var_uint

_DAYS, _SECONDS = 3, 6
"""Position of these units in a timestamp, counted from the year."""

MAX_LEADING_ZEROS = 200
"""Maximum zeros before the first other digit of a fractional second, or in one of zeros alone. No
clock comes near the 43 of the Planck time. Without a limit an exponent of a few bytes would demand
gigabytes of zeros."""

_MAX_FRACTION_BITS = 400 * 1024 * 10 // 3
"""Maximum size of the other digits: 400 KB of them. To find more takes seconds."""

_TOO_MANY_DIGITS = "a fractional second of too many digits"
_UNKNOWN_OFFSET = "-00:00"
_MINUTES_PER_DAY = 24 * 60


def timestamp_text(data: bytes, start: int, stop: int) -> str:
    """Return a timestamp as Ion text, with its own precision, fraction and offset.

    Ion specification, "Timestamps": the fields are in UTC, the text is in local time, and an
    unknown offset is ``-00:00``.

    Raises
    ------
    IonError
        If the calendar of the years 1 to 9999 has no such timestamp.
    """
    try:
        offset, minus, position = var_int(data, start)
        units: list[int] = []
        while position < stop and len(units) < _SECONDS:
            unit = data[position]
            if unit >= END_FLAG:
                unit -= END_FLAG
                position += 1
            else:
                unit, position = var_uint(data, position)
            units.append(unit)
        if position > stop:
            raise IonError(TRUNCATED)
        if len(units) > _DAYS:
            return _moment(units, offset, minus, _fraction(data, position, stop))
        return _date(*units)
    except (ValueError, OverflowError, TypeError):
        raise IonError("a timestamp that the calendar does not have") from None
    except IndexError:
        raise IonError(TRUNCATED) from None


def _date(year: int, month: int | None = None, day: int | None = None) -> str:
    whole = date(year, month or 1, day or 1).isoformat()
    if day is not None:
        return whole
    return f"{whole[:7]}T" if month is not None else f"{whole[:4]}T"


def _moment(units: list[int], offset: int, minus: bool, fraction: str) -> str:  # noqa: FBT001 (a sign, not an option)
    if len(units) == _DAYS + 1:
        raise IonError("a timestamp with an hour alone")
    local = datetime(*units)  # type: ignore[arg-type]  # noqa: DTZ001 (local time, by its offset)
    zone = _UNKNOWN_OFFSET if minus else "Z"
    if offset:
        local += timedelta(minutes=offset)
        zone = _offset(offset)
    precision = "seconds" if len(units) == _SECONDS else "minutes"
    return f"{local.isoformat(timespec=precision)}{fraction}{zone}"


def _fraction(data: bytes, start: int, stop: int) -> str:
    if start == stop:
        return ""
    exponent, _, start = var_int(data, start)
    number, minus = coefficient(data, start, stop)
    if exponent >= 0 and number == 0:
        return ""
    places = -exponent
    if number.bit_length() > _MAX_FRACTION_BITS:
        raise IonError(_TOO_MANY_DIGITS)
    text = digits(number) if number else ""
    if places - len(text) > MAX_LEADING_ZEROS:
        raise IonError(_TOO_MANY_DIGITS)
    text = text.zfill(places)
    if len(text) > places or (minus and number):
        raise IonError("invalid fractional second")
    return "." + text


def _offset(minutes: int) -> str:
    if abs(minutes) >= _MINUTES_PER_DAY:
        raise IonError("an offset of a day or more")
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"

"""Timestamps of binary Ion, as Ion text."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from struct import Struct
from struct import error as StructError  # noqa: N812 (an exception, in struct's spelling)

from journal.errors import TRUNCATED, IonError
from journal.ion.integers import END_FLAG, coefficient, digits, var_int, var_uint

_UNITS = Struct("8B")
"""Offset, the two bytes of a year, and the units from month to second, a byte each."""

_UTC = 0x80
_FIRST_CENTURY = 8
"""First byte of the year 1024: from there on a year has four digits."""

_NO_PLACES = 0xC0
"""The exponent -0. That of n places is n more, up to 63."""

_MAX_PLACES = 9
_MAX_FRACTION_BYTES = 1 + 4
"""Of an exponent, and of nine digits."""

_SIGN = 0x80
"""Bit of the first byte of a negative coefficient."""

_TWO_DIGITS = tuple([f"{byte - END_FLAG:02d}" for byte in range(256)])

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
        if _UNITS.size <= stop - start <= _UNITS.size + _MAX_FRACTION_BYTES:
            text = _usual(data, start, stop)
            if text is not None:
                return text
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
    except (IndexError, StructError):
        raise IonError(TRUNCATED) from None


def _usual(data: bytes, start: int, stop: int) -> str | None:
    """Return a timestamp in UTC with seconds; None if it is of another form.

    QLDB writes its own times so, and so do most applications: the general way takes twice as long,
    and a revision has several of them.
    """
    offset, century, year, month, day, hour, minute, second = _UNITS.unpack_from(data, start)
    if (
        offset != _UTC
        or not _FIRST_CENTURY <= century < END_FLAG
        or not year & month & day & hour & minute & second & END_FLAG
    ):
        return None
    fraction = _decimals(data, start + _UNITS.size, stop)
    if fraction is None:
        return None
    year += (century << 7) - END_FLAG
    # For its error at a moment that the calendar does not have.
    datetime(  # noqa: DTZ001 (in UTC)
        year,
        month - END_FLAG,
        day - END_FLAG,
        hour - END_FLAG,
        minute - END_FLAG,
        second - END_FLAG,
    )
    return (
        f"{year}-{_TWO_DIGITS[month]}-{_TWO_DIGITS[day]}"
        f"T{_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}{fraction}Z"
    )


def _decimals(data: bytes, start: int, stop: int) -> str | None:
    """Return a fraction of up to nine digits; None if it is of another form."""
    if start == stop:
        return ""
    places = data[start] - _NO_PLACES
    start += 1
    if not 0 < places <= _MAX_PLACES or (start < stop and data[start] >= _SIGN):
        return None
    digits = str(int.from_bytes(data[start:stop], "big")).zfill(places)
    return "." + digits if len(digits) == places else None


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

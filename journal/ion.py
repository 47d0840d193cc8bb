"""Binary Ion, read in place: nothing is decoded that nobody asks for.

Source of the format: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".

Why not amazon.ion 0.15.0 here: its C extension never returns from some malformed input, which
nothing in Python can interrupt (amazon-ion/ion-python issue 398 and relatives; its Python reader
has such input too), reads some ints of eight bytes as other numbers and changes timestamps with
more than nine digits of a second, both without an error, and refuses decimals with large exponents
and symbols without text. It builds every value of a record, most of which nobody needs. Its readers
are what the tests compare this one with.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Context, Decimal, Inexact, Overflow
from functools import lru_cache
from typing import TypeAlias

from journal.errors import IonError

VERSION_MARKER = b"\xe0\x01\x00\xea"

# A value starts with a byte of type (upper half) and length (lower half).
BOOL, INT, NEGATIVE_INT, FLOAT, DECIMAL, TIMESTAMP, SYMBOL = 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7
STRING, CLOB, BLOB, LIST, SEXP, STRUCT, ANNOTATION = 0x8, 0x9, 0xA, 0xB, 0xC, 0xD, 0xE
_RESERVED = 0xF
_LENGTH_FOLLOWS = 14
_NULL = 15
_LAST_PADDING = 0x0E
UNTYPED_NULL = 0x0F
_ORDERED_STRUCT = 0xD1
_FIRST_STRUCT, _NULL_STRUCT = 0xD0, 0xDF
_FIRST_ANNOTATION = 0xE0
_LAST_BYTE = 0x80
_LENGTH_APART, _INVALID = -1, -2
_LONGEST_VARIABLE = 10
"""Bytes of a VarUInt or VarInt. No length, symbol or exponent needs more, and without a limit the
time of reading one grows with the square of its bytes."""

_UNKNOWN_SYMBOL = "$0"
_SYSTEM_SYMBOLS = (
    _UNKNOWN_SYMBOL,
    "$ion",
    "$ion_1_0",
    "$ion_symbol_table",
    "name",
    "version",
    "imports",
    "symbols",
    "max_id",
    "$ion_shared_symbol_table",
)
_SYMBOL_TABLE = 3

_UNEXPLAINED = "a symbol that no table explains"
_TOO_LONG = "a length or an exponent of too many bytes"
_TRUNCATED = "truncated"
_OVERRUN = "a value that ends after its container"

_UNKNOWN_OFFSET = "-00:00"
_MINUTES_PER_DAY = 24 * 60
_SHORT_NUMBER = 1 << 64
_SHORT_BYTES = 256
_KEPT_TABLE = 4096
"""Longest symbol table that is remembered: large ones would fill the memory."""
_DAYS, _SECONDS = 3, 6  # which unit of a timestamp it is, counted from the year
_LONGEST_FRACTION = 400 * 1024
"""Digits of a second: more do not fit into an item of DynamoDB."""

Names: TypeAlias = tuple[str | None, ...]
"""Symbols by number; None where the symbol table gives a symbol no text."""


Span: TypeAlias = tuple[bytes, Names, int, int, int]
"""A value where it lies, its annotations left behind: the record, its symbols, the value's first
byte, and where the content starts and stops. A plain tuple, for there are dozens in each record."""

Fields: TypeAlias = dict[str, Span]
"""The fields of a struct, found but not decoded. Of repeated names the last counts."""

Content: TypeAlias = tuple[bytes, int, int]
"""The record, and where the content of a value of known type starts and stops."""


def _fixed_length(head: int) -> int:
    kind, low = head >> 4, head & 0x0F
    if kind == BOOL:
        return 0 if low in (0, 1, _NULL) else _INVALID
    if kind == _RESERVED or (kind == ANNOTATION and low in (0, 1, 2, _NULL)):
        return _INVALID
    if kind == FLOAT and low not in (0, 4, 8, _NULL):
        return _INVALID
    if low == _LENGTH_FOLLOWS or head == _ORDERED_STRUCT:
        return _LENGTH_APART
    return 0 if low == _NULL else low


LENGTHS = tuple(map(_fixed_length, range(256)))
"""By first byte: the length of the content, or a negative number for `variable_length`."""


def variable_length(data: bytes, position: int, head: int) -> tuple[int, int]:
    """Read the length that stands after the first byte; gives it and where the content starts."""
    if LENGTHS[head] == _INVALID:
        raise IonError("a byte that starts no value")
    return unsigned(data, position)


def unsigned(data: bytes, position: int) -> tuple[int, int]:
    """Read a VarUInt; gives the number and where it ends."""
    value = 0
    for place in range(position, position + _LONGEST_VARIABLE):
        byte = data[place]
        if byte & _LAST_BYTE:
            return (value << 7) | (byte & 0x7F), place + 1
        value = (value << 7) | byte
    raise IonError(_TOO_LONG)


def signed(data: bytes, position: int) -> tuple[int, bool, int]:
    """Read a VarInt; gives the number, whether it has a minus, and where it ends."""
    byte = data[position]
    minus = bool(byte & 0x40)
    value = byte & 0x3F
    if byte & _LAST_BYTE:
        return -value if minus else value, minus, position + 1
    for place in range(position + 1, position + _LONGEST_VARIABLE):
        byte = data[place]
        value = (value << 7) | (byte & 0x7F)
        if byte & _LAST_BYTE:
            return -value if minus else value, minus, place + 1
    raise IonError(_TOO_LONG)


def coefficient(data: bytes, start: int, stop: int) -> tuple[int, bool]:
    """Read an Int that fills the rest of its value; gives its magnitude and its minus."""
    if start == stop:
        return 0, False
    bits = int.from_bytes(data[start:stop], "big")
    sign = 1 << (8 * (stop - start) - 1)
    return bits & (sign - 1), bool(bits & sign)


def digits(number: int) -> str:
    """Write a number from 0 with any count of digits.

    Python's own str() has a limit of digits, and it and Decimal() take the square of their count.
    """
    if number < _SHORT_NUMBER:
        return str(number)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    places = 3 * len(data)  # more than it has: a byte is 2.4 digits
    return str(_decimal(data, Context(prec=places, Emax=places, traps=[Inexact, Overflow])))


def _decimal(data: bytes, context: Context) -> Decimal:
    if len(data) <= _SHORT_BYTES:
        return Decimal(int.from_bytes(data, "big"))
    low = len(data) // 2
    high = context.multiply(_decimal(data[:-low], context), context.power(256, low))
    return context.add(high, _decimal(data[-low:], context))


def bounds(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Give a value's first byte, and where its content starts and stops.

    Raises
    ------
    IonError
        It does not end before its container does.
    """
    head = data[position]
    position += 1
    length = LENGTHS[head]
    if length < 0:
        length, position = variable_length(data, position, head)
    if position + length > end:
        raise IonError(_OVERRUN)
    return head, position, position + length


def without_annotations(data: bytes, start: int, stop: int) -> tuple[int, int, int]:
    """Give the bounds of the value in an annotation wrapper, whose bounds are given."""
    length, position = unsigned(data, start)
    position += length
    if not length or position >= stop:
        raise IonError("annotations without a value")
    head, start, end = bounds(data, position, stop)
    if end != stop or head >> 4 == ANNOTATION or is_padding(head):
        raise IonError("annotations without a value")
    return head, start, end


def is_null(head: int) -> bool:
    """Tell by its first byte whether a value is null, of whatever type."""
    return head & 0x0F == _NULL


def is_struct(span: Span) -> bool:
    """Tell whether a value is a struct other than null."""
    return _FIRST_STRUCT <= span[2] < _NULL_STRUCT


def is_padding(head: int) -> bool:
    """Tell by its first byte whether something is padding instead of a value."""
    return head <= _LAST_PADDING


def symbol_text(names: Names, symbol: int) -> str:
    """Give a symbol's text; ``$0``, its Ion text, for the symbol that has none.

    Raises
    ------
    IonError
        The record's symbol table has no such symbol, or gives it no text.
    """
    name = names[symbol] if symbol < len(names) else None
    if name is None:
        raise IonError(_UNEXPLAINED)
    return name


def utf8(data: bytes, start: int, stop: int) -> str:
    """Decode a text."""
    try:
        return data[start:stop].decode()
    except UnicodeDecodeError:
        raise IonError("a text that is not UTF-8") from None


def value(data: bytes) -> Span:
    """Find the one value of a stream of binary Ion.

    Raises
    ------
    IonError
        There is none, or more than one, or it does not end where the stream does.
    """
    if not data.startswith(VERSION_MARKER):
        raise IonError("not binary Ion")
    names: Names = _SYSTEM_SYMBOLS
    found: Span | None = None
    position = len(VERSION_MARKER)
    end = len(data)
    try:
        while position < end:
            head, start, stop = bounds(data, position, end)
            position = stop
            if is_padding(head):
                continue
            if head >> 4 == ANNOTATION:
                annotated = data[start:stop]
                short = stop - start <= _KEPT_TABLE
                table = _kept_symbol_table(annotated) if short else _symbol_table(annotated)
                if table is not None:
                    names = table
                    continue
                head, start, stop = without_annotations(data, start, stop)
            if found is not None:
                raise IonError("more than one value")
            found = (data, names, head, start, stop)
    except IndexError:
        raise IonError(_TRUNCATED) from None
    if found is None:
        raise IonError("no value")
    return found


def _symbol_table(data: bytes) -> Names | None:
    """Read what an annotation wrapper holds, if it is a local symbol table."""
    is_table = unsigned(data, unsigned(data, 0)[1])[0] == _SYMBOL_TABLE
    head, start, stop = without_annotations(data, 0, len(data))
    return _symbols(data[start:stop]) if is_table and head >> 4 == STRUCT else None


_kept_symbol_table = lru_cache(maxsize=256)(_symbol_table)
"""Documents with the same fields have the same table."""


def _symbols(table: bytes) -> Names:
    found = fields(table, _SYSTEM_SYMBOLS, 0, len(table))
    if not is_absent(found, "imports"):
        raise IonError("a symbol table that needs another")
    names: list[str | None] = list(_SYSTEM_SYMBOLS)
    symbols = found.get("symbols")
    if symbols is not None and not is_null(symbols[2]):
        _, _, head, position, end = symbols
        if head >> 4 != LIST:
            raise IonError("a symbol table without a list")
        while position < end:
            head, start, position = bounds(table, position, end)
            if head >> 4 == STRING and not is_null(head):
                names.append(utf8(table, start, position))
            elif not is_padding(head):
                names.append(None)
    return tuple(names)


def fields(data: bytes, names: Names, position: int, end: int) -> Fields:
    """Find the fields of a struct between its bounds. Of repeated names the last counts.

    Raises
    ------
    IonError
        They do not end where the struct does.
    IndexError
        They do not even end where the record does.
    """
    found: Fields = {}
    known = len(names)
    # Records are a few dozen fields, most of them with one byte for the symbol and one or two for
    # the length: what is done in place here would otherwise be most of the time of a whole record.
    while position < end:
        symbol = data[position]
        if symbol >= _LAST_BYTE:
            symbol -= _LAST_BYTE
            position += 1
        else:
            symbol, position = unsigned(data, position)
        head = data[position]
        start = position + 1
        length = LENGTHS[head]
        if length < 0:
            first = data[start]
            if first >= _LAST_BYTE and length == _LENGTH_APART:
                length = first - _LAST_BYTE
                start += 1
            elif data[start + 1] >= _LAST_BYTE and length == _LENGTH_APART:
                length = (first << 7) | (data[start + 1] - _LAST_BYTE)
                start += 2
            else:
                length, start = variable_length(data, start, head)
        position = start + length
        if head <= _LAST_PADDING:
            continue
        if head >= _FIRST_ANNOTATION:
            head, start, _ = without_annotations(data, start, position)
        name = names[symbol] if symbol < known else None
        if name is None:
            raise IonError(_UNEXPLAINED)
        found[name] = (data, names, head, start, position)
    if position != end:
        raise IonError(_OVERRUN)
    return found


def struct(span: Span) -> Fields:
    """Find the fields of a struct.

    Raises
    ------
    IonError
        It is not a struct, or its fields do not end where it does.
    """
    if not is_struct(span):
        raise IonError("not a struct")
    return _fields_of(span)


def _fields_of(span: Span) -> Fields:
    data, names, _, start, stop = span
    try:
        return fields(data, names, start, stop)
    except IndexError:
        raise IonError(_TRUNCATED) from None


def is_absent(found: Fields, name: str) -> bool:
    """Tell whether a field is missing or null."""
    field = found.get(name)
    return field is None or is_null(field[2])


def struct_field(found: Fields, name: str) -> Fields:
    """Find the fields of a field that is a struct."""
    field = found.get(name)
    if field is None or not is_struct(field):
        raise IonError(f"{name} is not a struct")
    return _fields_of(field)


def text_field(found: Fields, name: str) -> str:
    """Give a field that is a string or symbol."""
    field = found.get(name)
    if field is not None:
        data, names, head, start, stop = field
        if head >> 4 == STRING and head & 0x0F != _NULL:
            return utf8(data, start, stop)
        if head >> 4 == SYMBOL and head & 0x0F != _NULL:
            return symbol_text(names, int.from_bytes(data[start:stop], "big"))
    raise IonError(f"{name} is not a text")


def natural_field(found: Fields, name: str) -> int:
    """Give a field that is an int from 0."""
    data, start, stop = _content(found, name, INT, "number from 0")
    return int.from_bytes(data[start:stop], "big")


def blob_field(found: Fields, name: str) -> bytes:
    """Give a field that is a blob."""
    data, start, stop = _content(found, name, BLOB, "blob")
    return data[start:stop]


def timestamp_field(found: Fields, name: str) -> Content:
    """Give a field that is a timestamp, for `timestamp_text`."""
    return _content(found, name, TIMESTAMP, "timestamp")


def _content(found: Fields, name: str, kind: int, article: str) -> Content:
    field = found.get(name)
    if field is not None:
        data, _, head, start, stop = field
        if head >> 4 == kind and head & 0x0F != _NULL:
            return data, start, stop
    raise IonError(f"{name} is not a {article}")


def timestamp_text(data: bytes, start: int, stop: int) -> str:
    """Write a timestamp as Ion text, with its own precision, fraction and offset.

    Ion specification, "Timestamps": the fields are in UTC, the text is in local time, and an
    unknown offset is ``-00:00``.

    Raises
    ------
    IonError
        It is none that the calendar has in the years 1 to 9999.
    """
    try:
        offset, minus, position = signed(data, start)
        units: list[int] = []
        while position < stop and len(units) < _SECONDS:
            unit = data[position]
            if unit >= _LAST_BYTE:
                unit -= _LAST_BYTE
                position += 1
            else:
                unit, position = unsigned(data, position)
            units.append(unit)
        if position > stop:
            raise IonError(_TRUNCATED)
        if len(units) > _DAYS:
            return _moment(units, offset, minus, _fraction(data, position, stop))
        return _date(*units)
    except (ValueError, OverflowError, TypeError):
        raise IonError("a timestamp that the calendar does not have") from None
    except IndexError:
        raise IonError(_TRUNCATED) from None


def _date(year: int, month: int | None = None, day: int | None = None) -> str:
    whole = date(year, month or 1, day or 1).isoformat()
    if day is not None:
        return whole
    return f"{whole[:7]}T" if month is not None else f"{whole[:4]}T"


def _moment(units: list[int], offset: int, minus: bool, fraction: str) -> str:  # noqa: FBT001
    if len(units) == _DAYS + 1:
        raise IonError("a timestamp with an hour alone")
    local = datetime(*units)  # type: ignore[arg-type]  # noqa: DTZ001  (local time, by its offset)
    zone = _UNKNOWN_OFFSET if minus else "Z"
    if offset:
        local += timedelta(minutes=offset)
        zone = _offset(offset)
    precision = "seconds" if len(units) == _SECONDS else "minutes"
    return f"{local.isoformat(timespec=precision)}{fraction}{zone}"


def _fraction(data: bytes, start: int, stop: int) -> str:
    if start == stop:
        return ""
    exponent, _, start = signed(data, start)
    number, minus = coefficient(data, start, stop)
    if exponent >= 0 and number == 0:
        return ""
    places = -exponent
    if places > _LONGEST_FRACTION:
        raise IonError("a fraction of a second with more digits than an item can hold")
    text = digits(number).zfill(places)
    if len(text) > places or (minus and number):
        raise IonError("a fraction of a second that is none")
    return "." + text


def _offset(minutes: int) -> str:
    if abs(minutes) >= _MINUTES_PER_DAY:
        raise IonError("an offset of a day or more")
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"

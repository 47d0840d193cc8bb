"""The structure of binary Ion: the positions of values and of the fields of structs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from journal.errors import TRUNCATED, IonError, RecordError
from journal.ion.integers import END_FLAG, var_uint
from journal.ion.symbols import Names, is_symbol_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

# The first byte of a value: its type (upper half) and length (lower half).
BOOL, INT, NEGATIVE_INT, FLOAT, DECIMAL, TIMESTAMP, SYMBOL = 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7
STRING, CLOB, BLOB, LIST, SEXP, STRUCT, ANNOTATION = 0x8, 0x9, 0xA, 0xB, 0xC, 0xD, 0xE
_RESERVED = 0xF
LENGTH_FOLLOWS = 14
_NULL = 15
_LAST_PADDING = 0x0E
UNTYPED_NULL = 0x0F
_ORDERED_STRUCT = 0xD1
_FIRST_STRUCT, _NULL_STRUCT = 0xD0, 0xDF
FIRST_ANNOTATION = 0xE0

LENGTH_APART, _INVALID, _ORDERED = -1, -2, -3
_MIN_TIMESTAMP_BYTES = 2
"""An offset and a year."""

_UNEXPLAINED = "a symbol that no table explains"
_UNANNOTATED = "annotations without a value"
NOT_UTF8 = "a text that is not UTF-8"
"""Code of such a text."""

_OVERRUN = "a value that ends after its container"

Span: TypeAlias = tuple[bytes, Names, int, int, int]
"""The position of a value without its annotations: the record, its symbols, the value's first byte,
and where the content starts and stops. A plain tuple, because each record has dozens of them."""

Fields: TypeAlias = dict[str, Span]
"""The fields of a struct, not decoded. For duplicate names, the last wins."""

Value = TypeVar("Value")

Conversion: TypeAlias = Callable[[bytes, Names, int, int, int, int], Value]
"""Converts a value; see `converted_fields`."""

Content: TypeAlias = tuple[bytes, int, int]
"""The record, and where the content of a value of known type starts and stops."""


def _starts_no_value(kind: int, low: int) -> bool:
    """Return whether the specification's table "Illegal Type Descriptors" has a first byte."""
    return (
        (kind == BOOL and low not in (0, 1, _NULL))
        or (kind == NEGATIVE_INT and low == 0)
        or (kind == FLOAT and low not in (0, 4, 8, _NULL))
        or (kind == TIMESTAMP and low < _MIN_TIMESTAMP_BYTES)
        or (kind == ANNOTATION and low in (0, 1, 2, _NULL))
        or kind == _RESERVED
    )


def _fixed_length(head: int) -> int:
    kind, low = head >> 4, head & 0x0F
    if _starts_no_value(kind, low):
        return _INVALID
    if head == _ORDERED_STRUCT:
        return _ORDERED
    if low == LENGTH_FOLLOWS:
        return LENGTH_APART
    return 0 if low == _NULL or kind == BOOL else low


LENGTHS = tuple(map(_fixed_length, range(256)))
"""Length of the content by first byte; negative where `variable_length` has to find it."""


def variable_length(data: bytes, position: int, head: int) -> tuple[int, int]:
    """Read the length that follows the first byte.

    Returns
    -------
    tuple
        The length, and where the content starts.

    Raises
    ------
    IonError
        If no value starts with this byte, or an ordered struct is empty.
    """
    if LENGTHS[head] == _INVALID:
        raise IonError("a byte that starts no value")
    length, position = var_uint(data, position)
    if head == _ORDERED_STRUCT and not length:
        raise IonError("an ordered struct without fields")
    return length, position


def bounds(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Find a value's content.

    Returns
    -------
    tuple
        The value's first byte, and where its content starts and stops.

    Raises
    ------
    IonError
        If the value does not end before its container does.
    """
    head = data[position]
    position += 1
    length = LENGTHS[head]
    if length < 0:
        if length == LENGTH_APART and data[position] >= END_FLAG:
            length = data[position] - END_FLAG
            position += 1
        else:
            length, position = variable_length(data, position, head)
    if position + length > end:
        raise IonError(_OVERRUN)
    return head, position, position + length


def unwrapped(data: bytes, start: int, stop: int) -> tuple[list[int], int, int, int]:
    """Find the annotations and the value in an annotation wrapper.

    Parameters
    ----------
    data
        The record.
    start, stop
        Where the wrapper's content starts and stops.

    Returns
    -------
    tuple
        The annotations' symbols, and the value as for `bounds`.

    Raises
    ------
    IonError
        If the wrapper does not hold annotations and one value.
    """
    length, position = var_uint(data, start)
    first = position + length
    if not length or first >= stop:
        raise IonError(_UNANNOTATED)
    symbols = []
    while position < first:
        symbol, position = var_uint(data, position)
        symbols.append(symbol)
    head, start, end = bounds(data, first, stop)
    if position != first or end != stop or head >> 4 == ANNOTATION or is_padding(head):
        raise IonError(_UNANNOTATED)
    return symbols, head, start, end


def without_annotations(data: bytes, names: Names, start: int, stop: int) -> tuple[int, int, int]:
    """Find the value in an annotation wrapper.

    Parameters
    ----------
    data, names
        The record and its symbols.
    start, stop
        Where the wrapper's content starts and stops.

    Returns
    -------
    tuple
        As for `bounds`.

    Raises
    ------
    IonError
        If the wrapper does not hold annotations and one value, or no table has an annotation.
    """
    symbols, head, start, end = unwrapped(data, start, stop)
    if max(symbols) >= len(names):
        raise IonError(_UNEXPLAINED)
    return head, start, end


def is_null(head: int) -> bool:
    """Return whether a value, by its first byte, is null of any type."""
    return head & 0x0F == _NULL


def is_struct(span: Span) -> bool:
    """Return whether a value is a struct other than null."""
    return _FIRST_STRUCT <= span[2] < _NULL_STRUCT


def is_padding(head: int) -> bool:
    """Return whether a first byte starts padding instead of a value."""
    return head <= _LAST_PADDING


def symbol_text(names: Names, symbol: int) -> str:
    """Return a symbol's text; the Ion text of one that has none.

    Raises
    ------
    IonError
        If the record's symbol table has no such symbol.
    """
    if symbol >= len(names):
        raise IonError(_UNEXPLAINED)
    return names[symbol]


def utf8(data: bytes, start: int, stop: int) -> str:
    """Decode UTF-8.

    Raises
    ------
    IonError
        If the bytes are not UTF-8.
    """
    try:
        return data[start:stop].decode()
    except UnicodeDecodeError:
        raise IonError(NOT_UTF8) from None


def converted_fields(  # noqa: C901, PLR0912, PLR0917 (as in `_fields_of`, calls would take most of the time)
    data: bytes,
    names: Names,
    position: int,
    end: int,
    conversions: Sequence[Conversion[Value]],
    depth: int,
) -> tuple[dict[str, Value], dict[str, Exception]]:
    """Find the fields of a struct as `struct` does, and convert each at once.

    Parameters
    ----------
    data, names
        The record and its symbols.
    position, end
        The bounds of the struct.
    conversions
        What converts a value, by its first byte. It receives data, names, first byte, where the
        content starts and stops, and `depth`.
    depth
        Handed on.

    Returns
    -------
    tuple
        The values by name, and what the conversion of some of them has raised instead.

    Raises
    ------
    IonError
        If the fields do not end where the struct does.
    IndexError
        If the fields do not end before the record does.
    """
    found: dict[str, Value] = {}
    errors: dict[str, Exception] = {}
    while position < end:
        symbol = data[position]
        if symbol >= END_FLAG:
            symbol -= END_FLAG
            position += 1
        else:
            symbol, position = var_uint(data, position)
        head = data[position]
        start = position + 1
        length = LENGTHS[head]
        if length < 0:
            first = data[start]
            if first >= END_FLAG and length == LENGTH_APART:
                length = first - END_FLAG
                start += 1
            elif data[start + 1] >= END_FLAG and length == LENGTH_APART:
                length = (first << 7) | (data[start + 1] - END_FLAG)
                start += 2
            else:
                length, start = variable_length(data, start, head)
        position = start + length
        # Before it is converted: fields that overlap would be converted again and again, which
        # takes twice as long for each of them.
        if position > end:
            raise IonError(_OVERRUN)
        if head <= _LAST_PADDING:
            continue
        if head >= FIRST_ANNOTATION:
            head, start, _ = without_annotations(data, names, start, position)
        try:
            name = names[symbol]
        except IndexError:
            raise IonError(_UNEXPLAINED) from None
        try:
            found[name] = conversions[head](data, names, head, start, position, depth)
        except (RecordError, IndexError) as error:
            # A later field of the same name may replace it. With its traceback, or that of what it
            # was raised for, it would keep this frame, and be a cycle of many times its size.
            error.__traceback__ = error.__context__ = None
            errors[name] = error
        else:
            if errors:
                errors.pop(name, None)
    return found, errors


def struct(span: Span) -> Fields:
    """Find the fields of a struct.

    Raises
    ------
    IonError
        If the value is not a struct, or its fields do not end where it does.
    """
    if not is_struct(span):
        raise IonError("not a struct")
    return _fields_of(span)


def _fields_of(span: Span) -> Fields:  # noqa: C901 (calls would take most of the time)
    data, names, _, position, end = span
    found: Fields = {}
    # A record is a few dozen fields, most of them with one byte for the symbol and one or two for
    # the length. These are read in place: calls would take most of the time of a whole record.
    try:
        while position < end:
            symbol = data[position]
            if symbol >= END_FLAG:
                symbol -= END_FLAG
                position += 1
            else:
                symbol, position = var_uint(data, position)
            head = data[position]
            start = position + 1
            length = LENGTHS[head]
            if length < 0:
                first = data[start]
                if first >= END_FLAG and length == LENGTH_APART:
                    length = first - END_FLAG
                    start += 1
                elif data[start + 1] >= END_FLAG and length == LENGTH_APART:
                    length = (first << 7) | (data[start + 1] - END_FLAG)
                    start += 2
                else:
                    length, start = variable_length(data, start, head)
            position = start + length
            if head <= _LAST_PADDING:
                continue
            if head >= FIRST_ANNOTATION:
                head, start, _ = without_annotations(data, names, start, position)
            try:
                name = names[symbol]
            except IndexError:
                raise IonError(_UNEXPLAINED) from None
            found[name] = (data, names, head, start, position)
    except IndexError:
        raise IonError(TRUNCATED) from None
    if position != end:
        raise IonError(_OVERRUN)
    return found


def distinct_fields(span: Span) -> Fields:  # noqa: C901, PLR0912 (as in `_fields_of`, calls would take most of the time)
    """Find the fields of a struct, with their annotations, none of which may come twice.

    Returns
    -------
    Fields
        Unlike those of `struct`, an annotated value is its whole wrapper.

    Raises
    ------
    IonError
        If the value is not a struct, a name comes twice, or the fields do not end where it does.
    """
    if not is_struct(span):
        raise IonError("not a struct")
    data, names, _, position, end = span
    found: Fields = {}
    count = 0
    try:
        # As in `_fields_of`, the common cases are read in place.
        while position < end:
            symbol = data[position]
            if symbol >= END_FLAG:
                symbol -= END_FLAG
                position += 1
            else:
                symbol, position = var_uint(data, position)
            head = data[position]
            start = position + 1
            length = LENGTHS[head]
            if length < 0:
                first = data[start]
                if first >= END_FLAG and length == LENGTH_APART:
                    length = first - END_FLAG
                    start += 1
                elif data[start + 1] >= END_FLAG and length == LENGTH_APART:
                    length = (first << 7) | (data[start + 1] - END_FLAG)
                    start += 2
                else:
                    length, start = variable_length(data, start, head)
            position = start + length
            if head <= _LAST_PADDING:
                continue
            try:
                name = names[symbol]
            except IndexError:
                raise IonError(_UNEXPLAINED) from None
            found[name] = (data, names, head, start, position)
            count += 1
    except IndexError:
        raise IonError(TRUNCATED) from None
    if position != end:
        raise IonError(_OVERRUN)
    if count != len(found):
        raise IonError("a field that comes twice")
    return found


def elements(span: Span) -> list[Span]:
    """Find the elements of a list, with their annotations.

    Raises
    ------
    IonError
        If the value is not a list, or its elements do not end where it does.
    """
    data, names, head, position, end = span
    if head >> 4 != LIST or is_null(head):
        raise IonError("not a list")
    found = []
    try:
        while position < end:
            inner, start, position = bounds(data, position, end)
            if inner > _LAST_PADDING:
                found.append((data, names, inner, start, position))
    except IndexError:
        raise IonError(TRUNCATED) from None
    return found


def is_absent(found: Fields, name: str) -> bool:
    """Return whether a field is missing or null."""
    field = found.get(name)
    return field is None or is_null(field[2])


def struct_field(found: Fields, name: str) -> Fields:
    """Find the fields of a struct in a field."""
    field = found.get(name)
    if field is None or not is_struct(field):
        raise IonError(f"{name} is not a struct")
    return _fields_of(field)


def text_field(found: Fields, name: str) -> str:
    """Return a field that is a string, or a symbol that has a text."""
    field = found.get(name)
    if field is not None:
        data, names, head, start, stop = field
        if head >> 4 == STRING and head & 0x0F != _NULL:
            return utf8(data, start, stop)
        if head >> 4 == SYMBOL and head & 0x0F != _NULL:
            text = symbol_text(names, int.from_bytes(data[start:stop], "big"))
            if not is_symbol_identifier(text):
                return text
    raise IonError(f"{name} is not a text")


def uint_field(found: Fields, name: str) -> int:
    """Return a field that is a non-negative int."""
    data, start, stop = _content(found, name, INT, "number from 0")
    return int.from_bytes(data[start:stop], "big")


def blob_field(found: Fields, name: str) -> bytes:
    """Return a field that is a blob."""
    data, start, stop = _content(found, name, BLOB, "blob")
    return data[start:stop]


def timestamp_field(found: Fields, name: str) -> Content:
    """Return a field that is a timestamp, not decoded (`journal.ion.timestamps` does that)."""
    return _content(found, name, TIMESTAMP, "timestamp")


def _content(found: Fields, name: str, kind: int, expected: str) -> Content:
    field = found.get(name)
    if field is not None:
        data, _, head, start, stop = field
        if head >> 4 == kind and head & 0x0F != _NULL:
            return data, start, stop
    raise IonError(f"{name} is not a {expected}")

"""Reads a small file that holds one value, such as a manifest: binary Ion, Ion text or JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.ion import writing
from journal.ion.stream import VERSION_MARKER, single_value
from journal.ion.structure import LIST, STRUCT, UNTYPED_NULL, bounds

if TYPE_CHECKING:
    from journal.ion.structure import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def small_file_value(content: bytes) -> Span:
    """Return the one value of a file, as binary Ion.

    Raises
    ------
    IonError
        If the file is neither Ion nor JSON, or has another number of values.
    """
    if content.startswith(VERSION_MARKER):
        return single_value(content)
    return _json_value(content.removeprefix(_BYTE_ORDER_MARK))


def _json_value(content: bytes) -> Span:
    symbols = writing.Symbols()
    try:
        data = _binary(json.loads(content, parse_float=Decimal), symbols)
    except (ValueError, RecursionError):
        raise IonError("neither binary Ion nor JSON") from None
    return (data, symbols.names, *bounds(data, 0, len(data)))


def _binary(value: object, symbols: writing.Symbols) -> bytes:
    match value:
        case bool():
            return writing.boolean(value)
        case int():
            return writing.integer(value)
        case str():
            return writing.string(value)
        case list():
            return writing.value(LIST, b"".join(_binary(each, symbols) for each in value))
        case dict():
            return writing.value(
                STRUCT,
                b"".join(
                    writing.var_uint(symbols.number(name)) + _binary(each, symbols)
                    for name, each in value.items()
                ),
            )
        case _:
            # No file that is read here has a fraction in a place that matters.
            return bytes((UNTYPED_NULL,))

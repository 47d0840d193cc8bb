"""The three formats of an export: Ion binary, Ion text, and JSON.

JSON is down-converted by the rules of the Ion cookbook ("Down-converting to JSON").
"""

from __future__ import annotations

import base64
import enum
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion
from amazon.ion.core import TimestampPrecision
from amazon.ion.symbols import SymbolToken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amazon.ion.core import Timestamp


class Format(enum.Enum):
    """A format of exports.

    Attributes
    ----------
    output_format
        Its name in QLDB's API.
    extension
        Of the names of objects.
    """

    JSON = ("json", "JSON", "json")
    ION_TEXT = ("ion-text", "ION_TEXT", "ion")
    ION_BINARY = ("ion-binary", "ION_BINARY", "ion")

    def __init__(self, option: str, output_format: str, extension: str) -> None:
        self.option = option
        self.output_format = output_format
        self.extension = extension


def encode(form: Format, values: Iterable[object]) -> bytes:
    """Return the content of an object with some values at top level."""
    match form:
        case Format.ION_BINARY:
            # One table of symbols, before the first value.
            return bytes(simpleion.dumps(values, sequence_as_stream=True))
        case Format.ION_TEXT:
            return b"".join(_ion_text_line(value) for value in values)
        case Format.JSON:
            return b"".join(f"{_json(value)}\n".encode() for value in values)


def encoded_blob(form: Format, blob: bytes) -> bytes:
    """Return a blob's bytes as they are within the content of an object."""
    return blob if form is Format.ION_BINARY else base64.b64encode(blob)


def _ion_text_line(value: object) -> bytes:
    text: str = simpleion.dumps(value, binary=False, omit_version_marker=True)
    return f"{text}\n".encode()


def timestamp_text(value: Timestamp) -> str:
    """Return the Ion text of a timestamp with a precision of days or seconds, in UTC if the latter.

    Parameters
    ----------
    value
        With a precision that `documents` use.
    """
    if value.precision is TimestampPrecision.DAY:
        return f"{value:%Y-%m-%d}"
    _, digits, exponent = value.fractional_seconds.as_tuple()
    fraction = f".{''.join(map(str, digits)).zfill(-exponent)}" if exponent else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _json(value: Any) -> str:  # noqa: ANN401 (any Ion value of this generator)
    write = _WRITERS.get(type(value)) or _writer_of(type(value))
    return write(value)


def _struct(value: dict[str, Any]) -> str:
    fields = (f"{encode_basestring(name)}:{_json(item)}" for name, item in value.items())
    return f"{{{','.join(fields)}}}"


def _list(value: list[Any]) -> str:
    return f"[{','.join(map(_json, value))}]"


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def _timestamp(value: Timestamp) -> str:
    return f'"{timestamp_text(value)}"'


def _blob(value: bytes) -> str:
    return f'"{base64.b64encode(value).decode()}"'


def _symbol(value: SymbolToken) -> str:
    return encode_basestring(value.text)


def _null(_value: None) -> str:
    return "null"


def _bool(value: bool) -> str:  # noqa: FBT001 (the value to write)
    return "true" if value else "false"


# The order matters: a subclass comes before its base.
_WRITERS_BY_BASE: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (type(None), _null),
    (bool, _bool),
    (int, int.__repr__),
    (float, float.__repr__),
    (Decimal, _decimal),
    (datetime, _timestamp),
    (SymbolToken, _symbol),
    (str, encode_basestring),
    (bytes, _blob),
    (dict, _struct),
    (list, _list),
)
_WRITERS: Final = dict(_WRITERS_BY_BASE)


def _writer_of(kind: type) -> Callable[[Any], str]:
    for base, write in _WRITERS_BY_BASE:
        if issubclass(kind, base):
            _WRITERS[kind] = write
            return write
    raise TypeError(f"{kind.__name__} is not written by this generator")

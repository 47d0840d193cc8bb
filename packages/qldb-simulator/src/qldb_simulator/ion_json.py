"""Down-converts Ion to JSON.

Documented: QLDB's developer guide ("Down-converting to JSON") refers to the rules of the Ion
cookbook, which `json_text` follows one by one.

Inferred: the notations that the rules leave open are those of AWS's ion-java 1.11.10, with which
the cookbook itself converts (``IonTextWriterBuilder.json()``). A decimal is its digits with an
exponent, such as ``9025e-2``; a float has an exponent too; a symbol without text is ``"$0"``.
"""

from __future__ import annotations

import base64
import math
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from amazon.ion.core import IonType, Timestamp, TimestampPrecision
from amazon.ion.simple_types import IonPyBool, IonPyDict, IonPyNull
from amazon.ion.symbols import SymbolToken

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXTLESS: Final = "$0"
_MAX_ASCII: Final = 0x7E
_SECONDS_PER_MINUTE: Final = 60


def json_text(value: object) -> str:
    r"""Return an Ion value as JSON text without line breaks.

    Parameters
    ----------
    value
        Bare Python value or an amazon.ion value, as for `ion_hash.ion_hash`.

    Returns
    -------
    str
        JSON by the cookbook's rules: nulls of any type are ``null`` (1); ints (2), floats (3) and
        decimals (4) are numbers with their precision kept, nan and infinities ``null``; timestamps
        (5), symbols (6) and strings (7) are strings; clobs are strings of ASCII with ``\u00XX``
        for the other bytes (8); blobs are base64 (9); structs are objects (10), repeated names
        included; lists (11) and S-expressions (12) are arrays; annotations are left out (13);
        field names are quoted (14), and no comma is trailing (15).

    Raises
    ------
    TypeError
        If a value has no Ion type.
    """
    return _WRITERS[type(value)](value)


def _null(_value: object) -> str:
    return "null"


def _bool(value: object) -> str:
    return "true" if value else "false"


def _int(value: int) -> str:
    return int.__repr__(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    text = float.__repr__(value)
    return text if "e" in text else f"{text.removesuffix('.0')}e0"


def _decimal(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"


def timestamp_text(value: datetime) -> str:
    """Return a timestamp as its Ion text, with its precision and its offset.

    Parameters
    ----------
    value
        A standard datetime has six digits of fractional seconds, as amazon.ion writes it.
    """
    precision = getattr(value, "precision", None)
    if precision is None:
        precision = TimestampPrecision.SECOND
    text = f"{value.year:04}"
    if precision == TimestampPrecision.YEAR:
        return f"{text}T"
    text += f"-{value.month:02}"
    if precision == TimestampPrecision.MONTH:
        return f"{text}T"
    text += f"-{value.day:02}"
    if precision == TimestampPrecision.DAY:
        return text
    text += f"T{value.hour:02}:{value.minute:02}"
    if precision == TimestampPrecision.SECOND:
        text += f":{value.second:02}{_fraction(value)}"
    return text + _offset(value)


def _fraction(value: datetime) -> str:
    if not isinstance(value, Timestamp):
        return f".{value.microsecond:06}"
    seconds = value.fractional_seconds
    _, _, exponent = seconds.as_tuple()
    return f"{seconds:f}".removeprefix("0") if exponent < 0 else ""


def _offset(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return "-00:00"
    minutes = int(offset.total_seconds()) // _SECONDS_PER_MINUTE
    if minutes == 0:
        return "Z"
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{minutes_left:02}"


def _timestamp(value: datetime) -> str:
    return f'"{timestamp_text(value)}"'


def _symbol(value: SymbolToken) -> str:
    return encode_basestring(_TEXTLESS if value.text is None else value.text)


def _clob_character(byte: int) -> str:
    character = chr(byte)
    if character in {'"', "\\"}:
        return f"\\{character}"
    return character if ord(" ") <= byte <= _MAX_ASCII else f"\\u{byte:04x}"


_CLOB_CHARACTERS: Final = tuple(map(_clob_character, range(256)))


def _bytes(value: Any) -> str:  # noqa: ANN401 (any Ion value)
    if getattr(value, "ion_type", IonType.BLOB) is IonType.CLOB:
        return f'"{"".join([_CLOB_CHARACTERS[byte] for byte in value])}"'
    return f'"{base64.b64encode(value).decode()}"'


def _sequence(value: Any) -> str:  # noqa: ANN401 (any Ion value)
    # One frame of Python for each level, so that no document is too deep that could be committed.
    items = []
    for item in value:
        items.append(_WRITERS[type(item)](item))  # noqa: PERF401 (a comprehension is a frame too)
    return f"[{','.join(items)}]"


def _field_name(name: object) -> str:
    if isinstance(name, SymbolToken):
        return _symbol(name)
    return encode_basestring(_TEXTLESS if name is None else str(name))


def _struct(value: Any) -> str:  # noqa: ANN401 (any Ion value)
    fields = []
    # IonPyDict.items() yields every value of a repeated field name.
    for name, item in value.items():
        fields.append(f"{_field_name(name)}:{_WRITERS[type(item)](item)}")
    return f"{{{','.join(fields)}}}"


class _Writers(dict[type, "Callable[[Any], str]"]):
    """Writers by the type of a value; those of subclasses are found on first use."""

    # The order matters: a subclass comes before its base.
    _by_base: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
        (type(None), _null),
        (IonPyNull, _null),
        (bool, _bool),
        (IonPyBool, _bool),
        (int, _int),
        (float, _float),
        (Decimal, _decimal),
        (datetime, _timestamp),
        (SymbolToken, _symbol),
        (str, encode_basestring),
        (bytes, _bytes),
        (IonPyDict, _struct),
        (dict, _struct),
        (list, _sequence),
        (tuple, _sequence),
    )

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        for base, write in self._by_base:
            if issubclass(kind, base):
                self[kind] = write
                return write
        raise TypeError(f"{kind.__name__} has no Ion type")


_WRITERS: Final = _Writers()

"""From Ion values to DynamoDB attribute values, exactly or not at all.

| Ion | DynamoDB |
|---|---|
| null of any type | NULL |
| bool | BOOL |
| int, decimal that fit (38 significant digits, 1E-130 to 9.99E+125) | N, exact value |
| int, decimal that do not | S, Ion text |
| float that is finite and fits | N, shortest digits that read back as the same float |
| other floats | S, Ion text |
| timestamp | S, Ion text: precision and offset as written |
| string, symbol | S; a symbol without text is ``$0`` |
| blob, clob | B |
| list, sexp | L |
| struct | M |

Annotations are dropped. N has neither a negative zero nor trailing zeros: both are written as the
number that they are equal to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from amazon.ion.core import Timestamp, TimestampPrecision
from amazon.ion.simple_types import (
    IonPyBool,
    IonPyBytes,
    IonPyDecimal,
    IonPyFloat,
    IonPyInt,
    IonPyList,
    IonPyNull,
    IonPyStdDict,
    IonPyText,
    IonPyTimestamp,
)

AttributeValue: TypeAlias = Mapping[str, Any]
"""One value in DynamoDB's wire form; bytes stay bytes under ``B``."""

# DynamoDB developer guide, "Constraints": numbers and nesting.
SIGNIFICANT_DIGITS = 38
SMALLEST_EXPONENT = -130
LARGEST_EXPONENT = 125
NESTING_LEVELS = 32

_SMALL_INT = 10**SIGNIFICANT_DIGITS
_MINUTES = 60

_NULL: AttributeValue = {"NULL": True}
_TRUE: AttributeValue = {"BOOL": True}
_FALSE: AttributeValue = {"BOOL": False}
_ZERO: AttributeValue = {"N": "0"}


class UnstorableValue(Exception):  # noqa: N818  (a finding about a value, not a failure)
    """A value has no form in DynamoDB.

    Attributes
    ----------
    reason
        A constant text without any of the value's content.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def attribute_value(value: object, depth: int = 1) -> AttributeValue:
    """Convert one Ion value.

    Parameters
    ----------
    value
        As `handler.ion.load` gives it.
    depth
        The level of nesting that a container at this place has; an item's own attributes are at 1.

    Raises
    ------
    UnstorableValue
        DynamoDB has no form for it. The text says why and holds nothing of the value.
    """
    kind = type(value)
    if kind is str:
        return {"S": text(value)}  # type: ignore[arg-type]
    convert = _CONVERSIONS.get(kind)
    if convert is not None:
        return convert(value)
    container = _CONTAINERS.get(kind)
    if container is None:
        raise UnstorableValue("a type that Ion does not have")
    if depth > NESTING_LEVELS:
        raise UnstorableValue(f"nested deeper than {NESTING_LEVELS} levels")
    return container(value, depth)


def text(value: str) -> str:
    """Let a text through that UTF-8 can carry."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UnstorableValue("a text that is not Unicode") from None
    return value


def timestamp_text(value: Timestamp) -> str:
    """Write a timestamp as Ion text, with its own precision, fraction and offset.

    Unknown offset is ``-00:00`` (Ion specification, "Timestamps").
    """
    precision = value.precision
    date = f"{value.year:04d}"
    if precision is TimestampPrecision.YEAR:
        return date + "T"
    date += f"-{value.month:02d}"
    if precision is TimestampPrecision.MONTH:
        return date + "T"
    date += f"-{value.day:02d}"
    if precision is TimestampPrecision.DAY:
        return date
    date += f"T{value.hour:02d}:{value.minute:02d}"
    if precision is not TimestampPrecision.MINUTE:
        date += f":{value.second:02d}{_fraction(value.fractional_seconds)}"
    return date + _offset(value)


def _fraction(seconds: Decimal) -> str:
    _, digits, exponent = seconds.as_tuple()
    places = -exponent if isinstance(exponent, int) else 0
    if places <= 0:
        return ""
    return "." + "".join(map(str, digits)).zfill(places)


def _offset(value: Timestamp) -> str:
    offset = value.utcoffset()
    if offset is None:
        return "-00:00"
    minutes = offset.days * 24 * _MINUTES + offset.seconds // _MINUTES
    if minutes == 0:
        return "Z"
    hours, rest = divmod(abs(minutes), _MINUTES)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def _bool(value: object) -> AttributeValue:
    return _TRUE if value else _FALSE


def _null(_: object) -> AttributeValue:
    return _NULL


def _int(value: int) -> AttributeValue:
    if -_SMALL_INT < value < _SMALL_INT:
        return {"N": str(int(value))}
    # Decimal writes any number of digits; str(int) stops at a limit of the process.
    exact = Decimal(value)
    number = _number(exact)
    return {"N": number} if number is not None else {"S": str(exact)}


def _decimal(value: Decimal) -> AttributeValue:
    number = _number(value)
    return {"N": number} if number is not None else {"S": _decimal_text(value)}


def _number(value: Decimal) -> str | None:
    """Give the text of a number that DynamoDB can keep exactly; None for any other."""
    if not value:
        return "0"
    if not SMALLEST_EXPONENT <= value.adjusted() <= LARGEST_EXPONENT:
        return None
    sign, digits, exponent = value.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    if len(significant) > SIGNIFICANT_DIGITS or not isinstance(exponent, int):
        return None
    exponent += len(digits) - len(significant)
    return f"{'-' if sign else ''}{significant}{f'E{exponent}' if exponent else ''}"


def _decimal_text(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}d{exponent}"


def _float(value: float) -> AttributeValue:
    value = float(value)
    if not value:
        return _ZERO
    if math.isnan(value):
        return {"S": "nan"}
    if math.isinf(value):
        return {"S": "+inf" if value > 0 else "-inf"}
    shortest = repr(value)
    if SMALLEST_EXPONENT <= Decimal(shortest).adjusted() <= LARGEST_EXPONENT:
        return {"N": shortest}
    return {"S": shortest}


def _bytes(value: bytes) -> AttributeValue:
    return {"B": bytes(value)}


def _timestamp(value: Timestamp) -> AttributeValue:
    return {"S": timestamp_text(value)}


def _text(value: str) -> AttributeValue:
    return {"S": text(str(value))}


def _list(value: list[object], depth: int) -> AttributeValue:
    deeper = depth + 1
    return {"L": [attribute_value(element, deeper) for element in value]}


def _struct(value: dict[str, object], depth: int) -> AttributeValue:
    deeper = depth + 1
    return {"M": {text(name): attribute_value(field, deeper) for name, field in value.items()}}


# The C extension gives plain Python types, and a class of its own where a plain one would lose an
# annotation or the difference between types (typed null, clob, sexp).
_CONVERSIONS: dict[type, Callable[..., AttributeValue]] = {
    str: _text,
    IonPyText: _text,
    bool: _bool,
    IonPyBool: _bool,
    type(None): _null,
    IonPyNull: _null,
    int: _int,
    IonPyInt: _int,
    Decimal: _decimal,
    IonPyDecimal: _decimal,
    float: _float,
    IonPyFloat: _float,
    bytes: _bytes,
    IonPyBytes: _bytes,
    Timestamp: _timestamp,
    IonPyTimestamp: _timestamp,
}
_CONTAINERS: dict[type, Callable[..., AttributeValue]] = {
    list: _list,
    IonPyList: _list,
    dict: _struct,
    IonPyStdDict: _struct,
}

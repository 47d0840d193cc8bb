"""Ion values and DynamoDB values in one form, in which they can be compared.

No code of the handler is used: see `local.comparison`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import singledispatch
from typing import Any

from amazon.ion import simpleion
from amazon.ion.core import Timestamp
from amazon.ion.simple_types import IonPyBool, IonPyNull, IonPySymbol
from boto3.dynamodb.types import Binary

Comparable = tuple[str, Any]
"""Kind and plain value. The value of a list or a map holds further pairs of this kind."""

_MAX_DIGITS, _MIN_EXPONENT, _MAX_EXPONENT = 38, -130, 125
"""The numbers that DynamoDB can hold (DynamoDB developer guide, "Constraints")."""


@singledispatch
def comparable(value: Any) -> Comparable:  # noqa: ANN401 (a value of any type)
    """Return the kind and plain value of an Ion value or of a value that boto3 read.

    Parameters
    ----------
    value
        A value as amazon.ion or boto3's deserializer returns it.

    Raises
    ------
    TypeError
        If it is neither.
    """
    raise TypeError(f"neither Ion nor DynamoDB has the type {type(value).__name__}")


@comparable.register(type(None))
@comparable.register(IonPyNull)
def _null(_value: object) -> Comparable:
    return "null", None


@comparable.register(bool)
@comparable.register(IonPyBool)
def _boolean(value: object) -> Comparable:
    return "boolean", bool(value)


@comparable.register(int)
@comparable.register(Decimal)
def _number(value: int | Decimal) -> Comparable:
    number = Decimal(value)
    if _fits(number):
        return "number", number
    sign, digits, exponent = number.as_tuple()
    text = f"{'-' * sign}{''.join(map(str, digits))}"
    return "text", text if isinstance(value, int) else f"{text}d{exponent}"


@comparable.register(float)
def _float(value: float) -> Comparable:
    if not math.isfinite(value):
        return "text", "nan" if math.isnan(value) else f"{value:+}"
    shortest = repr(float(value))
    number = Decimal(shortest)
    return ("number", number) if _fits(number) else ("text", shortest)


def _fits(number: Decimal) -> bool:
    significant = "".join(map(str, number.as_tuple().digits)).strip("0")
    within = _MIN_EXPONENT <= number.adjusted() <= _MAX_EXPONENT
    return not number or (within and len(significant) <= _MAX_DIGITS)


@comparable.register(str)
def _text(value: str) -> Comparable:
    return "text", str(value)


@comparable.register(IonPySymbol)
def _symbol(value: IonPySymbol) -> Comparable:
    return "text", value.text


@comparable.register(Timestamp)
def _timestamp(value: Timestamp) -> Comparable:
    return "text", simpleion.dumps(value, binary=False, omit_version_marker=True)


@comparable.register(bytes)
def _bytes(value: bytes) -> Comparable:
    return "binary", bytes(value)


@comparable.register(Binary)
def _binary(value: Any) -> Comparable:  # noqa: ANN401 (boto3's stubs hide its value)
    return "binary", value.value


@comparable.register(list)
@comparable.register(tuple)
def _list(values: list[object] | tuple[object, ...]) -> Comparable:
    return "list", [comparable(value) for value in values]


@comparable.register(Mapping)
def _map(values: Mapping[str, object]) -> Comparable:
    return "map", {str(name): comparable(value) for name, value in values.items()}


@comparable.register(set)
def _set(values: set[object]) -> Comparable:
    # No value of a ledger is a set, so its members need no order that others could have.
    return "set", sorted(map(comparable, values))

"""DynamoDB's rules for attribute values: validation, numbers, size.

Source: DynamoDB developer guide, "Service, account, and table quotas" and "DynamoDB item sizes and
formats"; the rest was measured on DynamoDB Local 2.6.1, with which the contract tests compare it.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

MAX_ITEM_BYTES = 400 * 1024
MAX_DEPTH = 32
"""Lists and maps in a parameter. In an item that PutItem or an UPDATE writes it is one less."""

MAX_NAME_BYTES = 65_535
MAX_KEY_BYTES = 2048

Value = dict[str, Any]
Item = dict[str, Value]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_CONTEXT = Context(prec=500, Emax=99_999, Emin=-99_999)


class InvalidValueError(Exception):
    """A value for which DynamoDB refuses the whole request."""


def checked(value: Value, *, depth: int = 0) -> Value:
    """Return an attribute value as DynamoDB stores it, after a check.

    Parameters
    ----------
    value
        Value in the low-level form, ``{"S": "..."}``.
    depth
        Number of lists and maps around it.

    Raises
    ------
    InvalidValueError
        With DynamoDB Local's message.
    """
    if len(value) != 1:
        raise InvalidValueError("Supplied AttributeValue has more than one datatypes set")
    if depth > MAX_DEPTH:
        raise InvalidValueError("Nesting Levels have exceeded supported limits")
    ((kind, content),) = value.items()
    if kind == "L" and isinstance(content, list):
        return {"L": [checked(member, depth=depth + 1) for member in content]}
    if kind == "M" and isinstance(content, dict):
        members = content.items()
        return {"M": {checked_name(name): checked(each, depth=depth + 1) for name, each in members}}
    return _checked_scalar(kind, content)


def _checked_scalar(kind: str, content: object) -> Value:
    match kind, content:
        case ("S", str()) | ("BOOL", bool()) | ("NULL", True):
            return {kind: content}
        case "N", str():
            return {"N": stored_number(content)}
        case "B", bytes() | bytearray():
            return {"B": bytes(content)}
        case "NULL", _:
            raise InvalidValueError("Null attribute value types must have the value of true")
    raise InvalidValueError(f"Supplied AttributeValue is empty or of the wrong type: {kind}")


def checked_name(name: str) -> str:
    """Return an attribute's name, after a check."""
    if not name:
        raise InvalidValueError("Empty attribute name")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidValueError("Attribute name is too large, must be less than 65536 bytes")
    return name


def stored_number(text: str) -> str:
    """Return a number in the form that DynamoDB returns: plain digits, no trailing zeros."""
    if not _NUMBER.fullmatch(text):
        raise InvalidValueError("A value provided cannot be converted into a number")
    number = Decimal(text)
    if number.is_zero():
        return "0"
    number = number.normalize(_CONTEXT)
    if number.adjusted() > 125:
        raise InvalidValueError("Number overflow")
    if number.adjusted() < -130:
        raise InvalidValueError("Number underflow")
    if len(number.as_tuple().digits) > 38:
        raise InvalidValueError("DynamoDB only supports precision up to 38 digits")
    return f"{number:f}"


def is_nested_too_deep(item: Item) -> bool:
    """Return whether PutItem and UPDATE refuse an item that INSERT takes."""
    return max(map(_depth, item.values()), default=0) >= MAX_DEPTH


def _depth(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind not in {"L", "M"}:
        return 0
    members = content if kind == "L" else content.values()
    return 1 + max(map(_depth, members), default=0)


def item_bytes(item: Item) -> int:
    """Return an item's size in bytes, as DynamoDB counts it for its limit of 400 KB."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Value) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_bytes(Decimal(content))
        case "L":
            return 3 + sum(1 + _value_bytes(member) for member in content)
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _value_bytes(member) for name, member in content.items()
            )
    return 1


def _number_bytes(number: Decimal) -> int:
    """Return a number's size: a byte for each pair of digits from the point, one for a sign."""
    if number.is_zero():
        return 1
    normal = number.normalize(_CONTEXT)
    lowest = int(normal.as_tuple().exponent)
    pairs = normal.adjusted() // 2 - lowest // 2 + 1
    return 1 + pairs + (number < 0)

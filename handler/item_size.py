"""The size of an item, before it is sent. Pure: no I/O.

A few kilobytes of Ion can become megabytes: a name or a symbol is written once and referred to with
a byte or two. Such a document must be refused before it is written out as JSON, where it would take
the memory of the function, and DynamoDB would refuse the request and not the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.values import MAX_ITEM_BYTES, AttributeValue, UnstorableValue
from journal.ion.symbols import stored_texts

if TYPE_CHECKING:
    from journal.ion.symbols import Names

# DynamoDB developer guide, "DynamoDB item sizes and formats". DynamoDB Local counts the same.
_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
_SHORTEST_NUMBER_BYTES = 2
"""At least: the guide calls the size of a number approximate."""

_MAX_GROWTH = 8
"""A byte of Ion becomes fewer bytes of an item than this, unless it refers to a symbol: an empty
list four, a decimal or a timestamp that is stored as text fewer."""

_MAX_UTF8_BYTES = 4
"""Bytes of a character."""


def may_be_too_large(ion_bytes: int, names: Names) -> bool:
    """Return whether values may exceed an item's limit; a bound that costs little.

    Parameters
    ----------
    ion_bytes
        Bytes of the values in Ion, not decoded.
    names
        The symbols that they may refer to.
    """
    longest = max(map(len, stored_texts(names)))
    return ion_bytes * (_MAX_GROWTH + _MAX_UTF8_BYTES * longest) > MAX_ITEM_BYTES


def bytes_left(name: str, value: AttributeValue, left: int) -> int:
    """Return how many bytes an attribute leaves of those that an item had left.

    Raises
    ------
    UnstorableValue
        If it certainly needs more. Near the limit DynamoDB decides, alike for every statement.
    """
    return _left(value, left - len(name.encode()))


def _left(value: AttributeValue, left: int) -> int:
    """Return how many bytes a value leaves."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            left -= len(content.encode())
        case "B":
            left -= len(content)
        case "N":
            left -= _SHORTEST_NUMBER_BYTES
        case "L":
            left -= _CONTAINER_BYTES
            for element in content:
                left = _left(element, left - _ELEMENT_BYTES)
        case "M":
            left -= _CONTAINER_BYTES
            for name, field in content.items():
                left = _left(field, left - _ELEMENT_BYTES - len(name.encode()))
        case _:
            left -= 1
    if left < 0:
        raise UnstorableValue(f"an item of more than {MAX_ITEM_BYTES} bytes")
    return left

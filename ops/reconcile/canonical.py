"""Digests of items that are equal for equal items. Pure: no I/O.

Two items are compared by their digests, so that neither has to be kept. The digest is that of the
item's DynamoDB JSON with its names in order, numbers without what DynamoDB drops of them, and
binary in base64.
"""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from handler.untyped import canonical_number, untyped

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST_BYTES = 16
"""Length of a digest: two different items have the same one in 1 of 10^19 tables of a billion
items."""


def item_digest(item: Mapping[str, Any]) -> bytes:
    """Return the digest of an item, or of some of its attributes.

    Parameters
    ----------
    item
        In DynamoDB's wire format, with bytes under ``B``.
    """
    return _digest({name: _typed(value) for name, value in item.items()})


def untyped_digest(item: Mapping[str, Any]) -> bytes:
    """Return a digest that is also equal where items differ by what JSON has lost.

    Parameters
    ----------
    item
        As of `item_digest`.
    """
    return _digest({name: untyped(value) for name, value in item.items()})


def bytes_digest(content: bytes) -> bytes:
    """Return the digest of some bytes."""
    return blake2b(content, digest_size=DIGEST_BYTES).digest()


def _digest(content: Mapping[str, Any]) -> bytes:
    return bytes_digest(orjson.dumps(content, _other, orjson.OPT_SORT_KEYS))


def _other(value: object) -> str:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else repr(value)


def _typed(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    # Called for each value of each item, so what needs no change comes first.
    if "S" in value or "B" in value:
        return value
    if "N" in value:
        return {"N": canonical_number(value["N"])}
    if "M" in value:
        return {"M": {name: _typed(field) for name, field in value["M"].items()}}
    if "L" in value:
        return {"L": [_typed(element) for element in value["L"]]}
    return value

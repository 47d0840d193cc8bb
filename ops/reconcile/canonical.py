"""Digests of items that are equal for equal items. Pure: no I/O.

Two items are compared by their digests, so that neither has to be kept. The digest is that of the
item's DynamoDB JSON with its names in order, numbers without what DynamoDB drops of them, and
binary in base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from handler.values import MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST_BYTES = 16
"""Length of a digest: two different items have the same one in 1 of 10^19 tables of a billion
items."""

_NOT_FINITE = frozenset(("nan", "+inf", "-inf"))
"""Texts of the floats that are null in JSON."""

_EXACT_TEXT = re.compile(r"-?\d+(?:[de][+-]?\d+)?|-?\d+\.\d+(?:[de][+-]?\d+)?", re.ASCII)
"""Texts of numbers that DynamoDB cannot store, as `handler.values` writes them."""

_BASE64_UNIT = 4


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

    JSON has blobs in base64, clobs as text and null for floats that are not finite (Ion cookbook,
    "Down-converting to JSON").

    Parameters
    ----------
    item
        As of `item_digest`.
    """
    return _digest({name: _untyped(value) for name, value in item.items()})


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
        return {"N": _number(value["N"])}
    if "M" in value:
        return {"M": {name: _typed(field) for name, field in value["M"].items()}}
    if "L" in value:
        return {"L": [_typed(element) for element in value["L"]]}
    return value


def _untyped(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    match value:
        case {"M": dict(fields)}:
            return {name: _untyped(field) for name, field in fields.items()}
        case {"L": list(elements)}:
            return [_untyped(element) for element in elements]
        case {"NULL": _}:
            return None
        case _:
            return _untyped_scalar(value)


def _untyped_scalar(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    match value:
        case {"N": str(text)}:
            return _number(text)
        case {"S": str(text)}:
            return _untyped_text(text)
        case {"B": bytes(content)}:
            return _decoded(content).hex()
        case _:
            return value


def _number(text: str) -> str:
    if text.isdecimal() and not text.endswith("0"):
        return f"{text}E0"
    try:
        sign, digits, exponent = Decimal(text).as_tuple()
    except InvalidOperation:
        return text
    if not isinstance(exponent, int):
        return text
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant:
        return "0"
    exponent += len(digits) - len(significant)
    return f"{'-' * sign}{significant.lstrip('0')}E{exponent}"


def _untyped_text(text: str) -> str | None:
    if text in _NOT_FINITE:
        return None
    if _EXACT_TEXT.fullmatch(text):
        number = _number(text.replace("d", "E"))
        if _is_unstorable(number):
            return number
    return _decoded(text.encode(errors="surrogatepass")).hex()


def _is_unstorable(number: str) -> bool:
    digits, _, exponent = number.lstrip("-").partition("E")
    magnitude = int(exponent or "0") + len(digits) - 1
    return len(digits) > MAX_DIGITS or not MIN_EXPONENT <= magnitude <= MAX_EXPONENT


def _decoded(content: bytes) -> bytes:
    """Return what bytes are when all base64 is taken off.

    So a blob is equal to its base64, and a clob to its text, although nothing tells them apart.
    """
    while content and len(content) % _BASE64_UNIT == 0:
        try:
            inner = base64.b64decode(content, validate=True)
        except binascii.Error:
            break
        if base64.b64encode(inner) != content:
            break
        content = inner
    return content

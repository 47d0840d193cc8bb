"""Compares values but for the types that JSON has lost. Pure: no I/O.

JSON has blobs in base64, clobs as text and null for floats that are not finite (Ion cookbook,
"Down-converting to JSON").
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from handler.values import MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT

_NOT_FINITE = frozenset(("nan", "+inf", "-inf"))
"""Texts of the floats that are null in JSON."""

_EXACT_TEXT = re.compile(r"-?\d+(?:[de][+-]?\d+)?|-?\d+\.\d+(?:[de][+-]?\d+)?", re.ASCII)
"""Texts of numbers that DynamoDB cannot store, as `handler.values` writes them."""

_BASE64_UNIT = 4


def untyped(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    """Return what is equal for attribute values that differ at most by what JSON has lost."""
    match value:
        case {"M": dict(fields)}:
            return {name: untyped(field) for name, field in fields.items()}
        case {"L": list(elements)}:
            return [untyped(element) for element in elements]
        case {"NULL": _}:
            return None
        case _:
            return _untyped_scalar(value)


def _untyped_scalar(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    match value:
        case {"N": str(text)}:
            return canonical_number(text)
        case {"S": str(text)}:
            return _untyped_text(text)
        case {"B": bytes(content)}:
            return _decoded(content).hex()
        case {"B": str(text)}:
            # As the function's own client has it.
            return _decoded(text.encode()).hex()
        case _:
            return value


def canonical_number(text: str) -> str:
    """Return a text that is equal for equal numbers."""
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
        number = canonical_number(text.replace("d", "E"))
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

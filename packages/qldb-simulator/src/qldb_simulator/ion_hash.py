"""Ion Hash 1.0 of amazon.ion values.

Written from the Ion Hash Specification 1.0; the ``ionhash`` package does not import with the
amazon.ion release that this package needs.

A value is a bare Python value or one of amazon.ion's own classes. A bare value hashes like the Ion
that amazon.ion writes for it, so ``ion_hash(value) == ion_hash(loads(dumps(value)))``.
"""

from __future__ import annotations

import hashlib
import math
import struct
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from amazon.ion.core import IonType, Timestamp, TimestampPrecision
from amazon.ion.simple_types import IonPyBool, IonPyDict, IonPyNull
from amazon.ion.symbols import SymbolToken

from qldb_simulator.ion_hash_encoding import (
    BEGIN,
    END,
    escaped,
    scalar,
    signed_magnitude,
    uint,
    var_int,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Digest = Callable[[bytes], bytes]

HASH_BYTES: Final = 32
"""Length of every hash in a QLDB journal (SHA-256)."""

_UNKNOWN_OFFSET: Final = b"\xc0"
_SYMBOL_ZERO: Final = b"\x0b\x71\x0e"

_TYPE_CODES: Final = {
    IonType.NULL: 0x0,
    IonType.BOOL: 0x1,
    IonType.INT: 0x2,
    IonType.FLOAT: 0x4,
    IonType.DECIMAL: 0x5,
    IonType.TIMESTAMP: 0x6,
    IonType.SYMBOL: 0x7,
    IonType.STRING: 0x8,
    IonType.CLOB: 0x9,
    IonType.BLOB: 0xA,
    IonType.LIST: 0xB,
    IonType.SEXP: 0xC,
    IonType.STRUCT: 0xD,
}


def sha256(data: bytes) -> bytes:
    """Return the hash of bytes as in QLDB's journal."""
    return hashlib.sha256(data).digest()


def ion_hash(value: object, digest: Digest = sha256) -> bytes:
    """Return the hash of an Ion value by the Ion Hash Specification 1.0.

    Parameters
    ----------
    value
        Bare Python value (None, bool, int, float, Decimal, datetime, str, bytes, list, tuple,
        mapping) or an amazon.ion value.
    digest
        The specification's ``h``: called once per struct field and once for the whole value.

    Returns
    -------
    bytes
        Result of ``digest`` for the serialized value; 32 bytes with the default SHA-256.

    Raises
    ------
    TypeError
        If a value has no Ion type.
    ValueError
        If a symbol has no text or a decimal is not a number: neither can be hashed.
    """
    return digest(_serialized(value, digest))


def _serialized(value: Any, digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    serialize = _SERIALIZERS.get(type(value)) or _serializer_of(type(value))
    body = serialize(value, digest)
    annotations = getattr(value, "ion_annotations", None)
    if not annotations:
        return body
    return BEGIN + b"\xe0" + b"".join(map(_annotation, annotations)) + body + END


def _annotation(annotation: str | SymbolToken) -> bytes:
    if isinstance(annotation, SymbolToken):
        return _symbol_token(annotation)
    return _symbol_text(annotation)


def _symbol_token(token: SymbolToken) -> bytes:
    if token.text is not None:
        return _symbol_text(token.text)
    if token.sid == 0:
        return _SYMBOL_ZERO
    raise ValueError(f"symbol ${token.sid} has no known text, so it cannot be hashed")


@lru_cache(maxsize=4096)
def _symbol_text(text: str) -> bytes:
    return scalar(0x70, text.encode())


def _field_name(name: object) -> bytes:
    if isinstance(name, str):
        return _symbol_text(name)
    if isinstance(name, SymbolToken):
        return _symbol_token(name)
    if name is None:
        return _SYMBOL_ZERO
    raise TypeError(f"a struct's field name is a string, not {type(name).__name__}")


def _null(value: Any, _digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    ion_type = IonType.NULL if value is None else value.ion_type
    return BEGIN + bytes((_TYPE_CODES[ion_type] << 4 | 0x0F,)) + END


def _bool(value: int, _digest: Digest) -> bytes:
    return b"\x0b\x11\x0e" if value else b"\x0b\x10\x0e"


def _int(value: int, _digest: Digest) -> bytes:
    return scalar(0x30 if value < 0 else 0x20, uint(abs(value)))


def _float(value: float, _digest: Digest) -> bytes:
    if math.isnan(value):
        return scalar(0x40, b"\x7f\xf8\x00\x00\x00\x00\x00\x00")
    if value == 0 and math.copysign(1, value) > 0:
        return scalar(0x40, b"")
    return scalar(0x40, struct.pack(">d", value))


def _decimal(value: Decimal, _digest: Digest) -> bytes:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("Ion has no decimal for NaN or infinity")  # noqa: TRY004 (a wrong value of a right type)
    coefficient = _coefficient(digits)
    if coefficient == 0 and exponent == 0 and not sign:
        return scalar(0x50, b"")
    return scalar(0x50, var_int(exponent) + signed_magnitude(coefficient, negative=bool(sign)))


def _coefficient(digits: tuple[int, ...]) -> int:
    return int("".join(map(str, digits)) or "0")


def _timestamp(value: datetime, _digest: Digest) -> bytes:
    precision = getattr(value, "precision", None)
    if precision is None:
        precision = TimestampPrecision.SECOND
    # A plain datetime, because subtracting amazon.ion's subclass is slow.
    moment = datetime(  # noqa: DTZ001 (the offset is written separately)
        value.year, value.month, value.day, value.hour, value.minute, value.second
    )
    offset = value.utcoffset()
    if offset is None:
        parts = [_UNKNOWN_OFFSET]
    else:
        moment -= offset
        parts = [var_int(int(offset.total_seconds() // 60))]
    parts.append(var_uint(moment.year))
    if precision >= TimestampPrecision.MONTH:
        parts.append(var_uint(moment.month))
    if precision >= TimestampPrecision.DAY:
        parts.append(var_uint(moment.day))
    if precision >= TimestampPrecision.MINUTE:
        parts += [var_uint(moment.hour), var_uint(moment.minute)]
    if precision >= TimestampPrecision.SECOND:
        parts += [var_uint(moment.second), _fraction(value)]
    return scalar(0x60, b"".join(parts))


def _fraction(value: datetime) -> bytes:
    """Encode fractional seconds; amazon.ion writes six digits for a standard datetime."""
    if not isinstance(value, Timestamp):
        return var_int(-6) + signed_magnitude(value.microsecond, negative=False)
    _, digits, exponent = value.fractional_seconds.as_tuple()
    coefficient = _coefficient(digits)
    if coefficient == 0 and exponent >= 0:
        return b""
    return var_int(exponent) + signed_magnitude(coefficient, negative=False)


def _text(value: Any, _digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    if getattr(value, "ion_type", IonType.STRING) is IonType.SYMBOL:
        return _symbol_text(str(value))
    return scalar(0x80, value.encode())


def _symbol(value: SymbolToken, _digest: Digest) -> bytes:
    return _symbol_token(value)


def _bytes(value: Any, _digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    is_clob = getattr(value, "ion_type", IonType.BLOB) is IonType.CLOB
    return scalar(0x90 if is_clob else 0xA0, bytes(value))


def _sequence(value: Any, digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    is_sexp = getattr(value, "ion_type", IonType.LIST) is IonType.SEXP
    body = b"".join([_serialized(element, digest) for element in value])
    return (b"\x0b\xc0" if is_sexp else b"\x0b\xb0") + body + END


def _struct(value: Any, digest: Digest) -> bytes:  # noqa: ANN401 (any Ion value)
    # IonPyDict.items() yields every value of a repeated field name.
    fields = [digest(_field_name(name) + _serialized(item, digest)) for name, item in value.items()]
    fields.sort()
    return b"\x0b\xd0" + escaped(b"".join(fields)) + END


# The order matters: a subclass comes before its base.
_SERIALIZERS_BY_BASE: Final[tuple[tuple[type, Callable[[Any, Any], bytes]], ...]] = (
    (type(None), _null),
    (IonPyNull, _null),
    (bool, _bool),
    (IonPyBool, _bool),
    (int, _int),
    (float, _float),
    (Decimal, _decimal),
    (datetime, _timestamp),
    (SymbolToken, _symbol),
    (str, _text),
    (bytes, _bytes),
    (IonPyDict, _struct),
    (dict, _struct),
    (list, _sequence),
    (tuple, _sequence),
)
_SERIALIZERS: Final = dict(_SERIALIZERS_BY_BASE)


def _serializer_of(kind: type) -> Callable[[Any, Any], bytes]:
    for base, serialize in _SERIALIZERS_BY_BASE:
        if issubclass(kind, base):
            _SERIALIZERS[kind] = serialize
            return serialize
    raise TypeError(f"{kind.__name__} has no Ion type")

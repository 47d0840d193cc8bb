"""The integer encodings of binary Ion."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, Overflow

from journal.errors import IonError

END_FLAG = 0x80
"""Bit of the last byte of a VarUInt or VarInt."""

_MAX_VARIABLE_BYTES = 10
"""Maximum of a VarUInt or VarInt. No length, symbol or exponent needs more, and without a limit the
time to read one grows with the square of its bytes."""

_TOO_LONG = "a length or an exponent of too many bytes"

_SHORT_NUMBER = 1 << 64
"""Below this number, ``str()`` is fastest."""

_SHORT_BYTES = 256
"""Up to this size, ``Decimal()`` is fast enough."""


def var_uint(data: bytes, position: int) -> tuple[int, int]:
    """Read a VarUInt.

    Returns
    -------
    tuple
        The number, and where it ends.
    """
    value = 0
    for place in range(position, position + _MAX_VARIABLE_BYTES):
        byte = data[place]
        if byte & END_FLAG:
            return (value << 7) | (byte & 0x7F), place + 1
        value = (value << 7) | byte
    raise IonError(_TOO_LONG)


def var_int(data: bytes, position: int) -> tuple[int, bool, int]:
    """Read a VarInt.

    Returns
    -------
    tuple
        The number, whether it has a minus sign, and where it ends.
    """
    byte = data[position]
    minus = bool(byte & 0x40)
    value = byte & 0x3F
    if byte & END_FLAG:
        return -value if minus else value, minus, position + 1
    for place in range(position + 1, position + _MAX_VARIABLE_BYTES):
        byte = data[place]
        value = (value << 7) | (byte & 0x7F)
        if byte & END_FLAG:
            return -value if minus else value, minus, place + 1
    raise IonError(_TOO_LONG)


def coefficient(data: bytes, start: int, stop: int) -> tuple[int, bool]:
    """Read an Int that fills the rest of its value.

    Returns
    -------
    tuple
        The magnitude, and whether it has a minus sign.
    """
    if start == stop:
        return 0, False
    bits = int.from_bytes(data[start:stop], "big")
    sign = 1 << (8 * (stop - start) - 1)
    return bits & (sign - 1), bool(bits & sign)


def digits(number: int) -> str:
    """Return a non-negative number in decimal digits, of any length.

    Python's own ``str()`` limits the digits, and its time, like that of ``Decimal()``, grows
    with the square of their count.
    """
    if number < _SHORT_NUMBER:
        return str(number)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    precision = 3 * len(data)  # more than needed: a byte is 2.4 digits
    return str(_decimal(data, Context(prec=precision, Emax=precision, traps=[Inexact, Overflow])))


def _decimal(data: bytes, context: Context) -> Decimal:
    if len(data) <= _SHORT_BYTES:
        return Decimal(int.from_bytes(data, "big"))
    low = len(data) // 2
    high = context.multiply(_decimal(data[:-low], context), context.power(256, low))
    return context.add(high, _decimal(data[-low:], context))

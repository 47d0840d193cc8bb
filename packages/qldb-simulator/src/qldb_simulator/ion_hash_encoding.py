"""Primitives of the serialization of Ion Hash 1.0, for plain integers and bytes."""

from __future__ import annotations

from typing import Final

BEGIN: Final = b"\x0b"
END: Final = b"\x0e"
"""Markers around every serialized value."""

_SIGN_BIT: Final = 0x80


def escaped(data: bytes) -> bytes:
    """Escape the marker bytes in a representation."""
    # The escape byte comes first, or the escapes themselves would be escaped.
    return (
        data.replace(b"\x0c", b"\x0c\x0c")
        .replace(b"\x0b", b"\x0c\x0b")
        .replace(b"\x0e", b"\x0c\x0e")
    )


def scalar(type_qualifier: int, representation: bytes) -> bytes:
    """Serialize a scalar from its type qualifier and its binary representation."""
    return BEGIN + bytes((type_qualifier,)) + escaped(representation) + END


def uint(value: int) -> bytes:
    """Encode a UInt: big-endian, zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def signed_magnitude(magnitude: int, *, negative: bool) -> bytes:
    """Encode an Int: the highest bit is the sign, zero is empty unless negative."""
    if magnitude == 0:
        return b"\x80" if negative else b""
    data = bytearray(uint(magnitude))
    if data[0] & _SIGN_BIT:
        data.insert(0, 0)
    if negative:
        data[0] |= _SIGN_BIT
    return bytes(data)


def var_uint(value: int) -> bytes:
    """Encode a VarUInt: seven bits per byte, with a flag in the last byte."""
    data = [value & 0x7F | 0x80]
    value >>= 7
    while value:
        data.append(value & 0x7F)
        value >>= 7
    return bytes(reversed(data))


def var_int(value: int) -> bytes:
    """Encode a VarInt: like a VarUInt, with the sign in the first byte's second-highest bit."""
    magnitude = abs(value)
    groups = []
    while magnitude > 0x3F:  # noqa: PLR2004 (six bits fit beside the sign)
        groups.append(magnitude & 0x7F)
        magnitude >>= 7
    groups.append(magnitude | (0x40 if value < 0 else 0))
    groups[0] |= 0x80
    return bytes(reversed(groups))

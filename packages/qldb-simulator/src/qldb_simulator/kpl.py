"""Aggregates of the Kinesis Producer Library ("KPL aggregated record format")."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

KPL_MAGIC: Final = b"\xf3\x89\x9a\xc2"
"""First bytes of an aggregate."""

KPL_PARTITION_KEY: Final = "a"
"""Partition key of an aggregate, as set by the KPL and in genuine QLDB aggregates."""

FRAME_BYTES: Final = 4 + 16
"""Bytes around the records: magic number and MD5."""

MAX_FRAME_BYTES_PER_RECORD: Final = 16
"""Tags and lengths around one key and one record: at most 2 + 5 + 4 + 5 bytes."""


def aggregate(records: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an aggregate of (partition key, data) pairs.

    The frame is the magic number, a protobuf AggregatedRecord {1: partition keys, 3: records of
    {1: index of the key, 3: data}} and the MD5 of the protobuf.
    """
    keys: dict[str, int] = {}
    body = bytearray()
    for partition_key, data in records:
        index = keys.setdefault(partition_key, len(keys))
        body += _field(3, b"\x08" + _varint(index) + _field(3, data))
    message = b"".join(_field(1, key.encode()) for key in keys) + bytes(body)
    return KPL_MAGIC + message + _md5(message)


def explicit_hash_key(partition_key: str) -> str:
    """Return the decimal hash key to which Kinesis maps a partition key."""
    return str(int.from_bytes(_md5(partition_key.encode()), "big"))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:  # noqa: PLR2004 (seven bits a byte)
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)

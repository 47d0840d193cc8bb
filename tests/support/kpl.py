"""Frames of the Kinesis Producer Library, written field by field, so that any can be wrong.

Sources: aggregation-format.md of the Kinesis Producer Library; Protocol Buffers documentation,
"Encoding". The handler's protobuf classes are not used here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"\xf3\x89\x9a\xc2"
PARTITION_KEYS, HASH_KEYS, RECORDS = 1, 2, 3
"""Fields of an aggregate."""

PARTITION_KEY_INDEX, HASH_KEY_INDEX, DATA, TAGS = 1, 2, 3, 4
"""Fields of a record in it."""

_LENGTH_DELIMITED, _GROUP, _END_OF_GROUP = 2, 3, 4
_SHORT = [bytes([number]) for number in range(0x80)]
"""Created once, because most of them are in an aggregate of many records."""


def varint(number: int) -> bytes:
    """Return a number in groups of seven bits, lowest first, with a flag in all but the last."""
    if number <= 0x7F:
        return _SHORT[number]
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(groups) + bytes([number])


def number_field(field: int, number: int) -> bytes:
    """Return a field with a number."""
    return varint(field << 3) + varint(number)


def bytes_field(field: int, content: bytes) -> bytes:
    """Return a field with bytes: a string, a blob or a message."""
    return varint(field << 3 | _LENGTH_DELIMITED) + varint(len(content)) + content


def groups(levels: int) -> bytes:
    """Return groups of an unknown field, each in the one before it."""
    field = 5 << 3
    return varint(field | _GROUP) * levels + varint(field | _END_OF_GROUP) * levels


def message(
    records: Sequence[bytes],
    *,
    partition_key: str | None = None,
    partition_key_index: int | None = None,
    hash_keys: Sequence[str] = (),
    hash_key_index: int | None = None,
) -> bytes:
    """Return the protobuf message of an aggregate.

    Parameters
    ----------
    records
        Data of the records.
    partition_key
        Partition key of all records; by default each has a different one: ``key-0``, ``key-1`` ...
    partition_key_index, hash_key_index
        Indexes in every record; by default its own key, and no hash key.
    hash_keys
        The table of explicit hash keys.
    """
    keys = [f"key-{n}" for n in range(len(records))] if partition_key is None else [partition_key]
    parts = [bytes_field(PARTITION_KEYS, key.encode()) for key in keys]
    parts.extend(bytes_field(HASH_KEYS, key.encode()) for key in hash_keys)
    for number, data in enumerate(records):
        index = number if partition_key is None else 0
        if partition_key_index is not None:
            index = partition_key_index
        fields = number_field(PARTITION_KEY_INDEX, index)
        if hash_key_index is not None:
            fields += number_field(HASH_KEY_INDEX, hash_key_index)
        parts.append(bytes_field(RECORDS, fields + bytes_field(DATA, data)))
    return b"".join(parts)


def frame(message_bytes: bytes) -> bytes:
    """Return a message between the magic number and its MD5."""
    return MAGIC + message_bytes + hashlib.md5(message_bytes, usedforsecurity=False).digest()


def aggregate(*records: bytes, partition_key: str | None = None) -> bytes:
    """Return an aggregate of records; see `message`."""
    return frame(message(records, partition_key=partition_key))

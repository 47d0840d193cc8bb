"""A KPL aggregate with a single user record."""

from __future__ import annotations

import hashlib

from handler.aggregation import MAGIC


def aggregate_of_one(data: bytes, partition_key: str) -> bytes:
    """Return an aggregate that holds one user record.

    Source: github.com/awslabs/amazon-kinesis-producer, aggregation-format.md. Partition keys are
    field 1, records field 3; in a record the index of the key is field 1, the data field 3.
    """
    record = b"\x08\x00" + _field(3, data)
    message = _field(1, partition_key.encode()) + _field(3, record)
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _field(number: int, content: bytes) -> bytes:
    """Return a protobuf field of bytes (Protocol Buffers documentation, "Encoding")."""
    length, size = bytearray(), len(content)
    while size > 0x7F:  # noqa: PLR2004 (seven bits of a number in each byte)
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + content

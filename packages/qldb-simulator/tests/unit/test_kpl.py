"""KPL aggregates equal the genuine one, byte by byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from qldb_simulator.kpl import KPL_MAGIC, aggregate, explicit_hash_key

from tests.support import genuine

if TYPE_CHECKING:
    from pathlib import Path


def test_a_frame_of_the_genuine_user_records_is_the_genuine_frame(shared_data: Path) -> None:
    frame = genuine.kinesis_data(shared_data)

    assert aggregate(genuine.user_records(frame)) == frame


def test_a_frame_is_magic_number_protobuf_and_its_md5() -> None:
    frame = aggregate([("key", b"one"), ("other key", b"two")])

    assert frame.startswith(KPL_MAGIC)
    body, digest = frame[len(KPL_MAGIC) : -16], frame[-16:]
    assert hashlib.md5(body, usedforsecurity=False).digest() == digest


def test_awss_library_reads_the_records_of_a_frame() -> None:
    records = [("key", b"one"), ("other key", b""), ("key", bytes(300))]

    assert genuine.user_records(aggregate(records)) == records


def test_a_hash_key_is_the_md5_of_the_partition_key_as_a_number() -> None:
    """Kinesis maps a partition key to the 128-bit number that is its MD5."""
    expected = hashlib.md5(b"key", usedforsecurity=False).hexdigest()

    assert explicit_hash_key("key") == str(int(expected, 16))

"""Frames of the Kinesis Producer Library are read completely or not at all.

Proves that damaged frames are refused and that any bytes result in user records or a FrameError.
Only the genuine event shows that the genuine producer writes this format.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.aggregation import MAGIC, FrameError, UserRecord, user_records
from tests.support.kpl import aggregate, frame, message

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plain_record_is_its_own_only_user_record() -> None:
    assert user_records(b"plain") == [UserRecord(b"plain", None, None)]


def test_user_records_have_their_positions_and_keys() -> None:
    assert user_records(aggregate(b"a", b"b")) == [
        UserRecord(b"a", 0, "key-0"),
        UserRecord(b"b", 1, "key-1"),
    ]


def test_the_only_record_of_an_aggregate_has_a_position() -> None:
    assert user_records(aggregate(b"a")) == [UserRecord(b"a", 0, "key-0")]


def test_an_empty_aggregate_has_no_records() -> None:
    assert user_records(frame(b"")) == []


def test_the_genuine_aggregate_holds_a_block_summary_and_its_revision(shared_data: Path) -> None:
    event = json.loads((shared_data / "genuine-kpl-event.json").read_text())
    data = base64.b64decode(event["Records"][0]["kinesis"]["data"])

    records = user_records(data)

    assert [record.sub_sequence_number for record in records] == [0, 1]
    assert b"BLOCK_SUMMARY" in records[0].data
    assert b"REVISION_DETAILS" in records[1].data
    assert all(record.partition_key and len(record.partition_key) == 64 for record in records)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (MAGIC, "wrong MD5"),
        (MAGIC + b"short", "wrong MD5"),
        (aggregate(b"a")[:-1], "wrong MD5"),
        (aggregate(b"a")[:-1] + b"\x00", "wrong MD5"),
        (frame(message([b"a", b"b"])[:-1]), "not a protobuf message of an aggregate"),
        (frame(b"\xff" * 8), "not a protobuf message of an aggregate"),
        (frame(b"\x1a\x02\x08\x00"), "a record of the aggregate is incomplete"),
        (frame(b"\x0a\x01\xff\x1a\x05\x08\x00\x1a\x01a"), "a partition key that is not UTF-8"),
        (frame(message([b"a"], partition_key_index=1)), "key index out of range"),
        (
            frame(message([b"a"], hash_keys=["1"], hash_key_index=1)),
            "key index out of range",
        ),
        *(
            (frame(message([b"a"], partition_key_index=index)), "key index out of range")
            for index in (2**63, 2**64 - 1)
        ),
        *(
            (
                frame(message([b"a"], hash_keys=["1"], hash_key_index=index)),
                "key index out of range",
            )
            for index in (2**63, 2**64 - 1)
        ),
    ],
    ids=[
        "magic alone",
        "no room for the MD5",
        "truncated",
        "wrong MD5",
        "truncated message",
        "no message",
        "record without data",
        "key that is not UTF-8",
        "partition key",
        "hash key",
        "partition key of 64 bits",
        "partition key of all 64 bits",
        "hash key of 64 bits",
        "hash key of all 64 bits",
    ],
)
def test_a_damaged_frame_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(FrameError) as caught:
        user_records(data)
    assert caught.value.code == code


@given(st.binary(max_size=200))
def test_any_message_in_a_valid_frame_is_read_or_refused(content: bytes) -> None:
    try:
        records = user_records(frame(content))
    except FrameError:
        return
    assert [record.sub_sequence_number for record in records] == list(range(len(records)))


@given(st.binary(max_size=200))
def test_random_bytes_after_the_magic_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(FrameError):
        user_records(MAGIC + content)


@pytest.mark.parametrize(("count", "length"), [(1000, 0), (1001, 60), (5000, 60)])
def test_an_aggregate_of_short_records_is_read(count: int, length: int) -> None:
    assert len(user_records(aggregate(*[b"x" * length] * count))) == count


@pytest.mark.parametrize(("count", "length"), [(1001, 0), (1001, 40), (100_000, 0)])
def test_an_aggregate_of_many_short_records_is_one_fault(count: int, length: int) -> None:
    with pytest.raises(FrameError, match="an aggregate of too many short records"):
        user_records(aggregate(*[b"x" * length] * count))

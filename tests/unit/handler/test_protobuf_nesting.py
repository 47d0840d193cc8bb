"""A message of an aggregate is read by protobuf only if its nesting cannot end the process.

Proves that the check refuses nothing that protobuf reads by itself. What becomes of messages in a
process whose limit is lifted is shown by tests/reliability/test_lifted_limit.py, because a failure
ends the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from handler.aggregation import AggregatedRecord, FrameError, user_records
from handler.protobuf_nesting import MAX_DEPTH, is_readable
from tests.support.kpl import (
    PARTITION_KEYS,
    RECORDS,
    TAGS,
    bytes_field,
    frame,
    groups,
    message,
    number_field,
    varint,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def protobuf_reads(content: bytes) -> bool:
    try:
        AggregatedRecord.FromString(content)
    except DecodeError:
        return False
    return True


def in_a_record(content: bytes) -> bytes:
    return bytes_field(RECORDS, content)


def in_a_tag(content: bytes) -> bytes:
    return in_a_record(bytes_field(TAGS, content))


PLACES = [(bytes, 0), (in_a_record, 1), (in_a_tag, 2)]


@pytest.mark.parametrize(("place", "depth"), PLACES)
def test_groups_up_to_the_limit_are_readable(place: Callable[[bytes], bytes], depth: int) -> None:
    content = place(groups(MAX_DEPTH - depth))
    assert is_readable(content)
    assert protobuf_reads(content)


@pytest.mark.parametrize(("place", "depth"), PLACES)
@pytest.mark.parametrize("more", [1, 20_000])
def test_deeper_groups_are_not_readable(
    place: Callable[[bytes], bytes], depth: int, more: int
) -> None:
    assert not is_readable(place(groups(MAX_DEPTH - depth + more)))


@pytest.mark.parametrize("place", [place for place, _ in PLACES])
@pytest.mark.parametrize(
    "content",
    [
        b"\x2b" * 20_000,  # groups that do not end
        b"\x2b\x34",  # end of another group
        b"\x2c",  # end of no group
        b"\x2e",  # no wire type
        b"\xa8\x80\x80\x80\x80\x00\x01",  # tag of six bytes
        b"\x28" + b"\x80" * 10 + b"\x01",  # number of eleven bytes
        b"\x2a\x02x",  # bytes, a fixed number and a varint that are cut off
        b"\x2d123",
        b"\x28\x80",
    ],
)
def test_fields_that_do_not_fill_their_message_are_not_readable(
    place: Callable[[bytes], bytes], content: bytes
) -> None:
    assert not is_readable(place(content))


def test_a_frame_of_groups_that_would_end_the_process_is_refused() -> None:
    with pytest.raises(FrameError, match="not a protobuf message of an aggregate"):
        user_records(frame(groups(20_000)))


def test_groups_behind_an_ordinary_record_are_found() -> None:
    assert not is_readable(message([b"data"]) + groups(MAX_DEPTH + 1))


def test_groups_in_a_record_with_a_length_of_three_bytes_are_found() -> None:
    # Given a record whose first bytes, from the last of its length on, are an ordinary record if
    # only two bytes of a length are read
    size = 8 << 14 | 48
    tag = varint(1 << 14 | 0x2B)
    content = b"\x08\x1a" + tag + groups(MAX_DEPTH) + varint(1 << 14 | 0x2C)
    filler = bytes_field(PARTITION_KEYS, b"\x0a" * 10)
    content += filler * ((size - len(content)) // len(filler))
    content += bytes_field(PARTITION_KEYS, b"\x0a" * (size - len(content) - 2))
    record = in_a_record(content)
    assert record[:4] == b"\x1a\xb0\x80\x08"
    # When, then
    assert not is_readable(record + bytes_field(PARTITION_KEYS, b"x" * 5))


_numbers = st.sampled_from([0, 1, 2, 127, 128, 16_383, 16_384, 2**32, 2**64 - 1])
_field_numbers = st.one_of(st.integers(1, 5), st.integers(1, 2**29 - 1))
_leaves = st.one_of(
    st.builds(number_field, _field_numbers, _numbers),
    st.builds(bytes_field, _field_numbers, st.binary(max_size=4)),
    st.builds(lambda number: varint(number << 3 | 1) + bytes(8), _field_numbers),
    st.builds(lambda number: varint(number << 3 | 5) + bytes(4), _field_numbers),
    st.builds(lambda data: message([data]), st.binary(max_size=200)),
)


def _group(number: int, content: list[bytes]) -> bytes:
    return varint(number << 3 | 3) + b"".join(content) + varint(number << 3 | 4)


_fields = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(_group, _field_numbers, st.lists(inner, max_size=3)),
        st.builds(
            lambda number, content: bytes_field(number, b"".join(content)),
            _field_numbers,
            st.lists(inner, max_size=3),
        ),
    ),
    max_leaves=8,
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Return a message with any fields, changed at some places."""
    content = bytearray(b"".join(draw(st.lists(_fields, max_size=4))))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(content)))
        put = draw(st.one_of(st.binary(max_size=3), st.sampled_from([b"\x80" * n for n in (3, 9)])))
        content[start : start + draw(st.integers(0, 2))] = put
    return bytes(content)


@given(messages())
@example(b"\x1a\x00")
@example(b"\x1a\x04\x08\x00\x1a\x00")
@example(message([b""]))
@example(message([b"x" * 20_000, b"y"]))
@example(b"\x2a\x81" + b"\x80" * 8 + b"\x00x")
def test_whatever_protobuf_reads_is_readable(content: bytes) -> None:
    if protobuf_reads(content):
        assert is_readable(content)

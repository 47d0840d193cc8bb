"""Input as long as a Kinesis record can be is applied, ignored or quarantined in time.

A hang would hold up the shard for all retries, each up to Lambda's timeout. So each test has a
limit of twenty seconds, of which it needs only a few. It proves nothing about speed.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reliability.accounting import assert_accounted_for
from tests.reliability.raw_records import NAMES, PLACES, record, struct
from tests.support.kpl import aggregate, frame, groups
from tests.support.raw_ion import (
    BLOB,
    DECIMAL,
    INT,
    LIST,
    STRING,
    STRUCT,
    SYMBOL_TABLE,
    TIMESTAMP,
    VERSION_MARKER,
    annotated,
    nested,
    symbol_table,
    text,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(20, func_only=True)

MEBIBYTE = 2**20
LONG = MEBIBYTE - 2000
"""With a record around it, it still fits into a Kinesis record."""

_LAST_BYTE = 0x80


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("filler", [0x00, 0x7F])
@pytest.mark.parametrize("place", PLACES)
def test_a_number_of_any_length_is_read_in_time(place: str, filler: int, *, ended: bool) -> None:
    run = bytes([filler]) * LONG
    data = PLACES[place](run + bytes([filler | _LAST_BYTE]) if ended else run)
    assert_accounted_for(data, [data])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(PLACES)),
    st.integers(0, 40),
    st.sampled_from([0x00, 0x01, 0x40, 0x7F]),
    st.binary(max_size=12),
)
def test_any_number_at_any_place_is_accounted_for(
    place: str, length: int, filler: int, end: bytes
) -> None:
    data = PLACES[place](bytes([filler]) * length + end)
    assert_accounted_for(data, [data])


def _document(content: bytes) -> bytes:
    return record(struct(a=content))


_APPENDING = annotated(var_uint(SYMBOL_TABLE), bytes.fromhex("d786710387b28178")) + b"\x00"
_NAME = b"\x84\x81x"
_IMPORT = value(STRUCT, _NAME + b"\x88\x22\xff\xff")


def _with_imports(imports: bytes) -> bytes:
    """Return a symbol table whose imports precede the names, and so renumber them."""
    symbols = b"\x87" + value(LIST, b"".join(map(text, NAMES)))
    padding = value(BLOB, b"x" * (LONG - len(imports)))
    content = b"\x86" + value(LIST, imports) + symbols + b"\x84" + padding
    return annotated(var_uint(SYMBOL_TABLE), value(STRUCT, content))


def _overlapping(size: int) -> bytes:
    """Return a struct of structs, each with one that takes up all that follows."""
    lefts = range(size - size % 7 - 7, -1, -7)
    fields = (
        b"\x97\xd5\x97\xde" + bytes([left >> 14, left >> 7 & 0x7F, left & 0x7F | 0x80])
        for left in lefts
    )
    return value(STRUCT, b"".join(fields))


RECORDS: dict[str, Callable[[], bytes]] = {
    "random bytes": lambda: Random(1).randbytes(MEBIBYTE),
    "zeros": lambda: bytes(MEBIBYTE),
    "padding": lambda: VERSION_MARKER + bytes(LONG),
    "version markers": lambda: VERSION_MARKER * (MEBIBYTE // 4),
    "text": lambda: b"[" * MEBIBYTE,
    "a string": lambda: _document(value(STRING, b"x" * LONG)),
    "a string of controls": lambda: _document(value(STRING, b"\x01" * LONG)),
    "a blob": lambda: _document(value(BLOB, b"x" * LONG)),
    "an int": lambda: _document(value(INT, b"\xff" * LONG)),
    "a version": lambda: record(version=value(INT, b"\xff" * LONG)),
    "a decimal with a low exponent": lambda: _document(
        value(DECIMAL, b"\x3f\x7f\xff" + b"\x7f" * LONG)
    ),
    "a fraction of a second": lambda: _document(
        value(TIMESTAMP, b"\x80\x0f\xe8\x82\x9d\x8c\x80\x80" + b"\x5f\x7f\xff" + b"\x7f" * LONG)
    ),
    "nulls": lambda: _document(value(LIST, b"\x0f" * LONG)),
    "empty lists and a blob": lambda: record(
        struct(a=value(LIST, b"\xb0" * (LONG // 2)), b=value(BLOB, b"x" * (LONG // 2)))
    ),
    "lists in lists": lambda: _document(nested(LONG // 4)),
    "fields of one name": lambda: record(value(STRUCT, b"\x97\x11" * (LONG // 2))),
    "structs in structs that end before them": lambda: record(_overlapping(LONG)),
    "fields without a name": lambda: record(value(STRUCT, b"\xff\x11" * (LONG // 2))),
    "symbols": lambda: record(table=symbol_table(["x"] * (LONG // 2))),
    "symbols after the names": lambda: record(
        table=symbol_table(NAMES, more=text("x") * (LONG // 2))
    ),
    "tables that append": lambda: record(
        table=symbol_table(NAMES) + _APPENDING * (LONG // len(_APPENDING))
    ),
    "imports of shared tables": lambda: record(
        table=_with_imports(_IMPORT * (LONG // len(_IMPORT))),
    ),
    "imports of all numbers": lambda: record(
        table=_with_imports(value(STRUCT, _NAME + b"\x88\x28" + b"\xff" * 8)),
    ),
    "annotations": lambda: record(table=symbol_table(NAMES) * (LONG // len(symbol_table(NAMES)))),
}

AGGREGATES: dict[str, Callable[[], list[bytes]]] = {
    "one record": lambda: [record(struct(a=text("x" * LONG)))],
    "good records": lambda: [
        record(version=value(INT, n.to_bytes(2, "big"))) for n in range(4_300)
    ],
    "short records": lambda: [number.to_bytes(12, "big") for number in range(58_000)],
    "long names": lambda: [record(table=symbol_table(NAMES, more=text("x" * 9_000)))] * 112,
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_of_a_mebibyte_comes_to_an_end(kind: str) -> None:
    data = RECORDS[kind]()
    assert 0.9 * MEBIBYTE < len(data) <= MEBIBYTE
    assert_accounted_for(data, [data])


@pytest.mark.parametrize("kind", AGGREGATES)
def test_an_aggregate_of_a_mebibyte_comes_to_an_end(kind: str) -> None:
    records = AGGREGATES[kind]()
    data = aggregate(*records, partition_key="key")
    assert 0.9 * MEBIBYTE < len(data) <= MEBIBYTE
    assert_accounted_for(data, records)


@pytest.mark.parametrize("part", [b"\x0a\x01k", b"\x12\x011", b"\x1a\x00", b"\x20\x01", b"\x0b"])
def test_a_message_of_a_mebibyte_comes_to_an_end(part: bytes) -> None:
    # Given as many keys, hash keys, incomplete records, unknown numbers or groups as there can be
    data = frame(part * (MEBIBYTE // len(part)))
    assert_accounted_for(data, [])


def test_groups_of_a_mebibyte_that_end_come_to_an_end() -> None:
    data = frame(groups(MEBIBYTE // 2))
    assert_accounted_for(data, [])

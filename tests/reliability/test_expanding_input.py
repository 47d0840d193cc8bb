"""Little input never makes much work: memory and requests stay in proportion to the record.

Each construction is a tenth of the longest Kinesis record, and is held to 200 bytes of memory for
each of its bytes, the proportion of small values as Python's objects. Without a bound, the worst of
them take gigabytes. It proves nothing about speed.
"""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.reliability.accounting import process
from tests.reliability.raw_records import NAMES, record, struct
from tests.support.kpl import aggregate
from tests.support.raw_ion import (
    DECIMAL,
    FIRST_LOCAL,
    INT,
    LIST,
    STRUCT,
    SYMBOL,
    TIMESTAMP,
    annotated,
    nested,
    symbol_table,
    text,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 100_000
_MAX_MEMORY = 200 * SIZE
_SECOND = b"\x80\x0f\xe8\x82\x9d\x8c\x80\x80"
_SYMBOL = FIRST_LOCAL + len(NAMES)


def _list_of(element: bytes, symbol: str = "x") -> bytes:
    elements = value(LIST, element * ((SIZE - len(symbol)) // len(element)))
    return record(struct(a=elements), table=symbol_table(NAMES, more=text(symbol)))


UNSTORABLE: dict[str, Callable[[], bytes]] = {
    "a long symbol": lambda: _list_of(value(SYMBOL, bytes([_SYMBOL])), "x" * (SIZE // 2)),
    "a long field name": lambda: _list_of(
        value(STRUCT, var_uint(_SYMBOL) + b"\x11"), "x" * (SIZE // 2)
    ),
    "fractions of the most zeros": lambda: _list_of(value(TIMESTAMP, _SECOND + b"\x41\xc8")),
    "nested lists": lambda: record(struct(a=nested(SIZE // 4))),
}
"""By what expands; each document is over a limit of an item, or nested too deep."""

STORABLE: dict[str, Callable[[], bytes]] = {
    "ints of 9 KB": lambda: _list_of(value(INT, b"\xff" * 9_000)),
    "small ints": lambda: _list_of(b"\x21\x7f"),
    "annotations": lambda: record(struct(a=annotated(b"\x8a" * SIZE, b"\x11"))),
    "fields of one name": lambda: record(value(STRUCT, b"\x97\x11" * (SIZE // 2))),
    "symbols": lambda: record(table=symbol_table(NAMES, more=text("x") * (SIZE // 2))),
}


def _peak(data: bytes) -> int:
    """Return the peak of memory while a record is processed, after a first time."""
    process(record())
    tracemalloc.start()
    process(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("kind", [*UNSTORABLE, *STORABLE])
def test_memory_stays_in_proportion_to_the_record(kind: str) -> None:
    data = (UNSTORABLE | STORABLE)[kind]()
    assert 0.8 * SIZE < len(data) < 1.1 * SIZE
    assert _peak(data) < _MAX_MEMORY


@pytest.mark.parametrize("kind", UNSTORABLE)
def test_a_record_that_expands_beyond_an_item_is_unstorable(kind: str) -> None:
    data = UNSTORABLE[kind]()

    found = process(data)

    assert found.answer == {"batchItemFailures": []}
    assert [reason for reason, _ in found.counts.quarantined] == ["unstorable"]
    assert found.quarantined == [data]


@pytest.mark.parametrize(
    "fraction",
    [b"\x59\x00\x80", b"\x47\x7f\x7f\x7f\xff", b"\x41\xc9"],
    ids=["409,600 zeros", "2 GB of zeros", "201 zeros"],
)
def test_a_fraction_of_many_zeros_is_refused_before_it_is_written_out(fraction: bytes) -> None:
    data = record(struct(a=value(LIST, value(TIMESTAMP, _SECOND + fraction) * 4000)))
    assert _peak(data) < _MAX_MEMORY


@pytest.mark.parametrize("kind", [INT, DECIMAL])
def test_a_number_of_too_many_digits_is_refused_before_they_are_found(kind: int) -> None:
    data = record(struct(a=value(kind, b"\x80" * (kind == DECIMAL) + b"\x7f" * 1_000_000)))

    found = process(data)

    code = "an item of more than 409600 bytes"
    assert list(found.counts.quarantined) == [("unstorable", code)]


def test_an_aggregate_of_empty_records_is_one_object_in_the_failure_bucket() -> None:
    data = aggregate(*[b""] * 100_000)

    found = process(data)

    assert list(found.counts.quarantined.values()) == [1]
    assert found.quarantined == [data]

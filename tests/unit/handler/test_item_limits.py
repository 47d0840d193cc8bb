"""The handler's decision at each limit of an item, and that a small item need not be counted.

That DynamoDB has these limits is proven by
tests/integration/handler/test_item_limits_on_dynamodb_local.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings

from handler import item_limits
from handler.item_limits import item_bytes, surely_fits
from handler.replica import write_for
from handler.settings import ReplicaTable
from handler.values import UnstorableValue, attribute_value
from journal.ion.stream import single_value
from journal.revisions import Revision, read_record
from tests.reliability.ledger_tables import WHOLE
from tests.reliability.raw_records import NAMES, record, struct
from tests.support import attribute_values
from tests.support.ion_values import Sample, documents
from tests.support.limit_cases import (
    LIMIT_CASES,
    LIMIT_NAMES,
    MAX_KEY,
    TOO_LARGE,
    ion_text,
    item_with,
    table,
    write_of,
)
from tests.support.qldb_records import revision
from tests.support.raw_ion import (
    FIRST_LOCAL,
    LIST,
    STRUCT,
    SYMBOL,
    TIMESTAMP,
    VERSION_MARKER,
    importing,
    symbol_table,
    text,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from journal.ion.structure import Span
    from tests.support.limit_cases import LimitCase

PERSON = table()
_SYMBOL = FIRST_LOCAL + len(NAMES)


@pytest.mark.parametrize("case", LIMIT_CASES, ids=LIMIT_NAMES)
def test_a_document_just_inside_a_limit_is_written(case: LimitCase) -> None:
    write = write_of(ion_text(case.inside), replica=PERSON)
    assert attribute_values.checked(dict(write.item["data"])) == attribute_values.checked(
        case.inside
    )


@pytest.mark.parametrize("case", LIMIT_CASES, ids=LIMIT_NAMES)
def test_a_document_just_outside_a_limit_is_refused_by_its_name(case: LimitCase) -> None:
    with pytest.raises(UnstorableValue) as refusal:
        write_of(ion_text(case.outside), replica=PERSON)
    assert refusal.value.code == case.code


def test_a_key_is_limited_in_bytes() -> None:
    assert write_of("{}", replica=PERSON, key=MAX_KEY).document_id == MAX_KEY
    for key in (MAX_KEY + "k", "\u00e4" * 1025):
        with pytest.raises(UnstorableValue, match="a document id of more than 2048 bytes"):
            write_of("{}", replica=PERSON, key=key)


@given(documents)
def test_an_item_is_counted_as_the_engine_counts_it(sample: Sample) -> None:
    item = item_with(attribute_values.checked(dict(sample.promised)), replica=PERSON)
    assert item_bytes(item) == attribute_values.item_bytes(item)


def test_attributes_of_one_value_count_as_often_as_they_are_written() -> None:
    # given a document of a hundredth of the limit
    document = f'{{a: {{b: "{"x" * 5000}"}}}}'
    paths: dict[str, tuple[str, ...]] = {f"a{number}": ("a",) for number in range(40)}
    paths |= {f"b{number}": ("a", "b") for number in range(60)}
    # when forty attributes hold it, and when a hundred do
    some = dict(list(paths.items())[:40])
    few = ReplicaTable(ledger_table="Person", table_name="t", attributes=some)
    many = ReplicaTable(ledger_table="Person", table_name="t", attributes=paths)
    # then
    assert some.keys() <= write_of(document, replica=few).attributes.keys()
    with pytest.raises(UnstorableValue, match=TOO_LARGE):
        write_of(document, replica=many)


def test_a_tombstone_is_counted_too() -> None:
    metadata = f'{{id: "doc", version: 1, txTime: 2021T, txId: "{"x" * 409_600}"}}'
    found = read_record(revision(data=None, metadata=metadata), {"Person"})
    assert isinstance(found, Revision)
    with pytest.raises(UnstorableValue, match=TOO_LARGE):
        write_for(found, PERSON, 0.0)


def _repeated(content: bytes, symbol: str = "x") -> bytes:
    table = symbol_table(NAMES, more=text(symbol))
    return record(struct(a=value(LIST, content * 1000)), table=table)


EXPANDING = {
    "symbols": _repeated(value(SYMBOL, bytes([_SYMBOL])), "x" * 500),
    "symbols beyond ASCII": _repeated(value(SYMBOL, bytes([_SYMBOL])), "\u20ac" * 500),
    "field names": _repeated(value(STRUCT, var_uint(_SYMBOL) + b"\x11"), "x" * 500),
    "field names and symbols": _repeated(
        value(STRUCT, var_uint(_SYMBOL) + value(SYMBOL, bytes([_SYMBOL]))), "x" * 500
    ),
    "names of field names alone": _repeated(value(STRUCT, var_uint(9) + b"\x11")),
    "fractions of seconds": _repeated(
        value(TIMESTAMP, b"\x44\xca\x0f\xe8\x82\x9d\x8c\x80\x80\x41\xc8")
    ),
    "short fractions": _repeated(value(TIMESTAMP, b"\x80\x0f\xe8\x82\x9d\x8c\x80\x80\xff")),
    "minutes": _repeated(value(TIMESTAMP, b"\xc0\x0f\xe8\x82\x9d\x8c\x80")),
    "empty lists": _repeated(b"\xb0"),
    "empty structs": _repeated(b"\xd0"),
    "symbol zero": _repeated(b"\x70"),
    "small floats": _repeated(b"\x44\x80\x00\x00\x01"),
    "numbers": _repeated(b"\x31\xff"),
    "decimals": _repeated(b"\x54\x7f\x7f\xff\x7f"),
    "long decimals": _repeated(b"\x53\x41\x80\x7f"),
}


@pytest.mark.parametrize("kind", EXPANDING)
def test_what_surely_fits_is_never_larger(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    # given the document's bytes as a limit that it is just over
    found = _document(EXPANDING[kind])
    attributes = {"data": attribute_value(found)}
    count = attribute_values.item_bytes({"": attribute_values.checked(dict(attributes["data"]))})
    monkeypatch.setattr(item_limits, "_SURE_BYTES", count - 1)
    # then
    assert not surely_fits(attributes, found, 1)


def test_imported_symbols_are_not_looked_at_one_by_one() -> None:
    # given a few bytes that import billions of symbols
    table = importing(symbols=2**31 - 1)
    symbols = value(LIST, b"\x74\x7f\xff\xff\xff" * 1000)
    found = single_value(VERSION_MARKER + table + symbols)
    # then
    assert surely_fits({"data": attribute_value(found)}, found, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents)
@example(Sample("{a: null}", {}))
def test_no_document_that_surely_fits_is_larger(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    found = _document(revision(data=sample.text))
    attributes = {"data": attribute_value(found)}
    monkeypatch.setattr(item_limits, "_SURE_BYTES", item_bytes({"": attributes["data"]}) - 1)
    assert not surely_fits(attributes, found, 1)


def test_an_everyday_document_is_not_counted() -> None:
    found = _document(revision(data='{firstName: "Ann", tags: ["a", "b"]}'))
    assert surely_fits({"data": attribute_value(found)}, found, 1)


def test_a_large_document_of_short_symbols_is_not_counted() -> None:
    found = _document(revision(data=f"{{items: [{', '.join(['{name: x}'] * 10_000)}]}}"))
    assert surely_fits({"data": attribute_value(found)}, found, 1)


def test_large_records_that_take_turns_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # given more large records than are remembered
    monkeypatch.setattr(item_limits, "_lengths", {})
    lengths: list[int] = []
    longest = item_limits._longest

    def counted(names: tuple[str, ...]) -> int:
        lengths.append(longest(names))
        return lengths[-1]

    monkeypatch.setattr(item_limits, "_longest", counted)
    documents = [f"{{items: [{', '.join([f'{{name{n}: x}}'] * 10_000)}]}}" for n in range(6)]
    found = [_document(revision(data=data)) for data in documents]
    # when a few of them take turns, and then the others
    few = [surely_fits({}, each, 1) for each in found[:3] * 4]
    looked_at = len(lengths)
    others = [surely_fits({}, each, 1) for each in found]
    # then
    assert all(few + others)
    assert looked_at == 3
    assert len(item_limits._lengths) <= item_limits._REMEMBERED_RECORDS


def test_large_records_of_many_symbols_are_not_remembered_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(item_limits, "_lengths", {})
    for number in range(4):
        names = ", ".join(f"n{number}_{field}: 1" for field in range(12_000))
        assert surely_fits({}, _document(revision(data=f"{{{names}}}")), 1)

    assert len(item_limits._lengths) == 1


def _document(data: bytes) -> Span:
    found = read_record(data, {"Person", WHOLE})
    assert isinstance(found, Revision)
    assert found.data is not None
    return found.data

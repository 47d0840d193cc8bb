"""The size of an item is estimated from the document, and the handler counts the same."""

from __future__ import annotations

import random

import pytest

from handler import item_limits
from handler.values import attribute_value
from journal.errors import IonError
from journal.exports.small_file import small_file_value
from journal.ion.stream import single_value
from journal.ion.symbols import SYSTEM_SYMBOLS
from ops.exports.item_size import WriteUnits, item_bytes
from tests.support.ion import binary

DOCUMENTS = [
    '{name: "Ann", age: 44, tags: ["a", "b"], address: {city: "Oslo", zip: "0150"}}',
    "{a: null, b: true, c: 1.50, d: 2021-02-03T04:05:06.007Z, e: {{AAAA}}, f: {}, g: []}",
    '{text: "' + "x" * 5000 + '", note: note::"annotated"}',
    '{"a longer name of a field": 1, "another name of a field": -123456789012345}',
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_estimate_is_near_to_what_dynamodb_counts(text: str) -> None:
    document = single_value(binary(text))
    counted = item_limits.item_bytes({"data": attribute_value(document)}) - len("data")
    assert item_bytes(document) == pytest.approx(counted, rel=0.1, abs=12)


def test_documents_whose_names_ion_has_only_once_need_more_units_than_their_ion() -> None:
    # given many documents in one symbol table, with long names and short values
    names = [f"a field with a rather long name {number:03}" for number in range(60)]
    fields = ", ".join(f'"{name}": 1' for name in names)
    document = single_value(binary(f"{{{fields}}}"))
    units = WriteUnits()
    # then all of them cost three units, and not the one of their Ion
    assert document[4] - document[3] < 300
    assert [units.of(document) for _ in range(200)] == [3] * 200


def test_a_tombstone_costs_one_unit() -> None:
    assert WriteUnits().of(None) == 1


def test_documents_that_are_not_measured_are_estimated_by_those_that_were() -> None:
    # given documents of one shape and many sizes
    source = random.Random(1)
    units = WriteUnits()
    for _ in range(500):
        text = "x" * source.randrange(8000)
        document = small_file_value(f'{{name: "Ann", text: "{text}"}}'.encode())
        assert units.of(document) == pytest.approx(-(-(len(text) + 200) // 1024), abs=1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x84\x8e\x85abc", id="a value that ends after its container"),
        pytest.param(b"\xff\x21\x01", id="a symbol that no table explains"),
        pytest.param(b"\x84", id="a name without a value"),
    ],
)
def test_a_damaged_document_is_an_error_that_no_estimate_raises(content: bytes) -> None:
    document = (content, SYSTEM_SYMBOLS, 0xDE, 0, len(content))
    with pytest.raises(IonError):
        item_bytes(document)
    assert WriteUnits().of(document) == 1

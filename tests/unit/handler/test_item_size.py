"""Documents that are small in Ion and too large for an item are refused before they are sent.

That DynamoDB counts in the same way is proven on DynamoDB Local in tests/integration.
"""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from handler.item_size import bytes_left, may_be_too_large
from handler.replica import write_for
from handler.settings import ReplicaTable
from handler.values import MAX_ITEM_BYTES, UnstorableValue, attribute_value
from journal.ion.stream import single_value
from journal.ion.symbols import SYSTEM_SYMBOLS, ImportingSymbols
from journal.revisions import Revision, read_record
from tests.support.qldb_records import revision
from tests.support.raw_ion import DECIMAL, INT, VERSION_MARKER, value

if TYPE_CHECKING:
    from handler.values import AttributeValue

WHOLE = ReplicaTable(ledger_table="Person", table_name="person")
TOO_LARGE = f"an item of more than {MAX_ITEM_BYTES} bytes"
NAME = "n" * 10_000


def found(data: str) -> Revision:
    """Return the revision of a document."""
    record = read_record(revision(data=data), {"Person"})
    assert isinstance(record, Revision)
    return record


@pytest.mark.parametrize(
    "document",
    [
        f"{{a: [{', '.join([NAME] * 2000)}]}}",
        f"{{a: [{', '.join([f'{{{NAME}: 1}}'] * 2000)}]}}",
        f"{{a: {{b: [{', '.join([NAME] * 2000)}]}}}}",
    ],
    ids=["symbols", "field names", "symbols below a field"],
)
def test_a_record_that_expands_is_refused_in_little_memory(document: str) -> None:
    record = found(document)
    tracemalloc.start()
    try:
        with pytest.raises(UnstorableValue, match=TOO_LARGE):
            write_for(record, WHOLE, 0.0, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2_000_000


def test_a_value_that_is_projected_often_is_counted_often() -> None:
    record = found(json.dumps({"a": "x" * 50_000}))
    several = {f"attribute{number}": ("a",) for number in range(9)}
    table = ReplicaTable(ledger_table="Person", table_name="person", attributes=several)

    with pytest.raises(UnstorableValue, match=TOO_LARGE):
        write_for(record, table, 0.0, None)


def test_a_document_that_fits_is_written_however_long_its_symbols_are() -> None:
    record = found(f"{{a: [{', '.join([NAME] * 40)}]}}")

    assert len(write_for(record, WHOLE, 0.0, None).attributes["data"]["M"]["a"]["L"]) == 40


@pytest.mark.parametrize(
    ("content", "size"),
    [
        ({"S": "aä"}, 3),
        ({"B": b"\0\0"}, 2),
        ({"N": "1"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"NULL": True}]}, 3 + (1 + 2) + (1 + 1)),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
    ],
    ids=str,
)
def test_a_value_is_counted_as_dynamodb_documents(content: AttributeValue, size: int) -> None:
    assert bytes_left("name", content, 100) == 100 - len("name") - size


def test_symbols_of_a_shared_table_need_not_be_counted_one_by_one() -> None:
    names = ImportingSymbols(2_000_000_000, ("x" * 1000,))

    assert may_be_too_large(1000, names)
    assert not may_be_too_large(1000, SYSTEM_SYMBOLS)


@pytest.mark.parametrize(
    "content",
    [value(INT, b"\x01" * 250_000), value(DECIMAL, b"\x80" + b"\x01" * 250_000)],
    ids=["int", "decimal"],
)
def test_digits_that_no_item_can_hold_are_not_made(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journal.ion.integers.digits", None)

    with pytest.raises(UnstorableValue, match=TOO_LARGE):
        attribute_value(single_value(VERSION_MARKER + content))

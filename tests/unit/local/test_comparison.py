"""The comparison of ledger and DynamoDB finds every difference, and no other.

The expectations follow docs/items.md; other tests prove that the handler meets them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.client_results import DocumentState

from handler.contract import RESERVED_ATTRIBUTES, projection_id
from local.comparison import Verdict, compare, item_differences, item_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASH = bytes(range(32))
PROJECTED, WHOLE = projection_id(("name", "city", "absent")), projection_id(("data",))


def from_the_ledger(text: str) -> Any:  # noqa: ANN401 (a value of any Ion type)
    """Return a value as the ledger's client reads it, from binary Ion."""
    return simpleion.loads(simpleion.dumps(simpleion.loads(text), binary=True))


LIVE = DocumentState(
    document_id="d",
    version=3,
    is_deleted=False,
    data=from_the_ledger('{name: "Ann", address: {city: "Swansea"}}'),
    tx_time=from_the_ledger("2021-02-09T02:16:06.240Z"),
    tx_id="t",
    hash=HASH,
)
DELETED = replace(LIVE, is_deleted=True, data=None)
REVISION: dict[str, Any] = {
    "pk": {"S": "d"},
    "version": {"N": "3"},
    "txTime": {"S": "2021-02-09T02:16:06.240Z"},
    "txId": {"S": "t"},
    "hash": {"B": HASH},
}
ITEM = {
    **REVISION,
    "projectionId": {"S": PROJECTED},
    "name": {"S": "Ann"},
    "city": {"S": "Swansea"},
}
TOMBSTONE = {**REVISION, "isDeleted": {"BOOL": True}}
PATHS = {"name": ["name"], "city": ["address", "city"], "absent": ["address", "street"]}


def is_replica(
    document: DocumentState, item: dict[str, Any], attributes: dict[str, list[str]] | None
) -> bool:
    """Return whether an item is what it should be."""
    return not item_differences(document, item, attributes)


def without(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in item.items() if other != name}


@pytest.mark.parametrize(
    ("document", "item"),
    [(LIVE, ITEM), (DELETED, TOMBSTONE), (DELETED, {**TOMBSTONE, "expiresAt": {"N": "9"}})],
)
def test_an_item_in_its_documented_form_is_equal(
    document: DocumentState, item: dict[str, Any]
) -> None:
    assert is_replica(document, item_values(item), PATHS)


@pytest.mark.parametrize(
    ("document", "item"),
    [
        *((LIVE, without(ITEM, name)) for name in ITEM if name != "pk"),
        *((DELETED, without(TOMBSTONE, name)) for name in TOMBSTONE if name != "pk"),
        (LIVE, {**ITEM, "version": {"N": "2"}}),
        (LIVE, {**ITEM, "version": {"S": "3"}}),
        (LIVE, {**ITEM, "txTime": {"S": "2021-02-09T02:16:06.24Z"}}),
        (LIVE, {**ITEM, "txId": {"S": "u"}}),
        (LIVE, {**ITEM, "hash": {"B": HASH[::-1]}}),
        (LIVE, {**ITEM, "name": {"S": "Anne"}}),
        (LIVE, {**ITEM, "absent": {"NULL": True}}),
        (LIVE, {**ITEM, "older": {"S": "stayed"}}),
        (LIVE, {**ITEM, "isDeleted": {"BOOL": True}}),
        (LIVE, {**ITEM, "isDeleted": {"BOOL": False}}),
        (LIVE, {**ITEM, "expiresAt": {"N": "9"}}),
        (LIVE, TOMBSTONE),
        (DELETED, ITEM),
        (LIVE, {**ITEM, "projectionId": {"S": WHOLE}}),
        (DELETED, {**TOMBSTONE, "projectionId": {"S": PROJECTED}}),
        (DELETED, {**TOMBSTONE, "name": {"S": "Ann"}}),
        (DELETED, {**TOMBSTONE, "isDeleted": {"BOOL": False}}),
        (DELETED, {**TOMBSTONE, "txId": {"S": "u"}}),
        (DELETED, {**TOMBSTONE, "hash": {"B": HASH[::-1]}}),
    ],
)
def test_every_other_item_is_different(document: DocumentState, item: dict[str, Any]) -> None:
    assert not is_replica(document, item_values(item), PATHS)


NINES = "9" * 38
V = {**REVISION, "projectionId": {"S": projection_id(("v",))}}


@pytest.mark.parametrize(
    ("ion", "right", "wrong"),
    [
        ("null.int", {"NULL": True}, {"N": "0"}),
        ("true", {"BOOL": True}, {"N": "1"}),
        ("1", {"N": "1"}, {"BOOL": True}),
        ("0", {"N": "0"}, {"NULL": True}),
        (NINES, {"N": NINES}, {"S": NINES}),
        (f"{NINES}000", {"N": f"{NINES}E3"}, {"S": f"{NINES}000"}),
        (f"-1{NINES}", {"S": f"-1{NINES}"}, {"S": f"1{NINES}"}),
        (f"1{NINES}", {"S": f"1{NINES}"}, {"N": "2E38"}),
        ("1.50", {"N": "1.5"}, {"S": "1.50"}),
        ("-0d400", {"N": "0"}, {"S": "-0d400"}),
        ("1d-130", {"N": "1E-130"}, {"S": "1d-130"}),
        ("1d-131", {"S": "1d-131"}, {"N": "0"}),
        (f"{NINES}d-167", {"N": f"{NINES}E-167"}, {"N": "1E-129"}),
        ("9.99d125", {"N": "9.99E125"}, {"S": "999d123"}),
        ("-1.50d126", {"S": "-150d124"}, {"S": "-1.5d126"}),
        (f"1.{NINES}", {"S": f"1{NINES}d-38"}, {"N": "2"}),
        ("0.1e0", {"N": "0.1"}, {"N": "0.1000000000000000055511151231257827"}),
        ("1e200", {"S": "1e+200"}, {"S": "1d200"}),
        ("-5e-324", {"S": "-5e-324"}, {"N": "0"}),
        ("nan", {"S": "nan"}, {"S": "+inf"}),
        ("+inf", {"S": "+inf"}, {"S": "inf"}),
        ("-inf", {"S": "-inf"}, {"S": "+inf"}),
        ("2020-01-01T", {"S": "2020-01-01"}, {"S": "2020-01-01T"}),
        ("2020-01-01T01:00:00.10+01:00", {"S": "2020-01-01T01:00:00.10+01:00"}, {"S": "2020"}),
        ('"text"', {"S": "text"}, {"B": b"text"}),
        ("symbol", {"S": "symbol"}, {"S": "'symbol'"}),
        ("{{AQID}}", {"B": b"\x01\x02\x03"}, {"S": "AQID"}),
        ('{{"clob"}}', {"B": b"clob"}, {"S": "clob"}),
        ("[1, (a)]", {"L": [{"N": "1"}, {"L": [{"S": "a"}]}]}, {"L": [{"N": "1"}]}),
        ("[1]", {"L": [{"N": "1"}]}, {"NS": ["1"]}),
        ("{a: {b: 1}}", {"M": {"a": {"M": {"b": {"N": "1"}}}}}, {"M": {"a": {"M": {}}}}),
        ("kind::1", {"N": "1"}, {"S": "kind::1"}),
    ],
)
def test_a_value_has_one_right_form(ion: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    document = replace(LIVE, data=from_the_ledger(f"{{value: {ion}}}"))
    whole = {**REVISION, "projectionId": {"S": WHOLE}, "data": {"M": {"value": right}}}
    assert is_replica(document, item_values(whole), None)
    assert is_replica(document, item_values({**V, "v": right}), {"v": ["value"]})
    assert not is_replica(document, item_values({**V, "v": wrong}), {"v": ["value"]})


def test_an_int_of_any_size_has_its_digits() -> None:
    document = replace(LIVE, data={"value": 10**5000})
    right = item_values({**V, "v": {"S": "1" + "0" * 5000}})
    assert is_replica(document, right, {"v": ["value"]})


def test_its_own_copy_of_the_attribute_names_is_complete() -> None:
    # Of each of these, other tests prove that an item without it, or with it, is different.
    names = {*ITEM, *TOMBSTONE, "expiresAt", "data"} - PATHS.keys()
    assert names == set(RESERVED_ATTRIBUTES)


def test_a_type_that_only_dynamodb_has_is_a_difference() -> None:
    item = item_values({**ITEM, "name": {"SS": ["Ann"]}})

    assert not is_replica(LIVE, item, PATHS)


def test_each_difference_is_named() -> None:
    # given an item with an attribute missing, one too many, and one different
    item = item_values({**without(ITEM, "city"), "name": {"S": "Anne"}, "older": {"N": "1"}})
    # when it is compared / then these three are named, with both values
    found = {each.path: (each.ledger, each.replica) for each in item_differences(LIVE, item, PATHS)}
    assert found == {
        ("name",): (("text", "Ann"), ("text", "Anne")),
        ("city",): (("text", "Swansea"), None),
        ("older",): (None, ("number", 1)),
    }


def test_a_difference_in_a_map_is_named_by_its_path() -> None:
    data = {"M": {"name": {"S": "Ann"}, "address": {"M": {"city": {"S": "Cardiff"}}}}}
    item = item_values({**REVISION, "projectionId": {"S": WHOLE}, "data": data})

    (difference,) = item_differences(LIVE, item, None)

    assert difference.path == ("data", "address", "city")


class TestVerdict:
    """What is on its way is told from what is wrong by the versions."""

    @pytest.mark.parametrize(
        ("document", "item", "verdict"),
        [
            (LIVE, ITEM, Verdict.EQUAL),
            (LIVE, None, Verdict.BEHIND),
            (DELETED, None, Verdict.BEHIND),
            (LIVE, {**ITEM, "version": {"N": "2"}, "name": {"S": "former"}}, Verdict.BEHIND),
            (DELETED, {**ITEM, "version": {"N": "2"}}, Verdict.BEHIND),
            (None, ITEM, Verdict.DIFFERENT),
            (LIVE, {**ITEM, "name": {"S": "Anne"}}, Verdict.DIFFERENT),
            (LIVE, {**ITEM, "version": {"N": "4"}}, Verdict.DIFFERENT),
            (LIVE, {**ITEM, "version": {"S": "2"}}, Verdict.DIFFERENT),
            (LIVE, without(ITEM, "version"), Verdict.DIFFERENT),
        ],
    )
    def test_only_an_older_item_may_be_on_its_way(
        self,
        document: DocumentState | None,
        item: dict[str, Any] | None,
        verdict: Verdict,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # given one document and its item
        read = Reading(document, item)
        monkeypatch.setattr("local.comparison.aws.client", lambda *_: read)
        # when they are compared / then this is the verdict
        (row,) = compare(read, OUTPUTS, "http://127.0.0.1:1")  # type: ignore[arg-type]
        assert row.verdict is verdict

    def test_what_is_committed_during_the_comparison_makes_no_item_look_ahead(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # given a revision that is committed and replicated between the two readings
        read = Reading(replace(LIVE, version=2), {**ITEM, "version": {"N": "2"}})

        def commit() -> None:
            read.document, read.item = LIVE, ITEM

        read.after_first = commit
        monkeypatch.setattr("local.comparison.aws.client", lambda *_: read)
        # when they are compared / then it is on its way at worst
        (row,) = compare(read, OUTPUTS, "http://127.0.0.1:1")  # type: ignore[arg-type]
        assert row.verdict is Verdict.BEHIND


OUTPUTS = {
    "ledgerName": "ledger",
    "replicaTables": json.dumps({"Person": {"tableName": "person", "attributes": PATHS}}),
}


class Reading:
    """A ledger and a DynamoDB with at most one document, in which something may happen."""

    def __init__(self, document: DocumentState | None, item: dict[str, Any] | None) -> None:
        self.document = document
        self.item = item
        self.after_first: Callable[[], None] = lambda: None

    def _read(self, value: Any) -> Any:  # noqa: ANN401 (whatever is read)
        happens, self.after_first = self.after_first, lambda: None
        happens()
        return value

    def tables(self, _ledger: str) -> dict[str, str]:
        return {"Person": "id"}

    def state(self, _ledger: str, _table: str) -> dict[str, DocumentState]:
        return self._read({"d": self.document} if self.document else {})  # type: ignore[no-any-return]

    def get_paginator(self, _operation: str) -> Reading:
        return self

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        yield self._read({"Items": [self.item] if self.item else []})

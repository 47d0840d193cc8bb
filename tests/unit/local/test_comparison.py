"""The comparison of ledger and DynamoDB finds every difference, and no other.

The expectations follow docs/items.md; other tests prove that the handler meets them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.client_results import RevisionState, TableGeneration

from handler.contract import RESERVED_ATTRIBUTES, projection_id
from local.comparison import (
    Verdict,
    compare,
    compare_history,
    differences,
    item_differences,
    revision_differences,
)
from local.replica import Replica, ReplicatedTable, item_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASH = bytes(range(32))
PROJECTED, WHOLE = projection_id(("name", "city", "absent")), projection_id(("data",))


def from_the_ledger(text: str) -> Any:  # noqa: ANN401 (a value of any Ion type)
    """Return a value as the ledger's client reads it, from binary Ion."""
    return simpleion.loads(simpleion.dumps(simpleion.loads(text), binary=True))


TABLE_ID = "FormerTable0TableId0TableId"[:22]
LIVE = RevisionState(
    document_id="d",
    version=3,
    is_deleted=False,
    data=from_the_ledger('{name: "Ann", address: {city: "Swansea"}}'),
    tx_time=from_the_ledger("2021-02-09T02:16:06.240Z"),
    tx_id="t",
    hash=HASH,
    strand_id="s",
    sequence_no=17,
)
DELETED = replace(LIVE, is_deleted=True, data=None)
REVISION: dict[str, Any] = {
    "pk": {"S": "d"},
    "version": {"N": "3"},
    "txTime": {"S": "2021-02-09T02:16:06.240Z"},
    "txId": {"S": "t"},
    "tableId": {"S": TABLE_ID},
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


def table(
    attributes: dict[str, list[str]] | None, **index_keys: tuple[str, int]
) -> ReplicatedTable:
    return ReplicatedTable(table_name="person", attributes=attributes, index_keys=index_keys)


def is_replica(
    document: RevisionState, item: dict[str, Any], attributes: dict[str, list[str]] | None
) -> bool:
    """Return whether an item is what it should be."""
    return not item_differences(document, item, table(attributes), TABLE_ID)


def without(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in item.items() if other != name}


@pytest.mark.parametrize(
    ("document", "item"),
    [(LIVE, ITEM), (DELETED, TOMBSTONE), (DELETED, {**TOMBSTONE, "expiresAt": {"N": "9"}})],
)
def test_an_item_in_its_documented_form_is_equal(
    document: RevisionState, item: dict[str, Any]
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
        (LIVE, {**ITEM, "tableId": {"S": "u"}}),
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
def test_every_other_item_is_different(document: RevisionState, item: dict[str, Any]) -> None:
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
    names = {*ITEM, *TOMBSTONE, *REDACTED, "expiresAt", "data", "unindexed"} - PATHS.keys()
    assert names == set(RESERVED_ATTRIBUTES)


def test_a_type_that_only_dynamodb_has_is_a_difference() -> None:
    item = item_values({**ITEM, "name": {"SS": ["Ann"]}})

    assert not is_replica(LIVE, item, PATHS)


def test_each_difference_is_named() -> None:
    # given an item with an attribute missing, one too many, and one different
    item = item_values({**without(ITEM, "city"), "name": {"S": "Anne"}, "older": {"N": "1"}})
    # when it is compared / then these three are named, with both values
    found = {
        each.path: (each.ledger, each.replica)
        for each in item_differences(LIVE, item, table(PATHS), TABLE_ID)
    }
    assert found == {
        ("name",): (("text", "Ann"), ("text", "Anne")),
        ("city",): (("text", "Swansea"), None),
        ("older",): (None, ("number", 1)),
    }


def test_a_difference_in_a_map_is_named_by_its_path() -> None:
    data = {"M": {"name": {"S": "Ann"}, "address": {"M": {"city": {"S": "Cardiff"}}}}}
    item = item_values({**REVISION, "projectionId": {"S": WHOLE}, "data": data})

    (difference,) = item_differences(LIVE, item, table(None), TABLE_ID)

    assert difference.path == ("data", "address", "city")


class TestIndexKeys:
    """A value that no index can have as its key is in the map `unindexed`, and nowhere else."""

    @pytest.mark.parametrize(
        ("ion", "kind", "size", "value"),
        [
            ('"text"', "S", 4, {"S": "text"}),
            ("sym", "S", 3, {"S": "sym"}),
            ("2020-01-01T", "S", 10, {"S": "2020-01-01"}),
            ("1.5", "N", 1, {"N": "1.5"}),
            ("{{AQID}}", "B", 3, {"B": b"\x01\x02\x03"}),
        ],
    )
    def test_a_value_that_fits_is_an_attribute(
        self, ion: str, kind: str, size: int, value: dict[str, Any]
    ) -> None:
        assert self.differing(ion, kind, size, {"v": value}) == ()
        assert self.differing(ion, kind, size, {"unindexed": {"M": {"v": value}}})

    @pytest.mark.parametrize(
        ("ion", "kind", "size", "value"),
        [
            ('"text"', "N", 9, {"S": "text"}),
            ('"texts"', "S", 4, {"S": "texts"}),
            ('"é"', "S", 1, {"S": "é"}),
            ('""', "S", 9, {"S": ""}),
            ("null", "S", 9, {"NULL": True}),
            ("1", "S", 9, {"N": "1"}),
            ("nan", "N", 9, {"S": "nan"}),
            ("{{AQID}}", "B", 2, {"B": b"\x01\x02\x03"}),
            ("{{}}", "B", 9, {"B": b""}),
            ("[1]", "S", 9, {"L": [{"N": "1"}]}),
        ],
    )
    def test_a_value_that_does_not_fit_is_in_the_map(
        self, ion: str, kind: str, size: int, value: dict[str, Any]
    ) -> None:
        assert self.differing(ion, kind, size, {"unindexed": {"M": {"v": value}}}) == ()
        assert self.differing(ion, kind, size, {"v": value})

    def test_an_absent_value_is_nowhere(self) -> None:
        document = replace(LIVE, data=from_the_ledger("{}"))
        replica = table({"v": ["value"]}, v=("S", 9))

        assert item_differences(document, self.item({}), replica, TABLE_ID) == ()

    def differing(self, ion: str, kind: str, size: int, held: dict[str, Any]) -> tuple[Any, ...]:
        document = replace(LIVE, data=from_the_ledger(f"{{value: {ion}}}"))
        replica = table({"v": ["value"]}, v=(kind, size))
        return item_differences(document, self.item(held), replica, TABLE_ID)

    def item(self, held: dict[str, Any]) -> dict[str, Any]:
        projection = projection_id(("v", "unindexed"))
        return item_values({**REVISION, "projectionId": {"S": projection}, **held})


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
            (LIVE, TOMBSTONE, Verdict.DIFFERENT),
        ],
    )
    def test_only_an_older_item_may_be_on_its_way(
        self, document: RevisionState | None, item: dict[str, Any] | None, verdict: Verdict
    ) -> None:
        # given one document and its item
        read = Reading(document, item)
        # when they are compared / then this is the verdict
        (row,) = compare(read, read.replica())
        assert row.verdict is verdict

    def test_what_is_committed_during_the_comparison_makes_no_item_look_ahead(self) -> None:
        # given a revision that is committed and replicated between the two readings
        read = Reading(replace(LIVE, version=2), {**ITEM, "version": {"N": "2"}})

        def commit() -> None:
            read.document, read.item = LIVE, ITEM

        read.after_first = commit
        # when they are compared / then it is on its way at worst
        (row,) = compare(read, read.replica())
        assert row.verdict is Verdict.BEHIND

    def test_items_of_others_are_no_difference_if_only_the_own_are_looked_at(self) -> None:
        read = Reading(None, ITEM)

        assert compare(read, read.replica(), own_only=True) == []

    def test_an_own_item_is_looked_up(self) -> None:
        read = Reading(LIVE, {**ITEM, "name": {"S": "Anne"}})

        (row,) = compare(read, read.replica(), own_only=True)

        assert row.verdict is Verdict.DIFFERENT


class TestDroppedTable:
    """Documents of a dropped table are compared with what its last revisions left."""

    @pytest.mark.parametrize(
        ("document", "item", "verdict"),
        [
            (LIVE, ITEM, Verdict.EQUAL),
            (DELETED, TOMBSTONE, Verdict.EQUAL),
            (LIVE, TOMBSTONE, Verdict.REMOVED),
            (LIVE, {**TOMBSTONE, "expiresAt": {"N": "9"}}, Verdict.REMOVED),
            (LIVE, None, Verdict.BEHIND),
            (LIVE, {**TOMBSTONE, "version": {"N": "2"}}, Verdict.BEHIND),
            (LIVE, {**TOMBSTONE, "version": {"N": "4"}}, Verdict.DIFFERENT),
            (LIVE, {**TOMBSTONE, "name": {"S": "Ann"}}, Verdict.DIFFERENT),
            (LIVE, {**TOMBSTONE, "tableId": {"S": "another"}}, Verdict.DIFFERENT),
            (LIVE, {**ITEM, "name": {"S": "Anne"}}, Verdict.DIFFERENT),
            (DELETED, ITEM, Verdict.DIFFERENT),
        ],
    )
    def test_a_removed_document_is_told_from_a_wrong_one(
        self, document: RevisionState, item: dict[str, Any] | None, verdict: Verdict
    ) -> None:
        read = Reading(document, item, is_active=False)

        (row,) = compare(read, read.replica())

        assert (row.verdict, row.is_dropped) == (verdict, True)
        assert differences([row]) == (verdict in (Verdict.BEHIND, Verdict.DIFFERENT))

    def test_nobody_removes_documents_of_a_ledger_of_ones_own(self) -> None:
        # given a document of a dropped table, live in the ledger, and a tombstone
        read = Reading(LIVE, TOMBSTONE, is_active=False)
        # when only the own documents are looked at / then the tombstone is wrong, and says in what
        (row,) = compare(read, read.replica(), own_only=True)
        assert row.verdict is Verdict.DIFFERENT
        assert ("isDeleted",) in {difference.path for difference in row.differing}

    def test_a_table_of_another_name_is_not_looked_at(self) -> None:
        read = Reading(LIVE, None)
        read.name = "Vehicle"

        assert compare(read, read.replica()) == []


REVISION_ITEM = {
    **REVISION,
    "ledgerTable": {"S": "Person"},
    "blockStrandId": {"S": "s"},
    "blockSequenceNo": {"N": "17"},
}
LIVE_REVISION = {
    **REVISION_ITEM,
    "revisionState": {"S": "live"},
    "name": {"S": "Ann"},
    "city": {"S": "Swansea"},
}
DELETED_REVISION = {**REVISION_ITEM, "revisionState": {"S": "deleted"}}
REDACTED = {
    **REVISION_ITEM,
    "revisionState": {"S": "redacted"},
    "dataHash": {"B": HASH[::-1]},
}
STUB = {name: REDACTED[name] for name in ("pk", "version", "tableId", "revisionState")}
REDACTION = replace(LIVE, data=None, data_hash=HASH[::-1])


class TestHistory:
    """The history table is compared revision by revision."""

    @pytest.mark.parametrize(
        ("revision", "item"),
        [
            (LIVE, LIVE_REVISION),
            (DELETED, DELETED_REVISION),
            (REDACTION, REDACTED),
            # As the block of the redaction tells of it.
            (REDACTION, without(REDACTED, "dataHash")),
        ],
    )
    def test_an_item_in_its_documented_form_is_equal(
        self, revision: RevisionState, item: dict[str, Any]
    ) -> None:
        assert self.verdict(revision, item) is Verdict.EQUAL

    @pytest.mark.parametrize(
        ("revision", "item"),
        [
            *(
                (LIVE, without(LIVE_REVISION, n))
                for n in LIVE_REVISION
                if n not in ("pk", "version")
            ),
            *(
                (DELETED, without(DELETED_REVISION, n))
                for n in DELETED_REVISION
                if n not in ("pk", "version")
            ),
            (LIVE, {**LIVE_REVISION, "projectionId": {"S": PROJECTED}}),
            (LIVE, {**LIVE_REVISION, "blockSequenceNo": {"N": "16"}}),
            (LIVE, {**LIVE_REVISION, "blockStrandId": {"S": "t"}}),
            (LIVE, {**LIVE_REVISION, "ledgerTable": {"S": "Other"}}),
            (LIVE, {**LIVE_REVISION, "name": {"S": "Anne"}}),
            (LIVE, REDACTED),
            (LIVE, STUB),
            (DELETED, {**DELETED_REVISION, "name": {"S": "Ann"}}),
            (REDACTION, {**REDACTED, "name": {"S": "Ann"}}),
            (REDACTION, {**REDACTED, "dataHash": {"B": HASH}}),
            (REDACTION, {**REDACTED, "txId": {"S": "u"}}),
        ],
    )
    def test_every_other_item_is_different(
        self, revision: RevisionState, item: dict[str, Any]
    ) -> None:
        assert self.verdict(revision, item) is Verdict.DIFFERENT

    @pytest.mark.parametrize(
        ("revision", "item"),
        [(LIVE, None), (REDACTION, None), (REDACTION, LIVE_REVISION), (REDACTION, STUB)],
    )
    def test_a_revision_or_its_redaction_may_be_on_its_way(
        self, revision: RevisionState, item: dict[str, Any] | None
    ) -> None:
        assert self.verdict(revision, item) is Verdict.BEHIND

    @pytest.mark.parametrize("own_only", [True, False])
    def test_a_revision_that_the_ledger_does_not_have_is_different(
        self,
        own_only: bool,  # noqa: FBT001 (a parameter of the test)
    ) -> None:
        # given a revision, and an item of another version
        read = Reading(LIVE, {**LIVE_REVISION, "version": {"N": "4"}}, has_history=True)
        # when they are compared / then one is missing, the other one too many
        missing, extra = compare_history(read, read.replica(), own_only=own_only)
        assert (missing.ledger, missing.replica, missing.verdict) == (
            "3 live",
            "-",
            Verdict.BEHIND,
        )
        assert (extra.ledger, extra.replica, extra.verdict) == ("-", "4 live", Verdict.DIFFERENT)

    @pytest.mark.parametrize(
        ("revision", "item", "verdict"),
        [
            (LIVE, LIVE_REVISION, Verdict.EQUAL),
            (REDACTION, REDACTED, Verdict.EQUAL),
            (LIVE, {**LIVE_REVISION, "name": {"S": "Anne"}}, Verdict.DIFFERENT),
            (REDACTION, LIVE_REVISION, Verdict.BEHIND),
            # The redaction of a revision that never comes.
            (REDACTION, STUB, Verdict.EQUAL),
            (LIVE, STUB, Verdict.DIFFERENT),
            (REDACTION, {**STUB, "tableId": {"S": "another"}}, Verdict.DIFFERENT),
            (REDACTION, without(REDACTED, "txId"), Verdict.BEHIND),
        ],
    )
    def test_what_is_left_of_a_history_that_was_switched_off_is_compared(
        self, revision: RevisionState, item: dict[str, Any], verdict: Verdict
    ) -> None:
        read = Reading(revision, item, has_history=True)
        read.is_switched_off = True

        (row,) = compare_history(read, read.replica())

        assert row.verdict is verdict

    @pytest.mark.parametrize("own_only", [True, False])
    def test_nothing_is_missing_in_a_history_that_was_switched_off(
        self,
        own_only: bool,  # noqa: FBT001 (a parameter of the test)
    ) -> None:
        read = Reading(LIVE, None, has_history=True)
        read.is_switched_off = True

        assert compare_history(read, read.replica(), own_only=own_only) == []

    @pytest.mark.parametrize(
        ("table_id", "verdicts"), [(TABLE_ID, []), ("unknown", [Verdict.DIFFERENT])]
    )
    def test_only_tables_that_are_not_replicated_may_have_revisions_of_their_own(
        self, table_id: str, verdicts: list[Verdict]
    ) -> None:
        # given a redaction in a table, of which the history has nothing but a stub
        read = Reading(REDACTION, {**STUB, "tableId": {"S": table_id}}, has_history=True)
        # when the stack does not replicate the table / then the stub is no difference
        read.name = "Vehicle"
        assert [row.verdict for row in compare_history(read, read.replica())] == verdicts

    def test_a_stack_without_history_has_none_to_compare(self) -> None:
        read = Reading(LIVE, ITEM)

        assert compare_history(read, read.replica()) == []

    def test_a_redacted_revision_of_a_whole_document_has_no_document(self) -> None:
        for held, differs in (({}, 0), ({"data": {"NULL": True}}, 1)):
            item = item_values({**REDACTED, **held})

            found = revision_differences(REDACTION, item, table(None), TABLE_ID, "Person")

            assert len(found) == differs

    def test_each_difference_is_named(self) -> None:
        item = item_values({**LIVE_REVISION, "txId": {"S": "u"}})

        (found,) = revision_differences(LIVE, item, table(PATHS), TABLE_ID, "Person")

        assert (found.path, found.ledger, found.replica) == (
            ("txId",),
            ("text", "t"),
            ("text", "u"),
        )

    def verdict(self, revision: RevisionState, item: dict[str, Any] | None) -> Verdict:
        read = Reading(revision, item, has_history=True)
        (row,) = compare_history(read, read.replica())
        assert row.is_revision
        return row.verdict


class Reading:
    """A ledger and a DynamoDB with at most one document, in which something may happen."""

    def __init__(
        self,
        document: RevisionState | None,
        item: dict[str, Any] | None,
        *,
        is_active: bool = True,
        has_history: bool = False,
    ) -> None:
        self.document = document
        self.item = item
        self.name = "Person"
        self.is_active = is_active
        self.has_history = has_history
        self.is_switched_off = False
        self.after_first: Callable[[], None] = lambda: None

    def replica(self) -> Replica:
        keeps_history = self.has_history and not self.is_switched_off
        configured = {"tableName": "person", "attributes": PATHS, "history": keeps_history}
        outputs = {"replicaTables": json.dumps({"Person": configured})}
        history = {"historyTableName": "history"} if self.has_history else {}
        return Replica({**outputs, **history}, self)

    def _read(self, value: Any) -> Any:  # noqa: ANN401 (whatever is read)
        happens, self.after_first = self.after_first, lambda: None
        happens()
        return value

    def generations(self) -> list[TableGeneration]:
        return [TableGeneration(name=self.name, table_id=TABLE_ID, is_active=self.is_active)]

    def revisions(self, table_id: str) -> dict[str, list[RevisionState]]:
        assert table_id == TABLE_ID
        return self._read({"d": [self.document]} if self.document else {})  # type: ignore[no-any-return]

    def get_paginator(self, _operation: str) -> Reading:
        return self

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        yield self._read({"Items": [self.item] if self.item else []})

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        ((name, request),) = RequestItems.items()
        wanted = [key["pk"]["S"] for key in request["Keys"]]
        return {"Responses": {name: [self.item] if self.item and wanted == ["d"] else []}}

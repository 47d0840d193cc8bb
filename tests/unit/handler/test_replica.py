"""The write that a revision requires, and its statements.

tests/integration proves on DynamoDB Local that DynamoDB accepts the statements.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from handler.contract import projection_id
from handler.replica import (
    insert_statement,
    newest_per_document,
    update_statement,
    write_for,
)
from handler.settings import IndexKey, ReplicaTable
from handler.values import UnstorableValue
from journal.revisions import Revision, read_record
from tests.support.qldb_records import HASH, TABLE_ID, TX_TIME, revision

if TYPE_CHECKING:
    from handler.settings import KeyType
    from handler.values import AttributeValue

PROJECTED = ReplicaTable(
    ledger_table="Person",
    table_name="person-1",
    attributes={"firstName": ("firstName",), "city": ("address", "city")},
)
WHOLE = ReplicaTable(ledger_table="Person", table_name="person-1")
COMMON = {
    "version": {"N": "3"},
    "txTime": {"S": TX_TIME},
    "txId": {"S": "5pxmz8FD9Aj8Cbl5kuvXxP"},
    "tableId": {"S": TABLE_ID},
    "hash": {"B": base64.b64decode(HASH)},
}


def read(
    data: str | None = '{firstName: "Ann", address: {city: "Ulm"}}',
    *,
    document_id: str = "doc",
    version: int = 3,
    data_hash: str | None = None,
) -> Revision:
    found = read_record(
        revision(document_id=document_id, version=version, data=data, data_hash=data_hash),
        {"Person"},
    )
    assert isinstance(found, Revision)
    return found


def test_listed_attributes_are_taken_from_their_paths() -> None:
    write = write_for(read(), PROJECTED, 0.0)

    assert write.attributes == COMMON | {"firstName": {"S": "Ann"}, "city": {"S": "Ulm"}}
    assert write.removed == ()
    assert (write.table_name, write.document_id, write.version) == ("person-1", "doc", 3)


def test_the_whole_document_is_kept_where_nothing_is_listed() -> None:
    write = write_for(read(), WHOLE, 0.0)

    document = {"firstName": {"S": "Ann"}, "address": {"M": {"city": {"S": "Ulm"}}}}
    assert write.attributes == COMMON | {"data": {"M": document}}
    assert write.removed == ()


@pytest.mark.parametrize(
    "data",
    ['{firstName: "Ann"}', '{firstName: "Ann", address: null}', '{firstName: "Ann", address: 1}'],
)
def test_an_attribute_whose_path_leads_nowhere_is_removed(data: str) -> None:
    write = write_for(read(data), PROJECTED, 0.0)

    assert "city" not in write.attributes
    assert "city" in write.removed


def test_a_null_at_the_end_of_a_path_is_kept() -> None:
    write = write_for(read("{address: {city: null.string}}"), PROJECTED, 0.0)
    assert write.attributes["city"] == {"NULL": True}


@pytest.mark.parametrize("table", [PROJECTED, WHOLE])
def test_a_tombstone_is_a_whole_item_without_the_document(table: ReplicaTable) -> None:
    write = write_for(read(None), table, 0.0)

    assert write.item == COMMON | {"pk": {"S": "doc"}, "isDeleted": {"BOOL": True}}
    assert write.projection_id is None


def test_the_projection_of_a_live_item_depends_on_the_names_of_its_attributes() -> None:
    def id_of(attributes: dict[str, tuple[str, ...]] | None) -> str | None:
        table = ReplicaTable(ledger_table="Person", table_name="p", attributes=attributes)
        return write_for(read(), table, 0.0).projection_id

    # given the same names in another order and from other paths: the same id
    assert id_of({"a": ("firstName",), "b": ("address",)}) == id_of({"b": ("x",), "a": ("y", "z")})
    # given other names, or the whole document: other ids
    ids = [id_of({"a": ("x",)}), id_of({"a": ("x",), "b": ("x",)}), id_of({"b": ("x",)})]
    assert len({*ids, id_of(None)}) == 4
    assert None not in ids


INDEXED = replace(
    PROJECTED, index_keys={"firstName": IndexKey("S", 8), "city": IndexKey("N", 1024)}
)


def test_a_value_that_no_index_can_have_as_a_key_moves_into_a_map() -> None:
    write = write_for(read(), INDEXED, 0.0)

    unindexed = {"unindexed": {"M": {"city": {"S": "Ulm"}}}}
    assert write.attributes == COMMON | {"firstName": {"S": "Ann"}} | unindexed
    assert write.removed == ("city",)


def test_the_map_is_removed_once_every_value_fits() -> None:
    write = write_for(read('{firstName: "Ann", address: {city: 7}}'), INDEXED, 0.0)

    assert write.attributes == COMMON | {"firstName": {"S": "Ann"}, "city": {"N": "7"}}
    assert write.removed == ("unindexed",)


def test_a_tombstone_has_no_map() -> None:
    assert "unindexed" not in write_for(read(None), INDEXED, 0.0).item


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ('"12345678"', "S", True),
        ('"123456789"', "S", False),
        ('"éééé"', "S", True),
        ('"ééééé"', "S", False),
        ('""', "S", False),
        ("symbol", "S", True),
        ("7", "S", False),
        ("7", "N", True),
        ("1e3", "N", True),
        ("-12345678901234567890.5", "N", True),
        ("1d400", "N", False),
        ('"7"', "N", False),
        ("{{AAAAAAAAAAA=}}", "B", True),
        ("{{AAAAAAAAAAAA}}", "B", False),
        ("{{}}", "B", False),
        ('"text"', "B", False),
        ("null", "S", False),
        ("null.string", "S", False),
        ("true", "S", False),
        ("[7]", "N", False),
        ("{S: 7}", "S", False),
    ],
)
def test_a_key_has_its_type_and_its_length(value: str, kind: KeyType, *, fits: bool) -> None:
    table = replace(PROJECTED, index_keys={"firstName": IndexKey(kind, 8)})
    write = write_for(read(f"{{firstName: {value}}}"), table, 0.0)
    assert ("firstName" in write.attributes, "unindexed" in write.attributes) == (fits, not fits)


def test_the_projection_of_a_table_with_indexes_has_the_map() -> None:
    assert INDEXED.projection_id != PROJECTED.projection_id
    assert INDEXED.projection_id == projection_id(("unindexed", "firstName", "city"))


def test_the_map_leaves_one_level_less_to_a_key() -> None:
    deep = f"{'[' * 31}{']' * 31}"
    write_for(read(f"{{firstName: {deep}}}"), PROJECTED, 0.0)
    write_for(read(f"{{firstName: {deep[1:-1]}}}"), INDEXED, 0.0)
    with pytest.raises(UnstorableValue, match="31 levels"):
        write_for(read(f"{{firstName: {deep}}}"), INDEXED, 0.0)


def test_attributes_that_are_known_are_not_converted_again() -> None:
    known: dict[str, AttributeValue] = {"firstName": {"S": "known"}, "city": {"S": "known"}}
    write = write_for(read(), INDEXED, 0.0, known)
    assert write.attributes["firstName"] == {"S": "known"}
    assert write.attributes["unindexed"] == {"M": {"city": {"S": "known"}}}
    assert set(known) == {"firstName", "city"}, "it belongs to the history"


def test_a_tombstones_lifetime_starts_when_it_is_written() -> None:
    write = write_for(read(None), replace(PROJECTED, tombstone_lifetime_days=400), 1_000_000.9)

    assert write.attributes["expiresAt"] == {"N": str(1_000_000 + 400 * 86_400)}


def test_a_live_revision_never_expires() -> None:
    write = write_for(read(), replace(PROJECTED, tombstone_lifetime_days=400), 1_000_000.0)
    assert "expiresAt" not in write.item


def test_a_redacted_revision_has_no_state() -> None:
    with pytest.raises(ValueError, match="redacted"):
        write_for(read(None, data_hash=f"{{{{{HASH}}}}}"), PROJECTED, 0.0)


def test_a_document_id_that_is_too_long_for_a_key_is_refused() -> None:
    write_for(read(document_id="d" * 2048), PROJECTED, 0.0)
    with pytest.raises(UnstorableValue, match="2048"):
        write_for(read(document_id="d" * 2049), PROJECTED, 0.0)


class Item(NamedTuple):
    """A revision with its arrival."""

    revision: Revision
    order: int = 0


def test_documents_are_grouped_newest_first() -> None:
    items = [
        Item(read(document_id="a", version=1)),
        Item(read(document_id="b", version=0)),
        Item(read(document_id="a", version=3)),
        Item(read(document_id="a", version=2)),
        Item(read(document_id="a", version=3), order=1),
    ]

    groups = newest_per_document(items)

    assert [[item.revision.version for item in group] for group in groups] == [[3, 3, 2, 1], [0]]
    assert len(groups[0]) == 4
    assert groups[0][0].order == 0


def test_the_insert_makes_the_whole_item() -> None:
    text, parameters = insert_statement(write_for(read(), PROJECTED, 0.0))

    assert text == (
        "INSERT INTO \"person-1\" VALUE {'pk': ?, 'projectionId': ?, 'version': ?, "
        "'txTime': ?, 'txId': ?, 'tableId': ?, 'hash': ?, 'firstName': ?, 'city': ?}"
    )
    assert parameters == [
        {"S": "doc"},
        {"S": PROJECTED.projection_id},
        *COMMON.values(),
        {"S": "Ann"},
        {"S": "Ulm"},
    ]


def test_the_update_is_conditional_and_removes_what_the_revision_lacks() -> None:
    text, parameters = update_statement(write_for(read("{}"), PROJECTED, 0.0))

    assert text == (
        'UPDATE "person-1" SET "version"=? SET "txTime"=? SET "txId"=? SET "tableId"=? '
        'SET "hash"=? REMOVE "firstName" REMOVE "city" WHERE "pk"=? '
        'AND "version" < ? AND "projectionId"=?'
    )
    assert parameters == [
        *COMMON.values(),
        {"S": "doc"},
        {"N": "3"},
        {"S": PROJECTED.projection_id},
    ]


def test_quotes_in_names_are_doubled() -> None:
    table = ReplicaTable(ledger_table="Person", table_name="p", attributes={"a\"'b": ("x",)})
    write = write_for(read("{x: 1}"), table, 0.0)

    assert '"a""\'b"=?' in update_statement(write)[0]
    assert "'a\"''b': ?" in insert_statement(write)[0]

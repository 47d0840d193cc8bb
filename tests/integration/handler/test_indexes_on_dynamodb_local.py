"""Values that are keys of indexes, on AWS's DynamoDB Local with real indexes.

Proves that nothing that the handler writes is refused because of an index, and that nothing is
lost. The engine refuses an item whose attribute does not fit the key of an index.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from handler.outcomes import APPLIED, Permanent
from handler.replica import Write, write_for
from handler.settings import IndexKey, ReplicaTable
from handler.values import UnstorableValue
from handler.writer import BatchStatementWriter
from journal.revisions import Revision, read_record
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.engine

KEYS = {
    "text": IndexKey("S", 2048),
    "number": IndexKey("N", 2048),
    "bytes": IndexKey("B", 2048),
    "textSort": IndexKey("S", 1024),
    "numberSort": IndexKey("N", 1024),
    "bytesSort": IndexKey("B", 1024),
}
"""The first three are the partition keys of an index each, with the last three as sort keys."""


@pytest.fixture(scope="module")
def table(dynamodb: DynamoDBClient) -> Iterator[ReplicaTable]:
    """Return an empty replica with an index for each type of key."""
    name = f"indexed-{uuid.uuid4()}"
    key_types: Any = [
        {"AttributeName": each, "AttributeType": key.type} for each, key in KEYS.items()
    ]
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            *key_types,
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": partition,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": f"{partition}Sort", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for partition in ("text", "number", "bytes")
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    paths = {name: (name,) for name in (*KEYS, "other")}
    yield ReplicaTable(ledger_table="Person", table_name=name, attributes=paths, index_keys=KEYS)
    dynamodb.delete_table(TableName=name)


def write_of(table: ReplicaTable, document_id: str, version: int, data: str | None) -> Write:
    record = revision(document_id=document_id, version=version, data=data)
    found = read_record(record, {"Person"})
    assert isinstance(found, Revision)
    return write_for(found, table, 0.0)


def item(dynamodb: DynamoDBClient, table: ReplicaTable, document_id: str) -> dict[str, Any]:
    return dynamodb.get_item(
        TableName=table.table_name, Key={"pk": {"S": document_id}}, ConsistentRead=True
    )["Item"]


def indexed(dynamodb: DynamoDBClient, table: ReplicaTable, index: str) -> set[str]:
    found = dynamodb.scan(TableName=table.table_name, IndexName=index)["Items"]
    return {each["pk"]["S"] for each in found}


FITTING = (
    '{text: "Ann", number: 1, bytes: {{AQ==}}, '
    'textSort: symbol, numberSort: 15, bytesSort: {{"clob"}}}'
)
IN_PLACE = {
    "text": {"S": "Ann"},
    "number": {"N": "1"},
    "bytes": {"B": b"\x01"},
    "textSort": {"S": "symbol"},
    "numberSort": {"N": "15"},
    "bytesSort": {"B": b"clob"},
}
VALUES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "null": ("null", {"NULL": True}),
    "typed null": ("null.string", {"NULL": True}),
    "bool": ("true", {"BOOL": True}),
    "int": ("7", {"N": "7"}),
    "decimal without a place in N": ("1d400", {"S": "1d400"}),
    "float": ("nan", {"S": "nan"}),
    "timestamp": ("2020T", {"S": "2020T"}),
    "string": ('"x"', {"S": "x"}),
    "empty string": ('""', {"S": ""}),
    "blob": ("{{AQ==}}", {"B": b"\x01"}),
    "empty blob": ("{{}}", {"B": b""}),
    "list": ("[1]", {"L": [{"N": "1"}]}),
    "empty struct": ("{}", {"M": {}}),
    "struct": ('{a: {b: ""}}', {"M": {"a": {"M": {"b": {"S": ""}}}}}),
    "long string": (f'"{"x" * 1024}"', {"S": "x" * 1024}),
    "too long for a sort key": (f'"{"x" * 1025}"', {"S": "x" * 1025}),
    "longest string": (f'"{"x" * 2048}"', {"S": "x" * 2048}),
    "too long for any key": (f'"{"x" * 2049}"', {"S": "x" * 2049}),
    "too long in UTF-8": (f'"{"é" * 1025}"', {"S": "é" * 1025}),
    "longest blob": ("{{" + "AAAA" * 682 + "AAA=}}", {"B": b"\0" * 2048}),
    "too long blob": ("{{" + "AAAA" * 683 + "}}", {"B": b"\0" * 2049}),
    "deepest list": (f"{'[' * 30}{']' * 30}", None),
}


WAYS: dict[str, list[str | None]] = {"INSERT": [], "UPDATE": [FITTING], "PutItem": [None]}
"""The revisions after which the handler takes each way to write the next one."""


def fits(value: dict[str, Any], key: IndexKey) -> bool:
    content: Any = value.get(key.type)
    if content is None:
        return False
    if key.type == "N":
        return True
    return 0 < len(content.encode() if key.type == "S" else content) <= key.max_bytes


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_any_kind_is_stored_whatever_the_indexes_demand(
    dynamodb: DynamoDBClient, table: ReplicaTable, name: str
) -> None:
    ion, value = VALUES[name]
    data = "{" + ", ".join(f"{key}: {ion}" for key in (*KEYS, "other")) + "}"
    writer = BatchStatementWriter(dynamodb)
    for way, before in WAYS.items():
        document_id = f"{name} {way}"
        # given
        for version, earlier in enumerate(before):
            write = write_of(table, document_id, version, earlier)
            assert writer.write([write], time.time() + 60) == [APPLIED]
        # when
        version = len(before)
        write = write_of(table, document_id, version, data)
        assert writer.write([write], time.time() + 60) == [APPLIED]
        # then each value is in its attribute or in the map
        stored = item(dynamodb, table, document_id)
        own: dict[str, Any] = stored["other"] if value is None else value
        assert stored["other"] == own
        placed = {key: stored[key] for key in KEYS if key in stored}
        assert placed == {key: own for key, demand in KEYS.items() if fits(own, demand)}
        moved = {key: own for key, demand in KEYS.items() if not fits(own, demand)}
        assert stored.get("unindexed") == ({"M": moved} if moved else None)
        # and the item is in the indexes whose keys it has
        for index in ("text", "number", "bytes"):
            has_keys = {index, f"{index}Sort"} <= placed.keys()
            assert (document_id in indexed(dynamodb, table, index)) == has_keys
        # when a later revision fits, nothing of the former is left
        write = write_of(table, document_id, version + 1, FITTING)
        assert writer.write([write], time.time() + 60) == [APPLIED]
        stored = item(dynamodb, table, document_id)
        assert {key: stored[key] for key in KEYS} == IN_PLACE
        assert "unindexed" not in stored


def test_the_engine_refuses_what_does_not_fit(
    dynamodb: DynamoDBClient, table: ReplicaTable
) -> None:
    # Otherwise the test above would prove nothing.
    writer = BatchStatementWriter(dynamodb)
    unaware = ReplicaTable(
        ledger_table="Person", table_name=table.table_name, attributes=table.attributes
    )
    for number, data in enumerate(
        ("{text: 1}", '{text: ""}', f'{{textSort: "{"x" * 1025}"}}', "{number: null}")
    ):
        write = write_of(unaware, f"refused {number}", 0, data)
        assert writer.write([write], time.time() + 60) == [Permanent("Validation")], data


def test_a_value_that_is_too_deep_for_the_map_is_unstorable(table: ReplicaTable) -> None:
    deep = f"{'[' * 31}{']' * 31}"
    write_of(table, "deep", 0, f"{{other: {deep}}}")
    with pytest.raises(UnstorableValue, match="31 levels"):
        write_of(table, "deep", 0, f"{{text: {deep}}}")

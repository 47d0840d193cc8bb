"""Every limit of an item is the same for INSERT, UPDATE and PutItem, on AWS's DynamoDB Local.

So the order in which revisions arrive never decides what is stored. Cannot prove that AWS's service
has the same limits as its local engine.
"""

from __future__ import annotations

import itertools
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from handler.batch import Handler
from handler.contract import KEY_ATTRIBUTE, VERSION_ATTRIBUTE
from handler.item_size import bytes_left
from handler.settings import HandlerSettings, ReplicaTable
from handler.values import MAX_EXPONENT, MAX_ITEM_BYTES, MAX_NESTING, MIN_EXPONENT
from handler.writer import BatchStatementWriter
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.failures import FailedRecord

pytestmark = pytest.mark.engine


def lists(levels: int) -> dict[str, Any]:
    """Return lists in lists."""
    value: dict[str, Any] = {"L": []}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


def structs(levels: int) -> dict[str, Any]:
    """Return maps in maps."""
    value: dict[str, Any] = {"M": {}}
    for _ in range(levels - 1):
        value = {"M": {"a": value}}
    return value


_OTHERS = sum(
    [len(KEY_ATTRIBUTE) + len(str(uuid.uuid4())), len(VERSION_ATTRIBUTE) + len("1") + 1, len("d")]
)
_ROOM = MAX_ITEM_BYTES - _OTHERS

LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nesting of lists": (lists(MAX_NESTING), lists(MAX_NESTING + 1)),
    "nesting of structs": (structs(MAX_NESTING), structs(MAX_NESTING + 1)),
    "size of a string": ({"S": "x" * _ROOM}, {"S": "x" * (_ROOM + 1)}),
    "size of two-byte characters": (
        {"S": "ä" * (_ROOM // 2)},
        {"S": "ä" * (_ROOM // 2 + 1)},
    ),
    "size of bytes": ({"B": b"x" * _ROOM}, {"B": b"x" * (_ROOM + 1)}),
    "size of a list": (
        {"L": [{"NULL": True}] * ((_ROOM - 3) // 2)},
        {"L": [{"NULL": True}] * ((_ROOM - 3) // 2 + 1)},
    ),
    "size of a struct": (
        {"M": {"k": {"S": "x" * (_ROOM - 5)}}},
        {"M": {"k": {"S": "x" * (_ROOM - 4)}}},
    ),
    "size of a field name": (
        {"M": {"k" * 60_000: {"S": "x" * (_ROOM - 60_004)}}},
        {"M": {"k" * 60_000: {"S": "x" * (_ROOM - 60_003)}}},
    ),
    "digits": ({"N": "9" * 38}, {"N": "9" * 39}),
    "large numbers": ({"N": f"9E{MAX_EXPONENT}"}, {"N": f"1E{MAX_EXPONENT + 1}"}),
    "small numbers": ({"N": f"1E{MIN_EXPONENT}"}, {"N": f"1E{MIN_EXPONENT - 1}"}),
    "field names": ({"M": {"a": {"S": ""}}}, {"M": {"": {"S": ""}}}),
}
"""Values at a limit and beyond it."""


def accepting(client: DynamoDBClient, table: str, value: dict[str, Any]) -> set[str]:
    """Return the statements by which an item with a value can be written."""
    found = set()
    for name, write in WRITES.items():
        key = {"S": str(uuid.uuid4())}
        client.put_item(TableName=table, Item={"pk": key, "version": {"N": "0"}})
        if name == "INSERT":
            client.delete_item(TableName=table, Key={"pk": key})
        try:
            refused = write(client, table, key, value)
        except ClientError as error:
            refused = error.response["Error"]["Code"]
        if refused is None:
            found.add(name)
        else:
            assert "Validation" in refused
    return found


def _statement(client: DynamoDBClient, text: str, parameters: Sequence[Any]) -> str | None:
    statement: Any = {"Statement": text, "Parameters": parameters}
    (answer,) = client.batch_execute_statement(Statements=[statement])["Responses"]
    return answer["Error"]["Code"] if "Error" in answer else None


def _insert(client: DynamoDBClient, table: str, key: Any, value: Any) -> str | None:  # noqa: ANN401 (attribute values)
    text = f"""INSERT INTO "{table}" VALUE {{'pk': ?, 'version': ?, 'd': ?}}"""
    return _statement(client, text, [key, {"N": "1"}, value])


def _update(client: DynamoDBClient, table: str, key: Any, value: Any) -> str | None:  # noqa: ANN401 (attribute values)
    text = f'UPDATE "{table}" SET "version"=? SET "d"=? WHERE "pk"=? AND "version" < ?'  # noqa: S608 (the test's own table)
    return _statement(client, text, [{"N": "1"}, value, key, {"N": "1"}])


def _put(client: DynamoDBClient, table: str, key: Any, value: Any) -> str | None:  # noqa: ANN401 (attribute values)
    client.put_item(TableName=table, Item={"pk": key, "version": {"N": "1"}, "d": value})
    return None


WRITES: Mapping[str, Callable[[DynamoDBClient, str, Any, Any], str | None]] = {
    "INSERT": _insert,
    "UPDATE": _update,
    "PutItem": _put,
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_value_at_a_limit_is_stored_by_every_statement(
    dynamodb: DynamoDBClient, table_name: str, limit: str
) -> None:
    assert accepting(dynamodb, table_name, LIMITS[limit][0]) == set(WRITES)


@pytest.mark.parametrize("limit", [limit for limit in LIMITS if "nesting" not in limit])
def test_a_value_beyond_a_limit_is_stored_by_no_statement(
    dynamodb: DynamoDBClient, table_name: str, limit: str
) -> None:
    assert accepting(dynamodb, table_name, LIMITS[limit][1]) == set()


@pytest.mark.parametrize("limit", ["nesting of lists", "nesting of structs"])
def test_one_level_beyond_the_handlers_limit_is_stored_by_insert_only(
    dynamodb: DynamoDBClient, table_name: str, limit: str
) -> None:
    assert accepting(dynamodb, table_name, LIMITS[limit][1]) == {"INSERT"}


@pytest.mark.parametrize("limit", [limit for limit in LIMITS if limit.startswith("size")])
def test_the_handler_counts_an_items_size_as_dynamodb_does(limit: str) -> None:
    inside, outside = LIMITS[limit]
    spare = 1 if limit in {"size of two-byte characters", "size of a list"} else 0

    assert 0 <= bytes_left("d", inside, MAX_ITEM_BYTES) - (_OTHERS - len("d")) <= spare
    assert bytes_left("d", outside, MAX_ITEM_BYTES) < _OTHERS - len("d")


class Bucket:
    """Takes every record."""

    def put_all(self, records: Sequence[FailedRecord], _deadline: float) -> list[bool]:
        return [True] * len(records)


DEEP = "{a: " + "[" * MAX_NESTING + "]" * MAX_NESTING + "}"
EXPANDING = "{a: [" + ", ".join(["n" * 10_000] * 100) + "]}"
LARGE = '{a: "' + "x" * MAX_ITEM_BYTES + '"}'


@pytest.mark.parametrize("refused", [DEEP, EXPANDING, LARGE], ids=["deep", "expanding", "large"])
def test_the_order_of_arrival_does_not_decide_what_is_stored(
    dynamodb: DynamoDBClient, table_name: str, refused: str
) -> None:
    # given three versions, of which the middle one cannot be stored
    ends = []
    for order in itertools.permutations(range(3)):
        document_id = str(uuid.uuid4())
        handler = Handler(
            settings=HandlerSettings(
                replica_tables={
                    "Person": ReplicaTable(ledger_table="Person", table_name=table_name)
                },
                failure_bucket="none",
            ),
            writer=BatchStatementWriter(dynamodb, requests_in_flight=1),
            failures=Bucket(),
            telemetry=None,
            clock=time.time,
        )
        # when they arrive one by one
        for version in order:
            data = refused if version == 1 else "{a: 1}"
            record = revision(document_id=document_id, version=version, data=data)
            answer = handler.process(event(record), LambdaContext())
            assert answer["batchItemFailures"] == []
        item = dynamodb.get_item(TableName=table_name, Key={"pk": {"S": document_id}})["Item"]
        ends.append((item["version"], item["data"]))
    # then the last one is there
    assert ends == [({"N": "2"}, {"M": {"a": {"N": "1"}}})] * 6

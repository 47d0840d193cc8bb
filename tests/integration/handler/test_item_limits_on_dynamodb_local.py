"""AWS's DynamoDB Local has the limits that the handler decides by, and the order never matters.

Proves for each limit that every statement stores what the handler lets pass, and that what it
refuses is refused by at least one. It cannot prove that the service counts as its local engine.
"""

from __future__ import annotations

import itertools
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from handler.batch import Handler
from handler.error_codes import FaultClass, of_exception
from handler.failures import FailureStore
from handler.replica import Write, insert_statement, update_statement
from handler.settings import HandlerSettings, ReplicaTable
from handler.values import UnstorableValue
from handler.writer import BatchStatementWriter
from tests.support.attribute_values import checked
from tests.support.failure_bucket import BUCKET
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.limit_cases import (
    LEDGER_TABLE,
    LIMIT_CASES,
    LIMIT_NAMES,
    MAX_KEY,
    ion_text,
    item_with,
    write_of,
)
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.dynamodb_transport import StatementTransport
    from tests.support.attribute_values import Item
    from tests.support.limit_cases import LimitCase

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def table(make_tables: Callable[..., DynamoDBClient]) -> Iterator[ReplicaTable]:
    """One replica of whole documents for all tests."""
    name = f"limits-{uuid.uuid4()}"
    client = make_tables(name)
    yield ReplicaTable(ledger_table=LEDGER_TABLE, table_name=name)
    client.delete_table(TableName=name)


def insert(client: DynamoDBClient, write: Write) -> str | None:
    """Insert into an empty place; return the refusal's code."""
    text, parameters = insert_statement(write)
    return _executed(client, text, parameters)


def update(client: DynamoDBClient, write: Write) -> str | None:
    """Update an item of version 0; return the refusal's code."""
    older = {**write.item, "version": {"N": "0"}, "data": {"M": {}}}
    client.put_item(TableName=write.table_name, Item=older)
    text, parameters = update_statement(write)
    return _executed(client, text, parameters)


def put(client: DynamoDBClient, write: Write) -> str | None:
    """Put an item; return the refusal's code."""
    try:
        client.put_item(TableName=write.table_name, Item=write.item)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def _executed(client: DynamoDBClient, text: str, parameters: list[Any]) -> str | None:
    statement: Any = {"Statement": text, "Parameters": parameters}
    try:
        (answer,) = client.batch_execute_statement(Statements=[statement])["Responses"]
    except ClientError as error:
        return error.response["Error"]["Code"]
    return answer["Error"]["Code"] if "Error" in answer else None


STATEMENTS: dict[str, Callable[[DynamoDBClient, Write], str | None]] = {
    "INSERT": insert,
    "UPDATE": update,
    "PutItem": put,
}


def stored(client: DynamoDBClient, table: ReplicaTable, key: str) -> Item:
    """Return an item."""
    answer = client.get_item(
        TableName=table.table_name, Key={"pk": {"S": key}}, ConsistentRead=True
    )
    return {name: checked(dict(value)) for name, value in answer["Item"].items()}


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("case", LIMIT_CASES, ids=LIMIT_NAMES)
def test_every_statement_stores_a_document_just_inside_a_limit(
    dynamodb: DynamoDBClient, table: ReplicaTable, case: LimitCase, statement: str
) -> None:
    key = uuid.uuid4().hex[:3]
    dynamodb.delete_item(TableName=table.table_name, Key={"pk": {"S": key}})
    write = write_of(ion_text(case.inside), replica=table, key=key)

    assert STATEMENTS[statement](dynamodb, write) is None
    assert stored(dynamodb, table, key)["data"] == checked(case.inside)


@pytest.mark.parametrize("case", LIMIT_CASES, ids=LIMIT_NAMES)
def test_what_the_handler_refuses_is_refused_by_dynamodb(
    dynamodb: DynamoDBClient, table: ReplicaTable, case: LimitCase
) -> None:
    with pytest.raises(UnstorableValue):
        write_of(ion_text(case.outside), replica=table, key="out")
    item = item_with(case.outside, replica=table, key="out")

    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName=table.table_name, Item=item)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_statement_stores_the_longest_key(
    dynamodb: DynamoDBClient, table: ReplicaTable, statement: str
) -> None:
    dynamodb.delete_item(TableName=table.table_name, Key={"pk": {"S": MAX_KEY}})
    assert STATEMENTS[statement](dynamodb, write_of("{}", replica=table, key=MAX_KEY)) is None


def test_dynamodb_refuses_a_longer_key(dynamodb: DynamoDBClient, table: ReplicaTable) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName=table.table_name, Item={"pk": {"S": MAX_KEY + "k"}})


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize(
    "text",
    [
        *("9" * 38, "9" * 39, "1d125", "1d126", "-1d126", "1d-130", "1d-131", "9.9d-131"),
        *("9." + "9" * 37 + "d125", "1." + "2" * 37 + "d-130", "9" * 38 + "d-168", "1d99999"),
        *("1e125", "1e126", "1e-130", "1e-131", "5e-324", "1" + "0" * 126, "0d99999"),
        *('""', "{{}}", "[]", "{}", r'"\0"', r"{'\0': 1}", r'"\uFFFF"'),
    ],
    ids=lambda text: text[:20],
)
def test_every_statement_stores_every_value_in_its_form(
    dynamodb: DynamoDBClient, table: ReplicaTable, text: str, statement: str
) -> None:
    key = uuid.uuid4().hex
    write = write_of(f"{{a: [{text}]}}", replica=table, key=key)

    assert STATEMENTS[statement](dynamodb, write) is None
    assert stored(dynamodb, table, key)["data"] == checked(dict(write.item["data"]))


@pytest.mark.parametrize("case", LIMIT_CASES, ids=LIMIT_NAMES)
def test_the_order_of_arrival_never_matters(
    statements: StatementTransport,
    dynamodb: DynamoDBClient,
    table: ReplicaTable,
    case: LimitCase,
) -> None:
    # given three versions, the middle one just outside the limit
    documents = ["{a: 0}", ion_text(case.outside), "{a: 2}"]
    for versions in ([0, 1], [0, 1, 2]):
        ends = []
        for order in itertools.permutations(versions):
            key = uuid.uuid4().hex[:3]
            dynamodb.delete_item(TableName=table.table_name, Key={"pk": {"S": key}})
            kept: list[tuple[str, str]] = []
            # when they arrive one after the other, in any order
            for version in order:
                record = revision(document_id=key, version=version, data=documents[version])
                kept += _process(statements, table, record)
            item = stored(dynamodb, table, key)
            ends.append((item["version"], item["data"], kept))
        # then the item holds the highest that can be stored, and the other is quarantined
        highest = 2 if 2 in versions else 0
        data = {"M": {"a": {"N": str(highest)}}}
        assert ends == [({"N": str(highest)}, data, [("unstorable", case.code)])] * len(ends)


@pytest.mark.parametrize("name", ["nesting of lists", "nesting of maps"])
def test_the_level_beyond_the_handlers_limit_is_stored_by_insert_only(
    dynamodb: DynamoDBClient, table: ReplicaTable, name: str
) -> None:
    outside = LIMIT_CASES[LIMIT_NAMES.index(name)].outside
    write = write_of("{}", replica=table, key=uuid.uuid4().hex)
    beyond = write._replace(attributes={**write.attributes, "data": outside})

    refusals = {name: statement(dynamodb, beyond) for name, statement in STATEMENTS.items()}

    expected = {"INSERT": None, "UPDATE": "ValidationError", "PutItem": "ValidationException"}
    assert refusals == expected


def _process(
    client: StatementTransport, table: ReplicaTable, record: bytes
) -> list[tuple[str, str]]:
    """Run the handler on one record; return reasons and codes of what it quarantined."""
    buckets, counts = Buckets(BUCKET), _Counts()
    handler = Handler(
        settings=HandlerSettings(replica_tables={table.ledger_table: table}, failure_bucket=BUCKET),
        writer=BatchStatementWriter(client, requests_in_flight=1),
        failures=FailureStore(MemoryS3(buckets), BUCKET),
        telemetry=counts,
        clock=time.time,
    )
    assert handler.process(event(record), LambdaContext()) == {"batchItemFailures": []}
    return counts.quarantined


class _Counts:
    """Receives what a batch quarantined."""

    def __init__(self) -> None:
        self.quarantined: list[tuple[str, str]] = []

    def publish(self, counts: Any) -> None:  # noqa: ANN401 (the handler's counts)
        self.quarantined = list(counts.quarantined)


def test_a_request_that_is_too_large_is_its_records_fault(
    statements: StatementTransport, table: ReplicaTable
) -> None:
    # given a request over 16 MB, which the handler never makes
    text, parameters = insert_statement(write_of("{}", replica=table))
    parameters[-1] = {"S": "x" * (17 << 20)}
    # when
    with pytest.raises(ClientError) as refusal:
        statements.batch_execute_statement(
            Statements=[{"Statement": text, "Parameters": parameters}]
        )
    # then
    assert of_exception(refusal.value) == ("413", FaultClass.PERMANENT)

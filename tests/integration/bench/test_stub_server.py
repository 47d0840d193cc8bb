"""The stub DynamoDB, over the wire and through boto3.

Proves that boto3 accepts its answers, that it counts requests, and that it waits. Cannot prove
that DynamoDB answers in the same way: tests/integration compares refusals with DynamoDB Local.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from bench.counters import read_counters
from bench.stub_server import DELAY_SECONDS, Answer, StubDynamoDB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

STATEMENTS: list[BatchStatementRequestTypeDef] = [
    {"Statement": "INSERT INTO \"t\" VALUE {'pk': ?}", "Parameters": [{"S": '"Statement":'}]},
    {"Statement": 'UPDATE "t" SET "a"=? WHERE "pk"=?', "Parameters": [{"S": "a"}, {"S": "b"}]},
]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubDynamoDB]:
    with StubDynamoDB(tmp_path_factory.mktemp("stub") / "stub.log") as stub:
        yield stub


def client(stub: StubDynamoDB, answer: Answer) -> DynamoDBClient:
    return boto3.client("dynamodb", endpoint_url=stub.endpoint(answer))


def test_every_statement_is_accepted(stub: StubDynamoDB) -> None:
    answer = client(stub, Answer.ACCEPT).batch_execute_statement(Statements=STATEMENTS)

    assert [response["TableName"] for response in answer["Responses"]] == ["replica"] * 2
    assert not any("Error" in response for response in answer["Responses"])


def test_a_statement_for_a_newer_item_is_refused_as_by_dynamodb(
    stub: StubDynamoDB,
) -> None:
    answer = client(stub, Answer.STALE).batch_execute_statement(Statements=STATEMENTS)

    inserted, updated = (response["Error"] for response in answer["Responses"])
    assert inserted["Code"] == "DuplicateItem"
    assert "Item" not in inserted
    assert updated["Code"] == "ConditionalCheckFailed"
    assert int(updated["Item"]["version"]["N"]) > 0


def test_a_write_of_one_item_is_answered(stub: StubDynamoDB) -> None:
    client(stub, Answer.ACCEPT).put_item(TableName="t", Item={"pk": {"S": "a"}})

    with pytest.raises(ClientError) as refusal:
        client(stub, Answer.STALE).put_item(TableName="t", Item={"pk": {"S": "a"}})
    assert refusal.value.response["Error"]["Code"] == "ConditionalCheckFailedException"


def test_requests_and_writes_are_counted_and_answered_after_the_delay(stub: StubDynamoDB) -> None:
    dynamodb = client(stub, Answer.ACCEPT)
    before = read_counters(stub.endpoint(Answer.ACCEPT))
    began = time.perf_counter()

    for _ in range(3):
        dynamodb.batch_execute_statement(Statements=STATEMENTS)

    assert time.perf_counter() - began >= 3 * DELAY_SECONDS
    done = read_counters(stub.endpoint(Answer.ACCEPT)) - before
    assert (done.requests, done.writes) == (3, 6)
    assert done.cpu_seconds > 0


def test_a_stack_on_the_stub_has_no_function_any_more(stub: StubDynamoDB) -> None:
    functions = boto3.client("lambda", endpoint_url=stub.endpoint(Answer.ACCEPT))

    with pytest.raises(ClientError) as raised:
        functions.get_function_configuration(FunctionName="replica")

    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"

"""Tables on AWS's DynamoDB Local for the tests that compare with it or run on it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from botocore.session import get_session

from handler.dynamodb_transport import StatementTransport
from tests.dynamodb_local_fixture import dynamodb, dynamodb_local

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.dynamodb_local import DynamoDBLocal

__all__ = ["dynamodb", "dynamodb_local"]

pytest.register_assert_rewrite("tests.reliability.accounting")


@pytest.fixture(scope="session")
def local_tables(dynamodb: DynamoDBClient) -> Callable[..., DynamoDBClient]:
    """Give a function that makes tables with the key ``pk`` and returns their client."""

    def make(*names: str) -> DynamoDBClient:
        for name in names:
            with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
                dynamodb.create_table(
                    TableName=name,
                    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                    BillingMode="PAY_PER_REQUEST",
                )
        return dynamodb

    return make


@pytest.fixture(scope="session")
def local_statements(dynamodb_local: DynamoDBLocal) -> StatementTransport:
    """Give the transport that the function itself writes with, made as there."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", dynamodb_local.endpoint)
        return StatementTransport.from_session(get_session(), timeout=(5.0, 30.0), connections=1)

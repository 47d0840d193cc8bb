"""Fixtures with AWS's DynamoDB Local, for every tier that needs the real engine.

One engine serves the whole run; tests use tables of different names.
"""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.session import get_session

from handler.contract import KEY_ATTRIBUTE, VERSION_ATTRIBUTE
from handler.dynamodb_transport import StatementTransport
from handler.http_limits import HttpLimits
from local.dynamodb_local import DynamoDBLocal
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

_LOG = logging.getLogger(__name__)


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBLocal]:
    """Run AWS's DynamoDB Local; skip if the machine cannot, which is a failure on CI."""
    engine = DynamoDBLocal(tmp_path_factory.mktemp("dynamodb-local") / "engine.log", _LOG.info)
    try:
        engine.start()
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def dynamodb(dynamodb_local: DynamoDBLocal) -> Iterator[DynamoDBClient]:
    """Return a client of the engine without retries, so that a test sees every answer."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


@pytest.fixture(scope="session")
def statements(dynamodb_local: DynamoDBLocal) -> StatementTransport:
    """Return the client with which the function writes, created as in Lambda."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", dynamodb_local.endpoint)
        return StatementTransport.from_session(
            get_session(), HttpLimits(connect_seconds=5.0, read_seconds=30.0, connections=1)
        )


@pytest.fixture(scope="session")
def make_tables(dynamodb: DynamoDBClient) -> Callable[..., DynamoDBClient]:
    """Return a function that creates missing tables and returns a client."""

    def make(*names: str) -> DynamoDBClient:
        for name in names:
            with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
                dynamodb.create_table(
                    TableName=name,
                    AttributeDefinitions=[{"AttributeName": KEY_ATTRIBUTE, "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": KEY_ATTRIBUTE, "KeyType": "HASH"}],
                    BillingMode="PAY_PER_REQUEST",
                )
        return dynamodb

    return make


@pytest.fixture(scope="session")
def make_history_table(dynamodb: DynamoDBClient) -> Callable[[str], DynamoDBClient]:
    """Return a function that creates a history table if it is missing, and returns a client."""

    def make(name: str) -> DynamoDBClient:
        with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(
                TableName=name,
                AttributeDefinitions=[
                    {"AttributeName": KEY_ATTRIBUTE, "AttributeType": "S"},
                    {"AttributeName": VERSION_ATTRIBUTE, "AttributeType": "N"},
                ],
                KeySchema=[
                    {"AttributeName": KEY_ATTRIBUTE, "KeyType": "HASH"},
                    {"AttributeName": VERSION_ATTRIBUTE, "KeyType": "RANGE"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        return dynamodb

    return make


@pytest.fixture
def history_table_name(make_history_table: Callable[[str], DynamoDBClient]) -> Iterator[str]:
    """Create an empty history table for one test; return its name."""
    name = f"history-{uuid.uuid4()}"
    client = make_history_table(name)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def table_name(make_tables: Callable[..., DynamoDBClient]) -> Iterator[str]:
    """Create an empty table for one test; return its name."""
    name = f"test-{uuid.uuid4()}"
    client = make_tables(name)
    yield name
    client.delete_table(TableName=name)

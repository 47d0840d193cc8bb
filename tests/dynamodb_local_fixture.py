"""Fixtures with AWS's DynamoDB Local, for every tier that needs the real engine.

One engine serves the whole run; tests keep apart by the names of their tables.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from local.dynamodb_local import DynamoDBLocal
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

_LOG = logging.getLogger(__name__)


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBLocal]:
    """Run AWS's DynamoDB Local; skip where the machine cannot, which is a failure on CI."""
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
    """Give a client of the engine that never retries, so that a test sees every answer."""
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

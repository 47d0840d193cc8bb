"""boto3 clients for one stack. Credentials and endpoints come from the environment, as always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from handler.writer import BatchStatementWriter
from ops.errors import aws_errors
from ops.failure_bucket import FailureBucket
from ops.failure_queue import FailureQueue

if TYPE_CHECKING:
    from ops.stack_outputs import StackOutputs

READERS = 8
"""Objects that are read at once."""


def failure_bucket(outputs: StackOutputs) -> FailureBucket:
    """Give the stack's failure bucket."""
    return FailureBucket(_client("s3", outputs), outputs.failure_bucket)


def failure_queue(outputs: StackOutputs) -> FailureQueue:
    """Give the stack's failure queue."""
    return FailureQueue(_client("sqs", outputs), outputs.failure_queue_url)


def writer(outputs: StackOutputs) -> BatchStatementWriter:
    """Give what writes to the stack's tables, as the handler does."""
    return BatchStatementWriter(_client("dynamodb", outputs))


def _client(service: Any, outputs: StackOutputs) -> Any:  # noqa: ANN401  (clients share no type)
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=16,
    )
    with aws_errors(service):
        return boto3.client(service, region_name=outputs.region, config=config)

"""boto3 clients for one stack, with the usual credentials and endpoints of the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.session import get_session

from handler.clients import statement_client
from handler.failures import FailureStore
from handler.http_limits import HttpLimits
from handler.writer import REQUESTS_IN_FLIGHT, BatchStatementWriter
from ops.distributed.replay_bucket import READS_IN_FLIGHT, ReplayBucket
from ops.errors import aws_errors
from ops.failure_bucket import FailureBucket
from ops.failure_queue import FailureQueue
from ops.replay.pacing import PacedClient
from ops.stack_outputs import text

if TYPE_CHECKING:
    from handler.corrections import Correction
    from ops.stack_outputs import StackOutputs

PARALLEL_READS = 8
"""Number of objects that are read at the same time."""


def failure_bucket(outputs: StackOutputs) -> FailureBucket:
    """Return the stack's failure bucket."""
    return FailureBucket(_client("s3", outputs), outputs.settings.failure_bucket)


def failure_queue(outputs: StackOutputs) -> FailureQueue:
    """Return the stack's failure queue."""
    return FailureQueue(_client("sqs", outputs), outputs.failure_queue_url)


def writer(outputs: StackOutputs) -> BatchStatementWriter:
    """Return a writer to the stack's tables, the same as the handler's."""
    return BatchStatementWriter(_client("dynamodb", outputs))


def replay_writer(
    outputs: StackOutputs, *, write_units: float | None, correction: Correction | None
) -> BatchStatementWriter:
    """Return a writer to the stack's tables for many writes in a short time.

    Parameters
    ----------
    outputs
        Outputs of the stack.
    write_units
        Ceiling of the write units a second; None for none.
    correction
        Which items of the same version are written again if they differ; None for none.
    """
    with aws_errors("dynamodb"):
        session = get_session()
        session.set_config_variable("region", outputs.region)
        client = statement_client(session, HttpLimits(connections=REQUESTS_IN_FLIGHT))
    paced = PacedClient(client, requests_in_flight=REQUESTS_IN_FLIGHT, write_units=write_units)
    return BatchStatementWriter(paced, correction=correction)


def failure_store(outputs: StackOutputs) -> FailureStore:
    """Return what writes to the stack's failure bucket."""
    return FailureStore(_client("s3", outputs), outputs.settings.failure_bucket, puts_in_flight=8)


def functions(outputs: StackOutputs) -> Any:  # noqa: ANN401 (clients share no type)
    """Return a client of Lambda."""
    return _client("lambda", outputs)


def state_machines(outputs: StackOutputs) -> Any:  # noqa: ANN401 (clients share no type)
    """Return a client of Step Functions."""
    return _client("stepfunctions", outputs)


def replay_bucket(outputs: StackOutputs) -> ReplayBucket:
    """Return the bucket of the stack's distributed replays."""
    return ReplayBucket(_client("s3", outputs), text(outputs.values, "replayBucketName"))


def kinesis(outputs: StackOutputs) -> Any:  # noqa: ANN401 (clients share no type)
    """Return a client of the stack's stream."""
    return _client("kinesis", outputs)


def dynamodb(outputs: StackOutputs) -> Any:  # noqa: ANN401 (clients share no type)
    """Return a client of the stack's tables, which outlasts throttling for a while."""
    return client("dynamodb", outputs.region, attempts=10)


def _client(service: Any, outputs: StackOutputs) -> Any:  # noqa: ANN401 (clients share no type)
    return client(service, outputs.region)


def client(
    service: Any,  # noqa: ANN401 (a literal type for each client)
    region: str | None,
    *,
    attempts: int = 3,
) -> Any:  # noqa: ANN401 (clients share no type)
    """Return a client with the usual credentials and endpoints.

    Parameters
    ----------
    service
        boto3's name of the AWS service.
    region
        AWS region; None for that of AWS_REGION, AWS_DEFAULT_REGION or the profile.
    attempts
        Maximum number of attempts of one request.

    Raises
    ------
    OpsError
        If there is no region, or the profile does not exist.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=max(PARALLEL_READS, READS_IN_FLIGHT, REQUESTS_IN_FLIGHT),
    )
    with aws_errors(service):
        return boto3.client(service, region_name=region or _usual_region(), config=config)


def _usual_region() -> str | None:
    """Return the region of AWS_REGION, which boto3 does not read, unlike other SDKs of AWS."""
    return os.environ.get("AWS_REGION") or None

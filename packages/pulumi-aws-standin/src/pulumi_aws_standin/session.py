"""Connections of one configured provider to the local AWS."""

from __future__ import annotations

import functools
import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.qldb_client import QldbClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

_EMULATOR_VARIABLE: Final = "AWS_ENDPOINT_URL"
_QLDB_VARIABLE: Final = "AWS_ENDPOINT_URL_QLDB"
_DEFAULT_REGION: Final = "us-east-1"
_AWS_DOMAINS: Final = ("amazonaws.com", "amazonaws.com.cn", "api.aws")
_BASE_PAUSE_SECONDS: Final = 0.05
_MAX_PAUSE_SECONDS: Final = 1.0


class Session:
    """The connections that the resources use. Thread-safe.

    Parameters
    ----------
    emulator
        URL of the emulator.
    qldb
        URL of the QLDB service.
    region
        AWS region of all resources.
    """

    def __init__(self, *, emulator: str, qldb: str, region: str = _DEFAULT_REGION) -> None:
        self.region = region
        self.partition = "aws"
        self.qldb = QldbClient(qldb)
        self._cancelled = threading.Event()
        # The creation of clients is the part of boto3 that is not thread-safe.
        shared = boto3.session.Session(region_name=region)
        # A proxy in the environment is for the internet, not for a local AWS.
        settings = Config(
            connect_timeout=5,
            read_timeout=60,
            proxies={},
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path"},
        )
        client = functools.partial(shared.client, endpoint_url=emulator, config=settings)
        self.cloudwatch: CloudWatchClient = client("cloudwatch")
        self.dynamodb: DynamoDBClient = client("dynamodb")
        self.iam: IAMClient = client("iam")
        self.kinesis: KinesisClient = client("kinesis")
        self.kms: KMSClient = client("kms")
        self.lambda_: LambdaClient = client("lambda")
        self.logs: CloudWatchLogsClient = client("logs")
        self.s3: S3Client = client("s3")
        self.sfn: SFNClient = client("stepfunctions")
        self.sns: SNSClient = client("sns")
        self.sqs: SQSClient = client("sqs")
        self.sts: STSClient = client("sts")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], region: str | None) -> Session:
        """Return the session for environment variables.

        Parameters
        ----------
        environment
            Must contain AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_QLDB.
        region
            The provider's configured region; if absent, AWS_REGION is used.

        Raises
        ------
        ProviderError
            If a variable is missing or points to AWS itself, which the stand-in must never call.
        """
        endpoints = {
            name: _local_endpoint(environment, name)
            for name in (_EMULATOR_VARIABLE, _QLDB_VARIABLE)
        }
        return cls(
            emulator=endpoints[_EMULATOR_VARIABLE],
            qldb=endpoints[_QLDB_VARIABLE],
            region=region
            or environment.get("AWS_REGION")
            or environment.get("AWS_DEFAULT_REGION")
            or _DEFAULT_REGION,
        )

    @functools.cached_property
    def account(self) -> str:
        """Id of the account of the credentials."""
        return self.sts.get_caller_identity()["Account"]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the account and region of this session."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def cancel(self) -> None:
        """End every wait with an error: the engine is shutting down."""
        self._cancelled.set()

    def wait(self, what: str, done: Callable[[], bool], timeout_seconds: float) -> None:
        """Poll until a condition holds.

        Parameters
        ----------
        what
            Description of the failure, for the error message.
        done
            Returns whether the condition holds.
        timeout_seconds
            Maximum time to wait.

        Raises
        ------
        ProviderError
            After the timeout, or if the engine cancelled the deployment.
        """
        deadline = time.monotonic() + timeout_seconds
        pause = _BASE_PAUSE_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise ProviderError(f"gave up after {timeout_seconds:.0f} s: {what}")
            if self._cancelled.wait(pause):
                raise ProviderError(f"cancelled: {what}")
            pause = min(pause * 1.5, _MAX_PAUSE_SECONDS)


def _local_endpoint(environment: Mapping[str, str], variable: str) -> str:
    endpoint = environment.get(variable, "")
    remedy = f"set {variable} to the URL of a local AWS, for example http://127.0.0.1:4566"
    if not endpoint:
        raise ProviderError(f"{variable} is not set: {remedy}")
    host = urlsplit(endpoint).hostname
    if host is None:
        raise ProviderError(f"{variable} is not a URL: {remedy}")
    if any(host == domain or host.endswith(f".{domain}") for domain in _AWS_DOMAINS):
        raise ProviderError(
            f"{variable} points to AWS itself, which the stand-in AWS provider must not call:"
            f" {remedy}"
        )
    return endpoint

"""Connections of one configured provider: the emulator through boto3, QLDB through plain HTTP."""

from __future__ import annotations

import functools
import json
import threading
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import boto3
from botocore.config import Config

from pulumi_aws_standin.errors import ProviderError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

EMULATOR_VARIABLE = "AWS_ENDPOINT_URL"
QLDB_VARIABLE = "AWS_ENDPOINT_URL_QLDB"
_DEFAULT_REGION = "us-east-1"
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws")
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_HTTP_TIMEOUT_SECONDS = 30.0


class Session:
    """What the resources reach the local AWS through. Safe to share between threads.

    Parameters
    ----------
    emulator
        URL of the emulator.
    qldb
        URL of the simulated QLDB service.
    region
        AWS region of all resources.
    """

    def __init__(self, *, emulator: str, qldb: str, region: str = _DEFAULT_REGION) -> None:
        self.region = region
        self.partition = "aws"
        self.qldb = QldbClient(qldb)
        self._cancelled = threading.Event()
        # Client creation is the one part of boto3 that threads must not share. The proxy settings
        # of the environment never apply: what is called is on this machine.
        shared = boto3.session.Session(region_name=region)
        settings = Config(
            connect_timeout=5,
            read_timeout=60,
            proxies={},
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path"},
        )
        self.dynamodb: DynamoDBClient = shared.client(
            "dynamodb", endpoint_url=emulator, config=settings
        )
        self.iam: IAMClient = shared.client("iam", endpoint_url=emulator, config=settings)
        self.kinesis: KinesisClient = shared.client(
            "kinesis", endpoint_url=emulator, config=settings
        )
        self.lambda_: LambdaClient = shared.client("lambda", endpoint_url=emulator, config=settings)
        self.logs: CloudWatchLogsClient = shared.client(
            "logs", endpoint_url=emulator, config=settings
        )
        self.s3: S3Client = shared.client("s3", endpoint_url=emulator, config=settings)
        self.sqs: SQSClient = shared.client("sqs", endpoint_url=emulator, config=settings)
        self.sts: STSClient = shared.client("sts", endpoint_url=emulator, config=settings)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], region: str | None) -> Session:
        """Return the session that the environment variables describe.

        Parameters
        ----------
        environment
            Must hold AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_QLDB.
        region
            The provider's configured region; absent, AWS_REGION decides.

        Raises
        ------
        ProviderError
            A variable is missing or leads to AWS itself: this stand-in must never get there.
        """
        endpoints = {
            name: _local_endpoint(environment, name) for name in (EMULATOR_VARIABLE, QLDB_VARIABLE)
        }
        return cls(
            emulator=endpoints[EMULATOR_VARIABLE],
            qldb=endpoints[QLDB_VARIABLE],
            region=region
            or environment.get("AWS_REGION")
            or environment.get("AWS_DEFAULT_REGION")
            or _DEFAULT_REGION,
        )

    @functools.cached_property
    def account(self) -> str:
        """Number of the account that the credentials belong to."""
        return self.sts.get_caller_identity()["Account"]

    def cancel(self) -> None:
        """Make every wait end with an error: the engine is shutting down."""
        self._cancelled.set()

    def wait(self, what: str, done: Callable[[], bool], timeout_seconds: float) -> None:
        """Poll until something is so.

        Parameters
        ----------
        what
            What is waited for, in the words of an error message.
        done
            Asked again and again.
        timeout_seconds
            How long at most.

        Raises
        ------
        ProviderError
            Time ran out, or the engine cancelled the deployment.
        """
        deadline = time.monotonic() + timeout_seconds
        pause = _FIRST_PAUSE_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise ProviderError(f"gave up after {timeout_seconds:.0f} s: {what}")
            if self._cancelled.wait(pause):
                raise ProviderError(f"cancelled: {what}")
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


class QldbClient:
    """The control plane of the simulated QLDB service, by the REST paths of the QLDB API.

    Parameters
    ----------
    endpoint
        URL of the service.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(
        self, method: str, *path: str, body: Mapping[str, object] | None = None, query: str = ""
    ) -> dict[str, object]:
        """Call one operation and return its answer.

        Parameters
        ----------
        method
            HTTP method.
        path
            The path's parts, not yet percent-encoded.
        body
            The JSON request.
        query
            The query string, encoded.

        Raises
        ------
        ServiceError
            The service answered with an error, or gave no answer.
        """
        url = "/".join([self._endpoint, *(quote(part, safe="") for part in path)])
        request = urllib.request.Request(
            f"{url}?{query}" if query else url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_HTTP_TIMEOUT_SECONDS) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            raise _service_error(error) from error
        except OSError as error:
            raise ServiceError(
                "NoAnswer",
                f"the simulated QLDB service at {self._endpoint} gives no answer ({error});"
                " is `python -m local up` running?",
            ) from error
        decoded = json.loads(answer) if answer.strip() else {}
        return decoded if isinstance(decoded, dict) else {}


def _local_endpoint(environment: Mapping[str, str], variable: str) -> str:
    endpoint = environment.get(variable, "")
    remedy = 'start the local AWS with `python -m local up`, then `eval "$(python -m local env)"`'
    if not endpoint:
        raise ProviderError(
            f"the stand-in AWS provider needs {variable}, which is not set: {remedy}"
        )
    host = urlsplit(endpoint).hostname
    if host is None:
        raise ProviderError(f"{variable} is not a URL: {remedy}")
    if any(host == domain or host.endswith(f".{domain}") for domain in _AWS_DOMAINS):
        raise ProviderError(
            f"{variable} leads to AWS itself, which the stand-in AWS provider must not"
            f" touch: {remedy}"
        )
    return endpoint


def _service_error(error: urllib.error.HTTPError) -> ServiceError:
    # restJson1: the code is in a header or in the body, either may carry a suffix after a colon.
    try:
        answer = json.loads(error.read() or b"{}")
    except ValueError:
        answer = {}
    body = answer if isinstance(answer, dict) else {}
    code = error.headers.get("x-amzn-ErrorType") or body.get("__type") or body.get("code")
    if not code:
        code = (
            "ResourceNotFoundException"
            if error.code == HTTPStatus.NOT_FOUND
            else f"HTTP {error.code}"
        )
    message = body.get("Message") or body.get("message") or error.reason
    return ServiceError(str(code).split(":")[0].rsplit("#", 1)[-1], str(message))

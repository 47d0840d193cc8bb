"""The clients for a stack use its region and names, regardless of the operator's defaults.

The clients are genuine, but send no request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops import connections
from ops.errors import OpsError
from ops.stack_outputs import StackOutputs
from tests.support.failure_bucket import BUCKET
from tests.support.failure_objects import SETTINGS
from tests.support.memory_sqs import QUEUE_URL

if TYPE_CHECKING:
    from collections.abc import Callable

OUTPUTS = StackOutputs(
    version="1.2.3", region="eu-west-1", failure_queue_url=QUEUE_URL, settings=SETTINGS
)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator whose default region differs from the stack's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.parametrize(
    "connect",
    [connections.failure_bucket, connections.failure_queue, connections.writer],
)
def test_requests_go_to_the_region_of_the_stack(connect: Callable[[StackOutputs], object]) -> None:
    client = vars(connect(OUTPUTS))["_client"]
    assert client.meta.region_name == "eu-west-1"


def test_functions_are_those_of_the_region_of_the_stack() -> None:
    assert connections.functions(OUTPUTS).meta.region_name == "eu-west-1"


def test_the_bucket_is_the_one_of_the_handler() -> None:
    assert connections.failure_bucket(OUTPUTS).name == BUCKET


def test_an_unknown_profile_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with pytest.raises(OpsError, match="the profile that AWS_PROFILE names does not exist"):
        connections.failure_bucket(OUTPUTS)


@pytest.mark.parametrize(
    ("region", "variables", "expected"),
    [
        ("eu-west-1", {"AWS_REGION": "us-west-2"}, "eu-west-1"),
        (None, {"AWS_REGION": "us-west-2"}, "us-west-2"),
        (None, {"AWS_REGION": ""}, "eu-north-1"),
        (None, {}, "eu-north-1"),
    ],
)
def test_without_a_region_it_is_the_usual_one(
    region: str | None,
    variables: dict[str, str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert connections.client("kinesis", region).meta.region_name == expected


def test_no_region_at_all_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(OpsError, match="no AWS region was found: set AWS_REGION"):
        connections.client("kinesis", None)


def test_tables_are_given_more_attempts_than_one_answer_of_throttling() -> None:
    retries = connections.dynamodb(OUTPUTS).meta.config.retries
    assert retries["total_max_attempts"] == 10

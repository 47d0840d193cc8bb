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
    "connect", [connections.failure_bucket, connections.failure_queue, connections.writer]
)
def test_requests_go_to_the_region_of_the_stack(connect: Callable[[StackOutputs], object]) -> None:
    client = vars(connect(OUTPUTS))["_client"]
    assert client.meta.region_name == "eu-west-1"


def test_the_bucket_is_the_one_of_the_handler() -> None:
    assert connections.failure_bucket(OUTPUTS).name == BUCKET


def test_an_unknown_profile_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with pytest.raises(OpsError, match="the profile that AWS_PROFILE names does not exist"):
        connections.failure_bucket(OUTPUTS)

"""A stream is looked up where the environment says, before anything is written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.errors import LocalError
from local.kinesis_target import KinesisTarget
from ops import connections
from ops.errors import OpsError
from tests.support.followed_stream import STREAM_NAME
from tests.support.kinesis_events import STREAM_ARN


class Kinesis:
    """A Kinesis with one stream.

    Attributes
    ----------
    status
        The stream's.
    region
        What the caller asked for.
    """

    def __init__(self) -> None:
        self.status = "ACTIVE"
        self.region: str | None = None
        self.meta = SimpleNamespace(region_name="eu-west-1")

    def describe_stream_summary(self, **selector: str) -> dict[str, Any]:
        if selector not in ({"StreamName": STREAM_NAME}, {"StreamARN": STREAM_ARN}):
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "m"}},
                "DescribeStreamSummary",
            )
        return {
            "StreamDescriptionSummary": {
                "StreamARN": STREAM_ARN,
                "StreamStatus": self.status,
                "OpenShardCount": 3,
            }
        }


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> Kinesis:
    kinesis = Kinesis()

    def client(service: str, region: str | None) -> Kinesis:
        assert service == "kinesis"
        kinesis.region = region
        return kinesis

    monkeypatch.setattr(connections, "client", client)
    return kinesis


@pytest.mark.parametrize(("stream", "region"), [(STREAM_NAME, None), (STREAM_ARN, "eu-west-1")])
def test_a_stream_is_found_by_its_name_or_arn(
    stream: str, region: str | None, kinesis: Kinesis
) -> None:
    target = KinesisTarget.find(stream)

    assert (target.arn, target.shards) == (STREAM_ARN, 3)
    assert target.label == f"stream {STREAM_NAME} in eu-west-1"
    assert kinesis.region == region


@pytest.mark.parametrize(
    "stream", ["", "a stream", "s/1", "x" * 129, "arn:aws:sqs:eu-west-1:1:q", f"{STREAM_ARN}/more"]
)
def test_what_names_no_stream_is_refused_before_any_request(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "client", None)

    with pytest.raises(LocalError, match="neither the name nor the ARN of a Kinesis stream"):
        KinesisTarget.find(stream)


@pytest.mark.usefixtures("kinesis")
def test_a_stream_that_does_not_exist_is_named_with_its_region() -> None:
    with pytest.raises(
        OpsError, match=r"^stream other in eu-west-1 does not exist: check its name"
    ):
        KinesisTarget.find("other")


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_a_stream_that_takes_no_records_is_refused(status: str, kinesis: Kinesis) -> None:
    kinesis.status = status

    with pytest.raises(LocalError, match=f"is {status}: wait until it is ACTIVE"):
        KinesisTarget.find(STREAM_NAME)


def test_a_stream_that_is_resharded_takes_records(kinesis: Kinesis) -> None:
    kinesis.status = "UPDATING"

    assert KinesisTarget.find(STREAM_NAME).arn == STREAM_ARN

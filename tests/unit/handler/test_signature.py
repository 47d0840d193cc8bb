"""The signature is botocore's, whatever is signed.

That DynamoDB accepts it cannot be proven here: AWS's DynamoDB Local does not check it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import botocore.auth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from handler.signature import CONTENT_TYPE, SERVICE, Signature, moment_of

if TYPE_CHECKING:
    import pytest

_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
_TOKEN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
_CREDENTIALS = st.builds(ReadOnlyCredentials, _TEXT, _TEXT, st.none() | _TOKEN)
_MIDNIGHT = 1_799_971_200
_TIMES = st.integers(0, 2**33) | st.integers(_MIDNIGHT - 2, _MIDNIGHT + 2)
_REGIONS = st.sampled_from(("us-east-1", "eu-west-1", "us-gov-west-1", "local"))
_HOSTS = st.sampled_from(("dynamodb.us-east-1.amazonaws.com", "127.0.0.1:8000", "localhost"))
_TARGETS = st.sampled_from(("DynamoDB_20120810.PutItem", "DynamoDB_20120810.BatchExecuteStatement"))


class Request(NamedTuple):
    """What is signed, by whom and when."""

    target: str
    body: bytes
    credentials: ReadOnlyCredentials
    now: float


def signed(signature: Signature, request: Request) -> dict[str, str]:
    moment = moment_of(request.now)
    return signature.headers(request.target, request.body, request.credentials, moment)


def signed_by_botocore(host: str, region: str, request: Request) -> dict[str, Any]:
    prepared = AWSRequest(
        method="POST",
        url=f"http://{host}/",
        headers={
            "Content-Type": CONTENT_TYPE,
            "X-Amz-Target": request.target,
            "User-Agent": "agent",
        },
        data=request.body,
    )
    moment = dt.datetime.fromtimestamp(request.now, dt.UTC)
    with patch.object(botocore.auth, "get_current_datetime", lambda: moment):
        SigV4Auth(request.credentials, SERVICE, region).add_auth(prepared)
    headers = dict(prepared.headers.items())
    del headers["User-Agent"]
    return headers


_REQUESTS = st.builds(Request, _TARGETS, st.binary(), _CREDENTIALS, _TIMES)


@given(_HOSTS, _REGIONS, st.lists(_REQUESTS, min_size=1, max_size=4))
def test_requests_are_signed_as_by_botocore(
    host: str, region: str, requests: list[Request]
) -> None:
    signature = Signature(host, region)
    for request in requests:
        assert signed(signature, request) == signed_by_botocore(host, region, request)


@given(_CREDENTIALS, st.lists(st.sampled_from((-2, -1, 0, 1, 2)), min_size=2, max_size=6))
def test_the_key_is_that_of_the_day(credentials: ReadOnlyCredentials, seconds: list[int]) -> None:
    # as by threads, of which one is still before midnight
    signature = Signature("localhost", "us-east-1")
    for second in seconds:
        request = Request("target", b"{}", credentials, _MIDNIGHT + second)
        expected = signed_by_botocore("localhost", "us-east-1", request)
        assert signed(signature, request) == expected


def test_the_botocore_in_use_signs_alike() -> None:
    assert Signature("localhost:8000", "eu-west-1").agrees("http://localhost:8000/")


def test_a_botocore_that_signs_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SigV4Auth, "signed_headers", lambda *_: "host")

    assert not Signature("localhost", "eu-west-1").agrees("http://localhost/")


def test_a_botocore_without_a_time_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SigV4Auth, "_set_necessary_date_headers", lambda *_: None)

    assert not Signature("localhost", "eu-west-1").agrees("http://localhost/")

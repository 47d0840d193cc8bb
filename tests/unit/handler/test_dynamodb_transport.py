"""The transport before it connects.

Its requests, and its handling of answers, are tested with a server in tests/integration.
"""

from __future__ import annotations

import logging
from typing import Any

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from handler.bounded_http import BoundedSession
from handler.direct_http import DirectSession
from handler.dynamodb_transport import StatementTransport
from handler.http_limits import HttpLimits

LIMITS = HttpLimits(connections=2)


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(NoCredentialsError):
        StatementTransport.from_session(botocore.session.get_session(), HttpLimits(connections=2))


def test_an_invalid_attribute_value_is_refused_without_quoting_it() -> None:
    transport = StatementTransport(
        endpoint_url="http://127.0.0.1:9",
        region="eu-west-1",
        credentials=Credentials("AKID", "secret"),
        http=URLLib3Session(),
        user_agent="agent",
    )

    with pytest.raises(TypeError) as caught:
        transport.batch_execute_statement(Statements=[{"x": {1}}])

    assert "{1}" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, DirectSession),
        ({"HTTPS_PROXY": "http://proxy:1"}, BoundedSession),
        ({"AWS_ENDPOINT_URL": "https://host:8000/path"}, BoundedSession),
    ],
)
def test_requests_are_direct_where_the_environment_allows_it(
    variables: dict[str, str], kind: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    made = StatementTransport.from_session(botocore.session.get_session(), LIMITS)

    assert type(made._http) is kind


def test_a_certificate_of_ours_is_left_to_botocore() -> None:
    session = botocore.session.get_session()
    session.set_default_client_config(Config(client_cert="/of/ours"))

    made = StatementTransport.from_session(session, LIMITS)

    assert type(made._http) is BoundedSession


class Recorder:
    """A session that records requests."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def send(self, request: Any) -> Any:  # noqa: ANN401 (botocore's)
        self.requests.append(request)
        raise ConnectionError


def request_of(transport: StatementTransport) -> Any:  # noqa: ANN401 (botocore's)
    recorder = Recorder()
    transport._http = recorder
    with pytest.raises(ConnectionError):
        transport.put_item(TableName="t")
    (request,) = recorder.requests
    return request


def test_a_botocore_that_signs_otherwise_signs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(SigV4Auth, "signed_headers", lambda *_: "of-botocore")
    made = StatementTransport.from_session(botocore.session.get_session(), LIMITS)
    with caplog.at_level(logging.WARNING):
        made.rehearse()

    request = request_of(made)

    assert "SignedHeaders=of-botocore," in request.headers["Authorization"]
    assert "botocore has changed (its signature)" in caplog.text


@pytest.mark.parametrize("endpoint", ["http://host:8000", "http://host:8000/path"])
def test_a_request_has_the_same_headers_whoever_signs(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    made = StatementTransport.from_session(botocore.session.get_session(), LIMITS)

    headers = request_of(made).headers

    assert {name.lower() for name in headers} == {
        *("authorization", "content-length", "content-type"),
        *("user-agent", "x-amz-date", "x-amz-target"),
    }
    assert headers["Content-Length"] == str(len('{"TableName":"t"}'))

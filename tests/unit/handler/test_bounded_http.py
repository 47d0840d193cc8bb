"""What the HTTP session makes up for in urllib3 1.26, which the function's runtime may have.

Its limits in time and size are tested against servers in tests/integration, with both versions.
"""

from __future__ import annotations

import io
import socket
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from handler.bounded_http import BoundedSession, _BoundedHTTPConnection
from handler.http_limits import HttpLimits


@pytest.mark.parametrize("kind", [bytes, io.BytesIO])
def test_a_body_is_sent_whole_in_each_form_that_urllib3_passes_on(kind: Any) -> None:  # noqa: ANN401 (two classes)
    # given a connection, and a body that is longer than a slice
    body = bytes(range(256)) * 300
    near, far = socket.socketpair()
    with near, far:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
        connection = _BoundedHTTPConnection("localhost", timeout=5)
        connection.sock = near
        # when a request is sent
        headers = {"Host": "localhost", "Content-Length": str(len(body))}
        connection.request("PUT", "/", headers=headers)
        connection.send(kind(body))
        near.close()
        # then the peer gets all of it
        with far.makefile("rb") as received:
            assert received.read().endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    ("headers", "complete"),
    [
        ({"content-length": "3"}, False),
        ({"content-length": "1"}, False),
        ({"content-length": "2"}, True),
        ({"content-length": "two"}, True),
        ({}, True),
    ],
)
def test_an_answer_of_another_length_than_announced_is_no_answer(
    headers: dict[str, str],
    complete: bool,  # noqa: FBT001 (a parameter of the test)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = SimpleNamespace(headers=headers, content=b"{}")
    monkeypatch.setattr(URLLib3Session, "send", lambda *_: answer)
    request: Any = SimpleNamespace(url="http://localhost")

    if complete:
        assert BoundedSession().send(request).content == b"{}"
    else:
        with pytest.raises(ConnectionClosedError):
            BoundedSession().send(request)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, True),
        ({"REQUESTS_CA_BUNDLE": "/of/requests"}, "/of/requests"),
        ({"REQUESTS_CA_BUNDLE": "/of/requests", "AWS_CA_BUNDLE": "/of/aws"}, "/of/aws"),
        ({"REQUESTS_CA_BUNDLE": ""}, True),
    ],
)
def test_the_certificates_are_those_of_botocores_clients(
    variables: dict[str, str],
    expected: str | bool,  # noqa: FBT001 (a parameter of the test)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.get_session()
    url, limits = "https://localhost", HttpLimits(connections=1)

    assert BoundedSession.for_endpoint(session, url, limits)._verify == expected  # type: ignore[attr-defined]
    # An empty file name is an error of botocore's own client, and never means no certificates.
    if all(variables.values()):
        endpoint: Any = session.create_client("dynamodb")._endpoint  # type: ignore[attr-defined]
        assert endpoint.http_session._verify == expected

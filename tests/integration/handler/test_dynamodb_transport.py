"""The transport against an HTTP server: its requests, and its response to each answer.

That DynamoDB accepts the requests is proven on DynamoDB Local; the signatures are botocore's.
"""

from __future__ import annotations

import json
import socket
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError

from handler.dynamodb_transport import ChecksumError, StatementTransport
from handler.error_codes import FaultClass, of_exception
from handler.http_limits import HttpLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

STATEMENTS = [{"Statement": "INSERT ...", "Parameters": [{"S": "ä"}, {"B": b"\x00\xff"}]}]


class Server(ThreadingHTTPServer):
    """Answers all requests alike and records them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.status = 200
        self.body = b'{"Responses": [{}]}'
        self.headers: dict[str, str] = {}
        self.is_silent = False
        self.ended = threading.Event()
        self.requests: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((dict(self.headers), body))
        if self.server.is_silent:
            # An answer to a client that has left would be an exception in this thread.
            self.server.ended.wait(5)
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server in a thread."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()


def transport(url: str, credentials: Any = None, timeout: float = 5.0) -> StatementTransport:  # noqa: ANN401 (several kinds of credentials)
    return StatementTransport(
        endpoint_url=url,
        region="eu-west-1",
        credentials=credentials or Credentials("AKID", "secret", "token"),
        http=URLLib3Session(timeout=timeout),  # type: ignore[arg-type]
        user_agent="agent",
    )


def test_a_request_is_signed_json(server: Server) -> None:
    answer = transport(server.url).batch_execute_statement(Statements=STATEMENTS)

    assert answer == {"Responses": [{}]}
    ((headers, body),) = server.requests
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.BatchExecuteStatement"
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert headers["X-Amz-Security-Token"] == "token"
    assert "Credential=AKID/" in headers["Authorization"]
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]
    parameters = [{"S": "ä"}, {"B": "AP8="}]
    assert json.loads(body) == {
        "Statements": [{"Statement": "INSERT ...", "Parameters": parameters}]
    }


def test_an_item_is_put_and_nothing_asked_back(server: Server) -> None:
    server.body = b"{}"

    transport(server.url).put_item(TableName="t", Item={"pk": {"S": "a"}, "hash": {"B": b"x"}})

    ((headers, body),) = server.requests
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert json.loads(body) == {"TableName": "t", "Item": {"pk": {"S": "a"}, "hash": {"B": "eA=="}}}


@pytest.mark.parametrize("body", [b'{"Responses": []}', b"[]", b"<html>"])
def test_an_answer_to_a_put_with_content_is_not_a_success(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises((ResponseParserError, json.JSONDecodeError)):
        transport(server.url).put_item(TableName="t", Item={})


def test_a_refused_condition_carries_the_stored_item(server: Server) -> None:
    item = {"pk": {"S": "a"}, "version": {"N": "7"}}
    error = {"__type": "x#ConditionalCheckFailedException", "message": "m", "Item": item}
    server.status, server.body = 400, json.dumps(error).encode()

    with pytest.raises(ClientError) as caught:
        transport(server.url).put_item(TableName="t", Item={})

    assert caught.value.response["Item"] == item  # type: ignore[typeddict-item]


def test_renewed_credentials_sign_the_next_request(server: Server) -> None:
    credentials = Credentials("first", "secret")
    sender = transport(server.url, credentials)
    sender.batch_execute_statement(Statements=STATEMENTS)

    credentials.access_key = "second"
    sender.batch_execute_statement(Statements=STATEMENTS)

    keys = [headers["Authorization"].split("Credential=")[1] for headers, _ in server.requests]
    assert [key.split("/")[0] for key in keys] == ["first", "second"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            400,
            b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "m"}',
            ("Throttling", FaultClass.TRANSIENT),
        ),
        (
            400,
            b'{"__type": "com.amazon.coral.validate#ValidationException", "Message": "m"}',
            ("Validation", FaultClass.PERMANENT),
        ),
        (
            400,
            b'{"__type": "com.amazon.coral.service#ExpiredTokenException"}',
            ("ExpiredToken", FaultClass.TRANSIENT),
        ),
        (500, b'{"__type": "x#InternalServerError"}', ("InternalServer", FaultClass.TRANSIENT)),
        (503, b"<html>", ("503", FaultClass.TRANSIENT)),
        (413, b"", ("413", FaultClass.PERMANENT)),
    ],
)
def test_an_error_answer_raises_botocores_error(
    server: Server, status: int, body: bytes, expected: tuple[str, FaultClass | None]
) -> None:
    server.status, server.body = status, body

    with pytest.raises(ClientError) as caught:
        transport(server.url).batch_execute_statement(Statements=STATEMENTS)

    assert of_exception(caught.value) == expected


def test_the_checksum_is_checked(server: Server) -> None:
    sender = transport(server.url)
    server.headers = {"x-amz-crc32": str(zlib.crc32(server.body))}
    assert sender.batch_execute_statement(Statements=STATEMENTS)

    server.headers = {"x-amz-crc32": "1"}
    with pytest.raises(ChecksumError) as caught:
        sender.batch_execute_statement(Statements=STATEMENTS)
    assert of_exception(caught.value) == ("Checksum", FaultClass.TRANSIENT)


def test_a_missing_answer_is_transient(server: Server) -> None:
    server.is_silent = True
    with pytest.raises(ReadTimeoutError) as caught:
        transport(server.url, timeout=0.2).batch_execute_statement(Statements=STATEMENTS)
    assert of_exception(caught.value)[1] is FaultClass.TRANSIENT


def test_an_unreachable_server_is_transient() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(EndpointConnectionError) as caught:
        transport(f"http://127.0.0.1:{port}").batch_execute_statement(Statements=STATEMENTS)
    assert of_exception(caught.value)[1] is FaultClass.TRANSIENT


def test_endpoint_region_and_credentials_are_botocores(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-environment")

    sender = StatementTransport.from_session(
        botocore.session.get_session(), HttpLimits(connections=2)
    )

    assert sender.batch_execute_statement(Statements=STATEMENTS)
    ((headers, _),) = server.requests
    assert "Credential=from-environment/" in headers["Authorization"]
    assert "/eu-north-1/dynamodb/" in headers["Authorization"]
    assert headers["User-Agent"].startswith("Botocore/")

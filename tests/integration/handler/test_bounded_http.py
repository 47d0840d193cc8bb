"""Requests to servers that answer slowly, oddly or without end, end in time.

Cannot prove anything about the time that a name's resolution takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from handler import bounded_http
from handler.batch import Handler
from handler.bounded_http import BoundedSession
from handler.dynamodb_transport import StatementTransport
from handler.failure_client import LazyFailureClient
from handler.failures import FailureStore
from handler.http_limits import HttpLimits
from handler.settings import HandlerSettings, ReplicaTable
from handler.writer import REQUESTS_IN_FLIGHT, STATEMENTS_PER_REQUEST, BatchStatementWriter
from tests.reliability.first_bad_answer import main as answers_with_another_outcome
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.odd_server import ENDLESS, HUGE, Answer, OddServer, answering, read_request
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

EMPTY = Answer(200, b'{"Responses": [{}]}')


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request take less than a second."""
    monkeypatch.setattr(bounded_http, "REQUEST_SECONDS", 0.4)


def transport(url: str) -> StatementTransport:
    return StatementTransport(
        endpoint_url=url,
        region="eu-west-1",
        credentials=Credentials("key", "secret"),
        http=BoundedSession(timeout=(1.0, 0.5), max_pool_connections=REQUESTS_IN_FLIGHT),
        user_agent="agent",
    )


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("behave", ENDLESS.values(), ids=ENDLESS)
def test_a_request_without_end_is_ended(behave: Callable[[socket.socket], None]) -> None:
    with OddServer(behave) as server, pytest.raises(HTTPClientError):
        transport(server.url).batch_execute_statement(Statements=[])


def test_an_answer_without_end_is_not_kept() -> None:
    with OddServer(HUGE) as server, pytest.raises(ConnectionClosedError):
        transport(server.url).batch_execute_statement(Statements=[])


@pytest.mark.usefixtures("soon")
def test_requests_that_trickle_do_not_hold_up_the_next_invocation() -> None:
    trickling = ENDLESS["a body that trickles"]
    answered = 0
    documents = [
        revision(document_id=f"{number:022d}")
        for number in range(REQUESTS_IN_FLIGHT * STATEMENTS_PER_REQUEST)
    ]

    def behave(connection: socket.socket) -> None:
        nonlocal answered
        answered += 1
        (trickling if answered <= REQUESTS_IN_FLIGHT else answering(EMPTY))(connection)

    with OddServer(behave) as server:
        handler = Handler(
            settings=HandlerSettings(
                replica_tables={"Person": ReplicaTable(ledger_table="Person", table_name="p")},
                failure_bucket="none",
            ),
            writer=BatchStatementWriter(transport(server.url)),
            failures=FailureStore(None, "none"),  # type: ignore[arg-type]
            telemetry=None,
        )
        first = handler.process(event(*documents), LambdaContext.ending_in(1))
        second = handler.process(event(revision()), LambdaContext.ending_in(30))

    assert first["batchItemFailures"]
    assert second["batchItemFailures"] == []


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("behave", ENDLESS.values(), ids=ENDLESS)
def test_a_put_without_end_is_ended(
    behave: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with OddServer(behave) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        client = LazyFailureClient(
            botocore.session.get_session(), HttpLimits(read_seconds=0.5, connections=2)
        )
        with pytest.raises(HTTPClientError):
            client.put_object(Bucket="bucket", Key="key", Body=b"x" * 2_000_000)


def test_a_large_body_is_put_without_waiting_for_an_invitation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(Answer(200, b"", {"ETag": '"x"'}).to_bytes())

    with OddServer(behave) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        client = LazyFailureClient(
            botocore.session.get_session(), HttpLimits(read_seconds=0.5, connections=2)
        )
        answer = client.put_object(Bucket="bucket", Key="key", Body=b"x" * 2_000_000)

    assert answer["ETag"] == '"x"'
    (request,) = requests
    assert request.endswith(b"x" * 2_000_000)
    assert b"expect:" not in request.partition(b"\r\n\r\n")[0].lower()


def test_every_odd_answer_leads_to_the_right_outcome() -> None:
    assert answers_with_another_outcome() == 0

"""`python -m tests.reliability.first_bad_answer N`: writes to servers whose answers are odd.

Prints the first answer that leads to another outcome than it should, or that holds its thread, and
exits with `BROKEN`; without one, prints nothing and exits with 0. The mutations run it. The number
is ignored: there is nothing to try more than once.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import HTTPClientError

from handler import bounded_http
from handler.bounded_http import BoundedSession
from handler.direct_http import DirectSession
from handler.dynamodb_transport import HttpSession, StatementTransport
from handler.http_limits import HttpLimits
from handler.outcomes import Permanent, Transient
from handler.replica import write_for
from handler.settings import ReplicaTable
from handler.writer import BatchStatementWriter
from journal.revisions import Revision, read_record
from tests.reliability.findings import print_first
from tests.support.answers import ANSWERS, APPLIED, PERMANENT, TRANSIENT
from tests.support.odd_server import ENDLESS, HUGE, Answer, OddServer, answering, read_request
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

_PATIENCE_SECONDS = 5.0
_LONG_TEXT = "x" * 20_000_000
"""More than a socket buffers."""

_TABLE = ReplicaTable(ledger_table="Person", table_name="person")


def main() -> int:
    """Write once for each kind of answer."""
    bounded_http.REQUEST_SECONDS = 0.5
    return print_first(_findings())


def _findings() -> Iterator[str]:
    for http in (_direct, _of_botocore):
        yield from _findings_of(http)
    yield from _mixed_credentials()


def _direct(url: str) -> HttpSession:
    return DirectSession(url, HttpLimits(connections=1))


def _of_botocore(_: str) -> HttpSession:
    return BoundedSession(timeout=(1.0, 5.0))


def _findings_of(http: Callable[[str], HttpSession]) -> Iterator[str]:
    for name, (answer, expected) in ANSWERS.items():
        with OddServer(answering(answer)) as server:
            found = _outcome(_transport(server.url, http))
        if found != expected:
            yield f"{name}: {found}, not {expected}"
    for name, behave in {**ENDLESS, "a gigabyte": HUGE}.items():
        with OddServer(behave) as server:
            if not all(_ends(_transport(server.url, http), text) for text in ("x", _LONG_TEXT)):
                yield f"{name}: the request does not end"


def _transport(
    url: str, http: Callable[[str], HttpSession], credentials: Credentials | None = None
) -> StatementTransport:
    return StatementTransport(
        endpoint_url=url,
        region="eu-west-1",
        credentials=credentials or Credentials("key", "secret"),
        http=http(url),
        user_agent="agent",
    )


def _outcome(transport: StatementTransport) -> str:
    """Return the outcome of one attempt to write."""
    found = read_record(revision(), {"Person"})
    if not isinstance(found, Revision):
        raise TypeError("no revision")
    now = time.time()
    waits: list[float] = []
    writer = BatchStatementWriter(
        transport,
        requests_in_flight=1,
        clock=lambda: now + 60 * len(waits),  # the first wait is longer than the time that is left
        sleep=waits.append,
    )
    try:
        (outcome,) = writer.write([write_for(found, _TABLE, now)], now + 30)
    except Exception as error:  # noqa: BLE001 (any is a finding)
        return type(error).__name__
    if isinstance(outcome, Permanent):
        return PERMANENT
    return TRANSIENT if isinstance(outcome, Transient) else APPLIED


def _ends(transport: StatementTransport, text: str) -> bool:
    """Return whether a request with a text ends."""

    def send() -> None:
        with contextlib.suppress(HTTPClientError):
            transport.batch_execute_statement(Statements=[{"Statement": text}])

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    return not thread.is_alive()


class _Renewing(Credentials):
    """Credentials of which every look sees another set."""

    looks = 0

    def __init__(self) -> None:
        super().__init__("0", "0", "0")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        self.looks += 1
        return ReadOnlyCredentials(*[str(self.looks)] * 3)

    def __getattribute__(self, name: str) -> object:
        if name in {"access_key", "secret_key", "token"}:
            self.looks += 1
            return str(self.looks)
        return super().__getattribute__(name)


def _mixed_credentials() -> Iterator[str]:
    heads: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        heads.append(read_request(connection).partition(b"\r\n\r\n")[0])
        connection.sendall(Answer(200, b'{"Responses": [{}]}').to_bytes())

    with OddServer(behave) as server:
        _outcome(_transport(server.url, _direct, _Renewing()))
    (head,) = heads
    key = head.partition(b"Credential=")[2].partition(b"/")[0]
    token = head.lower().partition(b"x-amz-security-token: ")[2].partition(b"\r\n")[0]
    if key != token:
        yield "a request is signed with parts of two sets of credentials"


if __name__ == "__main__":
    sys.exit(main())

"""The direct session raises what botocore's session raises, for the same faults of a server.

Every fault meets both sessions. Cannot prove anything about faults that no server here has.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError

from handler import bounded_http, direct_http
from handler.bounded_http import BoundedSession
from handler.direct_http import DirectSession
from handler.http_limits import HttpLimits
from tests.support.certificates import Certificate, certificate
from tests.support.odd_server import ENDLESS, HUGE, Answer, OddServer, answering, read_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Behaviour = Callable[[socket.socket], None]

LIMITS = HttpLimits(connect_seconds=0.5, read_seconds=0.3, connections=2)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LARGE = b"x" * 20_000_000
"""More than a socket buffers."""


class Botocore(BoundedSession):
    """botocore's session with the same limits."""

    def __init__(self, _url: str, limits: HttpLimits, bundle: str | None = None) -> None:
        seconds = (limits.connect_seconds, limits.read_seconds)
        super().__init__(timeout=seconds, verify=bundle or True)


SESSIONS: list[Any] = [DirectSession, Botocore]


class Outcome(NamedTuple):
    """What a request led to."""

    error: str | None
    status: int = 0
    content: bytes = b""


def post(session: Any, url: str, body: bytes = b"{}") -> Any:  # noqa: ANN401 (either kind)
    headers = {"User-Agent": "agent", "Content-Length": str(len(body))}
    request = AWSPreparedRequest("POST", f"{url}/", headers, body, stream_output=False)  # type: ignore[arg-type]
    return session.send(request)


def outcome(kind: Any, url: str, body: bytes = b"{}", bundle: str | None = None) -> Outcome:  # noqa: ANN401 (either kind)
    session = kind(url, LIMITS, bundle)
    try:
        answer = post(session, url, body)
    except Exception as error:  # noqa: BLE001 (its kind is the outcome)
        return Outcome(type(error).__name__)
    finally:
        session.close()
    return Outcome(None, answer.status_code, answer.content)


def sending(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        for number, part in enumerate(parts):
            time.sleep(0.05 if number else 0)
            connection.sendall(part)

    return behave


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    read_request(connection)
    time.sleep(1)


def silent_at_once(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(1)


def refuses_early(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(Answer(413, b"too large").to_bytes())
    time.sleep(0.1)


def with_head(*lines: bytes, content: bytes = b"{}", status: bytes = b"200") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status + b" Odd", *lines, b"", content])


CLOSED, SLOW = "ConnectionClosedError", "ReadTimeoutError"
FAULTS: dict[str, tuple[Behaviour, str]] = {
    "reset before an answer": (reset, CLOSED),
    "closed before an answer": (sending(), CLOSED),
    "closed without reading": (lambda _: None, CLOSED),
    "no answer": (silent, SLOW),
    "a part of a status": (sending(OK[:7]), CLOSED),
    "a part of an answer": (sending(OK[:-1]), CLOSED),
    "a part of a large answer": (sending(with_head(b"Content-Length: 900000")), CLOSED),
    "a length beyond all memory": (sending(with_head(b"Content-Length: 9" + b"0" * 30)), CLOSED),
    "no HTTP": (sending(b"220 mail.example.com ESMTP\r\n\r\n"), CLOSED),
    "a status that is no number": (sending(b"HTTP/1.1 OK\r\n\r\n"), CLOSED),
    "a chunk of no length": (
        sending(with_head(b"Transfer-Encoding: chunked", content=b"z\r\n")),
        CLOSED,
    ),
    "a part of a chunk": (
        sending(with_head(b"Transfer-Encoding: chunked", content=b"9\r\n{}")),
        CLOSED,
    ),
    "too many headers": (
        sending(with_head(*[b"X-%d: 1" % n for n in range(99)], b"Content-Length: 2")),
        CLOSED,
    ),
    "a header that is too long": (
        sending(with_head(b"X: " + b"x" * 70_000, b"Content-Length: 2")),
        CLOSED,
    ),
    "an answer that is too long": (HUGE, CLOSED),
    **{name: (behave, SLOW) for name, behave in ENDLESS.items() if "not read" not in name},
}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request take less than a second."""
    monkeypatch.setattr(bounded_http, "REQUEST_SECONDS", 0.6)


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("name", FAULTS)
def test_both_sessions_raise_the_same(name: str, kind: Any, monkeypatch: Any) -> None:  # noqa: ANN401 (either kind)
    behave, expected = FAULTS[name]
    if behave is HUGE:
        monkeypatch.setattr(bounded_http, "REQUEST_SECONDS", 10.0)
    with OddServer(behave) as server:
        assert outcome(kind, server.url) == Outcome(expected)


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_large_request_that_is_not_read_ends(kind: Any) -> None:  # noqa: ANN401 (either kind)
    with OddServer(ENDLESS["a request that is not read"]) as server:
        assert outcome(kind, server.url, LARGE) == Outcome(CLOSED)


ANSWERS: dict[str, tuple[Behaviour, Outcome]] = {
    "a plain one": (sending(OK), Outcome(None, 200, b"{}")),
    "one in parts": (
        sending(OK[:9], OK[9:30], OK[30:-1], OK[-1:]),
        Outcome(None, 200, b"{}"),
    ),
    "one of chunks": (
        sending(with_head(b"Transfer-Encoding: chunked", content=b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")),
        Outcome(None, 200, b"{}"),
    ),
    "one of HTTP/1.0": (sending(b"HTTP/1.0 200 OK\r\n\r\n{}"), Outcome(None, 200, b"{}")),
    "one without a length": (sending(with_head(b"X: 1")), Outcome(None, 200, b"{}")),
    "one without a header": (sending(with_head()), Outcome(None, 200, b"{}")),
    "one whose length is no number": (
        sending(with_head(b"Content-Length: two")),
        Outcome(None, 200, b"{}"),
    ),
    "one with a folded header": (
        sending(with_head(b"X: 1", b" 2", b"Content-Length: 2")),
        Outcome(None, 200, b"{}"),
    ),
    "one after an interim answer": (
        sending(b"HTTP/1.1 100 Continue\r\n\r\n" + OK),
        Outcome(None, 200, b"{}"),
    ),
    "one with more than its length": (sending(OK + b"more"), Outcome(None, 200, b"{}")),
    "a part of a head": (sending(OK[:20]), Outcome(None, 200)),
    "one without content": (sending(with_head(status=b"204", content=b"")), Outcome(None, 204)),
    "one of a status without content, with a length": (
        sending(with_head(b"Content-Length: 5", status=b"304", content=b"")),
        Outcome(CLOSED),
    ),
    "a redirection": (
        sending(with_head(b"Location: http://127.0.0.1:1/", b"Content-Length: 2", status=b"302")),
        Outcome(None, 302, b"{}"),
    ),
    "a large one": (
        sending(with_head(b"Content-Length: 3000000", content=b"x" * 3_000_000)),
        Outcome(None, 200, b"x" * 3_000_000),
    ),
    "a compressed one": (
        sending(with_head(b"Content-Encoding: gzip", b"Content-Length: 2")),
        Outcome(None, 200, b"{}"),
    ),
}


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("name", ANSWERS)
def test_both_sessions_return_the_same(name: str, kind: Any) -> None:  # noqa: ANN401 (either kind)
    behave, expected = ANSWERS[name]
    with OddServer(behave) as server:
        assert outcome(kind, server.url) == expected


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_refusal_before_the_request_was_read_is_read(kind: Any) -> None:  # noqa: ANN401 (either kind)
    with OddServer(refuses_early) as server:
        assert outcome(kind, server.url, LARGE) == Outcome(None, 413, b"too large")


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_large_request_arrives_whole(kind: Any) -> None:  # noqa: ANN401 (either kind)
    body = bytes(range(256)) * 3_000
    requests: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(OK)

    with OddServer(behave) as server:
        assert outcome(kind, server.url, body).status == 200
    assert requests[0].partition(b"\r\n\r\n")[2] == body


def test_both_sessions_send_the_same_headers() -> None:
    heads: list[set[bytes]] = []

    def behave(connection: socket.socket) -> None:
        head = read_request(connection).partition(b"\r\n\r\n")[0]
        heads.append(set(head.split(b"\r\n")))
        connection.sendall(OK)

    with OddServer(behave) as server:
        for kind in SESSIONS:
            outcome(kind, server.url)
    assert heads[0] == heads[1]


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_refused_connection_is_named_so(kind: Any) -> None:  # noqa: ANN401 (either kind)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert outcome(kind, url) == Outcome("EndpointConnectionError")


@pytest.mark.parametrize("kind", SESSIONS)
def test_an_unknown_name_is_named_so(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 (either kind)
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert outcome(kind, "http://name.invalid") == Outcome("EndpointConnectionError")


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_connection_that_takes_too_long_is_named_so(
    kind: Any,  # noqa: ANN401 (either kind)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", slow)
    assert outcome(kind, "http://127.0.0.1:9") == Outcome("ConnectTimeoutError")


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_header_of_two_lines_is_not_sent(kind: Any) -> None:  # noqa: ANN401 (either kind)
    requests: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        requests.append(read_request(connection))

    headers: Any = {"X-Test": "1\r\nX-Other: secret"}
    with OddServer(behave) as server:
        request = AWSPreparedRequest("POST", f"{server.url}/", headers, b"", stream_output=False)
        with pytest.raises(Exception) as caught:  # noqa: PT011 (its kind is what is tested)
            kind(server.url, LIMITS).send(request)
    assert type(caught.value).__name__ == "HTTPClientError"
    assert not any(b"X-Other" in each for each in requests)


def keeping(connection: socket.socket, *, close_after: int | None = None) -> None:
    """Answer requests on one connection."""
    for number in range(1_000):
        if number == close_after:
            return
        if len(read_request(connection)) <= 10:
            return
        connection.sendall(OK)


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_connection_is_kept(kind: Any) -> None:  # noqa: ANN401 (either kind)
    with OddServer(keeping) as server:
        session = kind(server.url, LIMITS)
        for _ in range(3):
            assert post(session, server.url).content == b"{}"
        session.close()
        assert server.connections == 1


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_connection_closed_between_requests_is_opened_anew(kind: Any) -> None:  # noqa: ANN401 (either kind)
    with OddServer(lambda connection: keeping(connection, close_after=1)) as server:
        session = kind(server.url, LIMITS)
        for _ in range(3):
            assert post(session, server.url).content == b"{}"
            time.sleep(0.1)
        assert server.connections == 3


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_connection_is_not_kept_that_the_peer_will_close(kind: Any) -> None:  # noqa: ANN401 (either kind)
    def behave(connection: socket.socket) -> None:
        answering(Answer(200, b"{}"))(connection)
        time.sleep(0.5)

    with OddServer(behave) as server:
        session = kind(server.url, LIMITS)
        for _ in range(2):
            assert post(session, server.url).content == b"{}"
        assert server.connections == 2


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_request_is_not_sent_again(kind: Any) -> None:  # noqa: ANN401 (either kind)
    requests = 0

    def behave(connection: socket.socket) -> None:
        nonlocal requests
        for answer in (OK, None):
            read_request(connection)
            requests += 1
            if answer:
                connection.sendall(answer)

    with OddServer(behave) as server:
        session = kind(server.url, LIMITS)
        post(session, server.url)
        with pytest.raises(ConnectionClosedError):
            post(session, server.url)
        assert (requests, server.connections) == (2, 1)


@pytest.mark.parametrize(
    "behave",
    [sending(OK[:-1]), sending(b"no"), silent],
    ids=["a part", "no HTTP", "silence"],
)
def test_a_connection_is_not_used_after_a_fault(behave: Behaviour) -> None:
    served = 0

    def first_badly(connection: socket.socket) -> None:
        nonlocal served
        served += 1
        (behave if served == 1 else keeping)(connection)

    with OddServer(first_badly) as server:
        session = DirectSession(server.url, LIMITS)
        with contextlib.suppress(Exception):
            post(session, server.url)
        assert post(session, server.url).content == b"{}"
        assert server.connections == 2
        session.close()


def test_a_second_answer_is_no_answer_to_the_next_request() -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK + OK.replace(b"{}", b"no"))
        time.sleep(0.5)

    with OddServer(behave) as server:
        session = DirectSession(server.url, LIMITS)
        assert [post(session, server.url).content for _ in range(2)] == [b"{}", b"{}"]


def test_each_thread_has_one_connection() -> None:
    together = Barrier(4)

    def twice(_: int) -> None:
        together.wait(5)
        for _ in range(2):
            post(session, server.url)

    with OddServer(keeping) as server, ThreadPoolExecutor(4) as pool:
        session = DirectSession(server.url, LIMITS)
        list(pool.map(twice, range(4)))
        assert server.connections == 4


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate of the server's name."""
    return certificate(tmp_path_factory.mktemp("trusted"))


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_trusted_certificate_is_trusted(kind: Any, trusted: Certificate) -> None:  # noqa: ANN401 (either kind)
    with OddServer(keeping, trusted.server()) as server:
        for url in (server.url, server.url.replace("localhost", "127.0.0.1")):
            found = outcome(kind, url, LARGE[:1_000_000], str(trusted.file))
            assert found == Outcome(None, 200, b"{}")


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_connection_with_tls_is_kept(kind: Any, trusted: Certificate) -> None:  # noqa: ANN401 (either kind)
    with OddServer(keeping, trusted.server()) as server:
        session = kind(server.url, LIMITS, str(trusted.file))
        for _ in range(3):
            assert post(session, server.url).content == b"{}"
        session.close()
        assert server.connections == 1


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize(
    ("names", "days"),
    [("DNS:example.com", 1), ("DNS:localhost", -1)],
    ids=["another name", "expired"],
)
def test_a_wrong_certificate_is_refused(
    names: str,
    days: int,
    kind: Any,  # noqa: ANN401 (either kind)
    tmp_path: Path,
) -> None:
    made = certificate(tmp_path, names=names, days=days)
    with OddServer(keeping, made.server()) as server:
        assert outcome(kind, server.url, bundle=str(made.file)) == Outcome("SSLError")


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("bundle", [None, "/no/such/file"], ids=["botocore's", "missing"])
def test_an_unknown_certificate_is_refused(
    bundle: str | None,
    kind: Any,  # noqa: ANN401 (either kind)
    trusted: Certificate,
) -> None:
    with OddServer(keeping, trusted.server()) as server:
        assert outcome(kind, server.url, bundle=bundle) == Outcome("SSLError")


def resets(connection: socket.socket) -> None:
    connection.recv(1)


def speaks_no_tls(connection: socket.socket) -> None:
    connection.recv(9_999)
    connection.sendall(OK)


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize(
    ("behave", "expected"), [(silent_at_once, SLOW), (resets, CLOSED), (speaks_no_tls, "SSLError")]
)
def test_a_fault_before_tls_is_named_alike(behave: Any, expected: str, kind: Any) -> None:  # noqa: ANN401 (either kind)
    with OddServer(behave) as server:
        url = server.url.replace("http:", "https:")
        assert outcome(kind, url) == Outcome(expected)


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("name", ["a part of an answer", "no answer", "closed before an answer"])
def test_faults_within_tls_are_named_alike(name: str, kind: Any, trusted: Certificate) -> None:  # noqa: ANN401 (either kind)
    behave, expected = FAULTS[name]
    with OddServer(behave, trusted.server()) as server:
        assert outcome(kind, server.url, bundle=str(trusted.file)) == Outcome(expected)


def test_the_certificates_to_trust_are_read_once(
    trusted: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given threads that connect at the same time
    looked: list[bool] = []
    together = Barrier(4)

    def look(bundle: str) -> str:
        looked.append(True)
        time.sleep(0.05)
        return bundle

    def connect(_: int) -> None:
        together.wait(5)
        post(session, server.url)

    monkeypatch.setattr(direct_http, "get_cert_path", look)
    with OddServer(keeping, trusted.server()) as server, ThreadPoolExecutor(4) as pool:
        session = DirectSession(server.url, LIMITS, str(trusted.file))
        # when
        list(pool.map(connect, range(4)))
        # then
        assert (server.connections, len(looked)) == (4, 1)


def test_the_newest_version_of_tls_is_used(trusted: Certificate) -> None:
    versions: list[str | None] = []

    def behave(connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        versions.append(connection.version())
        sending(OK)(connection)

    with OddServer(behave, trusted.server()) as server:
        outcome(DirectSession, server.url, bundle=str(trusted.file))
    assert versions == ["TLSv1.3"]

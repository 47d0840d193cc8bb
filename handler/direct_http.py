"""An HTTP session for one endpoint, with a kept connection for each thread and without urllib3.

urllib3 takes most of the CPU time of a request, for pools, proxies and redirections that requests
to DynamoDB do not need. Here a request is one piece of bytes, and an answer of the form that
DynamoDB sends is read in place; every other answer is left to ``http.client``. The limits are those
of `handler.bounded_http`.

The exceptions are those that botocore's ``URLLib3Session`` raises for the same faults, so that
`handler.error_codes` need not know which session was used.
"""

from __future__ import annotations

import io
import re
import select
import socket
import ssl
import threading
import time
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import create_urllib3_context, get_cert_path
from botocore.utils import get_environ_proxies

from handler import bounded_http
from handler.bounded_http import (
    SLICE_BYTES,
    SOCKET_OPTIONS,
    BoundedReader,
    ca_bundle,
    seconds_left,
    slices,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session

    from handler.http_limits import HttpLimits

_URL = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]+)?/?")

_DEFAULT_PORTS = {"http": 80, "https": 443}

_SIMPLE_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2}) [^\r\n]*\r\n((?:[\w.-]+:[^\r\n]*\r\n){1,99})\r\n"
)
"""The head of an answer that is read in place. ``http.client`` takes no more headers either."""

_WITHOUT_CONTENT = frozenset({204, 304})
"""RFC 9110, 6.4.1: an answer with one of these has no content, whatever its length says."""


class Answer(NamedTuple):
    """An answer to a request.

    Attributes
    ----------
    status_code
        HTTP status.
    headers
        By name in lower case.
    content
        The content, as it was sent.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def is_plain(url: str) -> bool:
    """Return whether an endpoint is a scheme, a name and perhaps a port: no path, no user, no IPv6.

    Parameters
    ----------
    url
        The endpoint.
    """
    return bool(_URL.fullmatch(url))


def is_direct(url: str) -> bool:
    """Return whether requests can be sent to an endpoint without a proxy, and without a path.

    Parameters
    ----------
    url
        The endpoint.
    """
    return is_plain(url) and not get_environ_proxies(url).get(urlsplit(url).scheme)


def host_header(url: str) -> str:
    """Return the header ``Host`` of an endpoint, which has no port if it is the default one.

    Parameters
    ----------
    url
        One that `is_plain`.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_default = parts.port in {None, _DEFAULT_PORTS[parts.scheme]}
    return host if is_default else f"{host}:{parts.port}"


class DirectSession:
    """Sends requests to the root of one endpoint. Thread-safe.

    Nothing is ever sent a second time: the caller knows whether it may be.

    Parameters
    ----------
    url
        The endpoint, one that `is_plain`.
    limits
        Limits of its connections, of which each thread has one.
    bundle
        File with the certificates to trust; None for botocore's.
    """

    def __init__(self, url: str, limits: HttpLimits, bundle: str | None = None) -> None:
        parts = urlsplit(url)
        self._url = url
        self._address = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
        # As of http.client, which asks for answers that are not compressed.
        self._head = f"POST / HTTP/1.1\r\nHost: {host_header(url)}\r\nAccept-Encoding: identity\r\n"
        self._limits = limits
        self._tls = _LazyContext(bundle) if parts.scheme == "https" else None
        self._local = threading.local()

    @classmethod
    def for_endpoint(cls, session: Session, url: str, limits: HttpLimits) -> DirectSession:
        """Create a session with the certificates of botocore's clients.

        Parameters
        ----------
        session
            botocore's session.
        url
            The endpoint, one that `is_plain`.
        limits
            Limits of its connections.
        """
        return cls(url, limits, ca_bundle(session))

    def send(self, request: AWSPreparedRequest) -> Answer:
        """Send a request and return its answer.

        Parameters
        ----------
        request
            A signed ``POST`` of bytes to the root of the endpoint.

        Raises
        ------
        botocore.exceptions.BotoCoreError
            If there is no answer, or only a part of it: as `URLLib3Session.send` raises it.
        """
        headers: Any = request.headers
        body: Any = request.body
        try:
            head = _head(self._head, headers)
            sock = self._connection()
            answer, is_kept = _exchange(sock, head, body, self._limits.read_seconds)
        except Exception as error:  # noqa: BLE001 (whichever it is, it becomes one of botocore's)
            self.close()
            raise _failure(error, self._url) from None
        except BaseException:
            self.close()
            raise
        if not is_kept:
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection of this thread."""
        sock: socket.socket | None = getattr(self._local, "sock", None)
        self._local.sock = None
        if sock is not None:
            sock.close()

    def _connection(self) -> socket.socket:
        sock: socket.socket | None = getattr(self._local, "sock", None)
        if sock is not None and _is_readable(sock):
            # Nothing was asked, so the peer has closed it.
            self.close()
            sock = None
        if sock is None:
            sock = self._local.sock = self._connect()
        return sock

    def _connect(self) -> socket.socket:
        try:
            sock = socket.create_connection(self._address, self._limits.connect_seconds)
        except TimeoutError:
            raise ConnectTimeoutError(endpoint_url=self._url) from None
        except OSError:
            raise EndpointConnectionError(endpoint_url=self._url) from None
        try:
            for option in SOCKET_OPTIONS:
                sock.setsockopt(*option)
            if self._tls is None:
                return sock
            return self._tls.context().wrap_socket(sock, server_hostname=self._address[0])
        except BaseException:
            sock.close()
            raise


class _LazyContext:
    """The settings of TLS, which are read when the first thread connects.

    Parameters
    ----------
    bundle
        File with the certificates to trust; None for botocore's.
    """

    def __init__(self, bundle: str | None) -> None:
        self._bundle = bundle
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                context = _tls_context()
                file: Any = get_cert_path(self._bundle or True)  # type: ignore[arg-type]
                try:
                    context.load_verify_locations(Path(file).expanduser())
                except OSError as error:
                    raise ssl.SSLError(f"no certificates to trust: {error.strerror}") from None
                self._context = context
            return self._context


def _tls_context() -> ssl.SSLContext:
    """Return botocore's settings of TLS, and urllib3's."""
    context: ssl.SSLContext = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    # botocore leaves the name of the server to urllib3.
    context.check_hostname = True
    context.set_alpn_protocols(["http/1.1"])
    return context


def rehearse() -> None:
    """Send requests over a connection without a network, and read their answers.

    Raises
    ------
    Exception
        Whatever a part of botocore or http.client raises that is not what this module knows.
    """
    head = _head("POST / HTTP/1.1\r\n", {"Host": "localhost"})
    for answer in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ):
        near, far = socket.socketpair()
        with near, far:
            far.sendall(answer)
            received, _ = _exchange(near, head, b"{}", bounded_http.REQUEST_SECONDS)
            if received.content != b"{}" or far.recv(SLICE_BYTES) != head + b"{}":
                raise ConnectionError("a request or an answer is not what was sent")
    for error in (TimeoutError(), ssl.SSLError(), OSError(), ValueError()):
        _failure(error, "http://localhost")
    get_cert_path(True)  # noqa: FBT003 (botocore's)
    _tls_context()


def _head(start: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request.

    Raises
    ------
    ValueError
        If a header would end its line.
    """
    head = start + "".join([f"{name}: {value}\r\n" for name, value in headers.items()]) + "\r\n"
    lines = start.count("\n") + len(headers) + 1
    if head.count("\n") != lines or head.count("\r") != lines:
        raise ValueError("a header of more than one line")
    return head.encode("latin-1")


def _exchange(
    sock: socket.socket, head: bytes, body: bytes, read_seconds: float
) -> tuple[Answer, bool]:
    """Send a request and return its answer, and whether the connection can be used again."""
    deadline = time.monotonic() + bounded_http.REQUEST_SECONDS
    _transmit(sock, head, body, deadline)
    received = BoundedReader(sock.makefile("rb", buffering=0), sock, deadline, read_seconds)
    with io.BufferedReader(received, SLICE_BYTES) as reader:
        simple = _simple_answer(reader)
        return simple or (_any_answer(reader, sock), False)


def _transmit(sock: socket.socket, head: bytes, body: bytes, deadline: float) -> None:
    try:
        # Head and most bodies are one piece, and so one packet or one record of TLS.
        for part in (head + body[:SLICE_BYTES], *slices(body[SLICE_BYTES:])):
            sock.settimeout(seconds_left(deadline))
            sock.sendall(part)
    except (BrokenPipeError, ConnectionResetError):
        # The peer may have refused the request before it had read all of it.
        pass
    except TimeoutError:
        raise ConnectionAbortedError("the request cannot be sent in time") from None


def _simple_answer(reader: io.BufferedReader[BoundedReader]) -> tuple[Answer, bool] | None:
    """Read an answer of HTTP/1.1 whose head has come at once and tells the length of the rest.

    Nothing is read of any other: the result is None.
    """
    buffered = reader.peek()
    head = _SIMPLE_HEAD.match(buffered)
    if head is None:
        return None
    lines = head[2].decode("latin-1").split("\r\n")[:-1]
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    length, status = headers.get("content-length", ""), int(head[1])
    if (
        not (length.isascii() and length.isdigit())
        or "transfer-encoding" in headers
        or status in _WITHOUT_CONTENT
        or len(headers) != len(lines)  # a header that comes twice
    ):
        return None
    reader.read(head.end())
    content = _read(reader, int(length))
    is_kept = (
        "close" not in headers.get("connection", "").lower()
        # More than one answer is no answer to the next request.
        and len(buffered) <= head.end() + len(content)
    )
    return Answer(status, headers, content), is_kept


def _read(reader: io.BufferedReader[BoundedReader], length: int) -> bytes:
    """Read a number of bytes; in parts, because a number alone must not take memory."""
    content = reader.read(min(length, SLICE_BYTES))
    if len(content) < length:
        parts, left = [content], length - len(content)
        while left and (part := reader.read(min(left, SLICE_BYTES))):
            parts.append(part)
            left -= len(part)
        content = b"".join(parts)
    if len(content) < length:
        raise IncompleteRead(b"", length - len(content))
    return content


def _any_answer(reader: io.BufferedReader[BoundedReader], sock: socket.socket) -> Answer:
    """Read an answer as http.client does."""
    response = HTTPResponse(sock, method="POST")
    response.fp.close()
    response.fp = reader  # type: ignore[assignment]
    response.begin()
    content = b"".join(iter(partial(response.read, SLICE_BYTES), b""))
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) != len(content):
        raise IncompleteRead(b"")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, content)


def _failure(error: Exception, url: str) -> BotoCoreError:
    """Return botocore's exception for a fault of a connection."""
    match error:
        case BotoCoreError():
            return error
        case TimeoutError():
            return ReadTimeoutError(endpoint_url=url)
        case ssl.SSLError():
            return SSLError(endpoint_url=url, error=error)
        case OSError() | HTTPException():
            return ConnectionClosedError(endpoint_url=url)
        case _:
            return HTTPClientError(error=type(error).__name__)


def _is_readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))

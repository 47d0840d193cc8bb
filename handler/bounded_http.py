"""botocore's HTTP session with a limit for each request as a whole.

The read time-out of a socket counts anew for each read, so a peer that sends a byte now and then
holds a thread for as long as it likes. Here the time until the last byte of an answer is limited,
its headers included, and so is its size.
"""

from __future__ import annotations

import io
import os
import socket
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
    from botocore.session import Session

    from handler.http_limits import HttpLimits

REQUEST_SECONDS = 10.0
"""Seconds from the start of a request to the last byte of its answer; the time to connect has its
own limit. DynamoDB and S3 answer in milliseconds, large answers on a slow line in seconds."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""The longest answer reports 25 refused statements, each with an item of 400 KB of which JSON may
write every byte as six characters."""

SLICE_BYTES = 64 * 1024
"""A request is sent in slices; before each, the time that is left is looked at."""

SOCKET_OPTIONS = (
    # As in botocore's clients: without it the body waits for the acknowledgement of the headers.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
)


class BoundedSession(URLLib3Session):
    """A session whose requests end within `REQUEST_SECONDS`, whatever the peer does.

    A request that takes longer raises ``ReadTimeoutError``, or ``ConnectionClosedError`` if its
    answer is too long or cannot be sent in time.

    Parameters
    ----------
    options
        Those of ``URLLib3Session``.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (several types)
        super().__init__(**options)
        # The managers of pools, those of proxies too, share this dictionary.
        self._pool_classes_by_scheme.update(  # type: ignore[attr-defined]
            {"http": _BoundedHTTPConnectionPool, "https": _BoundedHTTPSConnectionPool}
        )

    def send(self, request: AWSRequest | AWSPreparedRequest) -> AWSResponse:
        """Send a request and return its answer, which has been read.

        Parameters
        ----------
        request
            The signed request.

        Raises
        ------
        botocore.exceptions.HTTPClientError
            If there is no answer, or only a part of it.
        """
        response = super().send(request)
        announced = response.headers.get("content-length", "")
        # urllib3 1.26 takes an answer that ends too early for a whole one.
        if announced.isdigit() and int(announced) != len(response.content):
            raise ConnectionClosedError(endpoint_url=str(request.url))
        return response

    @classmethod
    def for_endpoint(cls, session: Session, url: str, limits: HttpLimits) -> BoundedSession:
        """Create a session with the certificates and proxies of botocore's clients.

        Parameters
        ----------
        session
            botocore's session.
        url
            The endpoint.
        limits
            Limits of its connections.
        """
        return cls(
            verify=ca_bundle(session) or True,
            proxies=get_environ_proxies(url),
            timeout=(limits.connect_seconds, limits.read_seconds),
            max_pool_connections=limits.connections,
            socket_options=list(SOCKET_OPTIONS),
        )


def ca_bundle(session: Session) -> str | None:
    """Return the file with the certificates to trust, as botocore chooses it; None for its own.

    Source: ``botocore.endpoint``, ``EndpointCreator._get_verify_value``.

    Parameters
    ----------
    session
        botocore's session, for its setting ``ca_bundle``.
    """
    configured: str | None = session.get_config_variable("ca_bundle")
    return configured or os.environ.get("REQUESTS_CA_BUNDLE") or None


def rehearse() -> None:
    """Send one request over a connection without a network, and read its answer.

    Raises
    ------
    Exception
        Whatever a part of botocore, urllib3 or http.client raises that is not what this module
        knows.
    """
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        connection = _BoundedHTTPConnection("localhost", timeout=REQUEST_SECONDS)
        connection.sock = near
        connection.request("POST", "/", body=b"{}", headers={"Host": "localhost"})
        response = connection.getresponse()
        # urllib3 has read the content since version 2; before, it was http.client's response.
        answer = getattr(response, "data", None) or response.read()
        if answer != b"{}" or not far.recv(SLICE_BYTES).endswith(b"\r\n\r\n{}"):
            raise ConnectionError("a request or an answer is not what was sent")
    BoundedSession().close()


class _BoundedConnection:
    """Mixin for connections, which measures the time of each request."""

    sock: socket.socket | None
    _deadline: float

    def connect(self) -> None:
        # A proxy's answer to CONNECT comes before any request.
        self._deadline = time.monotonic() + REQUEST_SECONDS
        super().connect()  # type: ignore[misc]

    def request(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 (the base class's)
        self._deadline = time.monotonic() + REQUEST_SECONDS
        super().request(*arguments, **keywords)  # type: ignore[misc]

    def send(self, data: bytes | BinaryIO) -> None:
        for part in slices(data):
            if self.sock is not None:
                self.sock.settimeout(seconds_left(self._deadline))
            super().send(part)  # type: ignore[misc]

    def response_class(self, *arguments: Any, **keywords: Any) -> HTTPResponse:  # noqa: ANN401 (the base class's)
        return _BoundedResponse(self._deadline, *arguments, **keywords)


def slices(data: bytes | BinaryIO) -> Iterator[bytes]:
    """Yield the parts in which data is sent."""
    if isinstance(data, bytes):
        for start in range(0, len(data), SLICE_BYTES):
            yield data[start : start + SLICE_BYTES]
        return
    # urllib3 1.26 passes the body on as botocore made it; urllib3 2 reads it first.
    while part := data.read(SLICE_BYTES):
        yield part


class _BoundedResponse(HTTPResponse):
    """An answer that is read until a moment of the monotonic clock."""

    def __init__(
        self,
        deadline: float,
        sock: socket.socket,
        *arguments: Any,  # noqa: ANN401 (the base class's)
        **keywords: Any,  # noqa: ANN401 (the base class's)
    ) -> None:
        super().__init__(sock, *arguments, **keywords)
        read_seconds = sock.gettimeout() or REQUEST_SECONDS
        self.fp = io.BufferedReader(BoundedReader(self.fp.detach(), sock, deadline, read_seconds))


class BoundedReader(io.RawIOBase):
    """The bytes that a socket receives until a moment of the monotonic clock.

    Parameters
    ----------
    received
        Reads from the socket.
    sock
        The socket, whose time-out is set before each read.
    deadline
        The moment.
    read_seconds
        Time to wait for the next bytes.
    """

    def __init__(
        self, received: io.RawIOBase, sock: socket.socket, deadline: float, read_seconds: float
    ) -> None:
        self._received = received
        self._sock = sock
        self._deadline = deadline
        self._read_seconds = read_seconds
        self._bytes_left = MAX_ANSWER_BYTES

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401 (a buffer, nameless in 3.11)
        """Receive bytes into a buffer and return their number, 0 at the end.

        Raises
        ------
        OSError
            If the time is over, or the limit of bytes is passed.
        """
        self._sock.settimeout(min(seconds_left(self._deadline), self._read_seconds))
        count = self._received.readinto(buffer)
        self._bytes_left -= count or 0
        if self._bytes_left < 0:
            raise OSError("the answer is too long")
        return count

    def close(self) -> None:
        """Close what it reads from."""
        self._received.close()
        super().close()


def seconds_left(deadline: float) -> float:
    """Return the seconds until a moment of the monotonic clock.

    Raises
    ------
    TimeoutError
        If there are none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the request as a whole takes too long")
    return left


class _BoundedHTTPConnection(_BoundedConnection, AWSHTTPConnection):  # type: ignore[misc]
    """A connection without TLS, such as to a proxy or to a local AWS."""


class _BoundedHTTPSConnection(_BoundedConnection, AWSHTTPSConnection):  # type: ignore[misc]
    """A connection with TLS."""


class _BoundedHTTPConnectionPool(AWSHTTPConnectionPool):
    ConnectionCls = _BoundedHTTPConnection


class _BoundedHTTPSConnectionPool(AWSHTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPSConnection

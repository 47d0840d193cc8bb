"""A server that answers HTTP requests with bytes of the test's choice, at its speed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from typing import Self

_TRICKLE_SECONDS = 0.05
_BLOCK = b"x" * 1_000_000
_BLOCKS = 1_000


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}

    def to_bytes(self) -> bytes:
        """Return the answer as it is sent; the connection ends after it."""
        headers = {"Content-Length": len(self.body), "Connection": "close", **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Odd\r\n{lines}\r\n".encode() + self.body


def answering(answer: Answer) -> Callable[[socket.socket], None]:
    """Return a behaviour that reads a request and sends an answer."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer.to_bytes())

    return behave


def read_request(connection: socket.socket) -> bytes:
    """Read a request with a length and return it."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65_536) or b"\0" * lengths[0]
    return head + b"\r\n\r\n" + body


def _trickle(start: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        while True:
            connection.sendall(part)
            time.sleep(_TRICKLE_SECONDS)

    return behave


def _huge(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(_BLOCKS):
        connection.sendall(f"{len(_BLOCK):x}\r\n".encode() + _BLOCK + b"\r\n")


def _silent(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(60)


ENDLESS: Mapping[str, Callable[[socket.socket], None]] = {
    "a status line that trickles": _trickle(b"HTTP/1.1 200 ", b"O"),
    "headers that trickle": _trickle(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "a body that trickles": _trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
    "chunks that trickle": _trickle(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"
    ),
    "interim answers without end": _trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a request that is not read": _silent,
}
"""Behaviours that would hold a connection for ever, by name."""

HUGE = _huge
"""The behaviour that sends a gigabyte."""


class OddServer:
    """A server on the loopback interface; each connection is served in a thread.

    Parameters
    ----------
    behave
        What is done with a connection, which is closed afterwards.
    tls
        Settings of TLS; None for none. With TLS its name is ``localhost``.

    Attributes
    ----------
    connections
        Number of connections so far.
    """

    def __init__(
        self, behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}" if tls is None else f"https://localhost:{port}"
        self.connections = 0

    def __enter__(self) -> Self:
        """Start to accept connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop to accept connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._tls is None:
                self._behave(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as encrypted:
                    self._behave(encrypted)

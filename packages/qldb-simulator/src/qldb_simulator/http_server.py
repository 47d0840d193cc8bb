"""HTTP server of the simulated QLDB on the loopback interface."""

from __future__ import annotations

import logging
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from qldb_simulator.http_messages import Response, error_response

if TYPE_CHECKING:
    from qldb_simulator.http_api import HttpApi

HOST: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 16 * 1024 * 1024

_log = logging.getLogger(__name__)


class HttpServer(ThreadingHTTPServer):
    """Serves an API, with one thread for each connection.

    Parameters
    ----------
    port
        TCP port; 0 for any free port.
    api
        Answers the requests.
    """

    daemon_threads = True
    # Allows a port that was in use a moment ago, but not one that is in use now.
    allow_reuse_address = True

    def __init__(self, port: int, api: HttpApi) -> None:
        super().__init__((HOST, port), type("_BoundHandler", (_Handler,), {"api": api}))


class _Handler(BaseHTTPRequestHandler):
    """One connection; `HttpServer` derives a class with the API."""

    protocol_version = "HTTP/1.1"
    server_version = "simulated-qldb"
    api: ClassVar[HttpApi]

    @override
    def setup(self) -> None:
        super().setup()
        # Otherwise small responses would wait for the client's acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer_request(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(
                error_response(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    "RequestEntityTooLarge",
                    {"Message": f"a body has at most {MAX_BODY_BYTES} bytes, not {size}"},
                )
            )
            return
        self._send(self.api.respond(self.command, self.path, self.rfile.read(size)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer_request  # noqa: N815 (the base's names)

    @override
    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

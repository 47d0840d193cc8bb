"""Connections of the client to the service, one for each thread."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from qldb_simulator.errors import ServiceError, SimulatorError
from qldb_simulator.http_messages import ERROR_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESPONSE_SECONDS: Final = 30.0


class ServiceConnection:
    """Exchanges requests and responses with the service. Thread-safe.

    Parameters
    ----------
    endpoint
        URL of the service.

    Raises
    ------
    SimulatorError
        If the endpoint is not a URL with a port.
    """

    def __init__(self, endpoint: str) -> None:
        url = urlsplit(endpoint)
        if url.hostname is None or url.port is None:
            raise SimulatorError(
                f"expected a URL with a port as the endpoint of the simulated QLDB, not {endpoint}"
            )
        self._endpoint = endpoint
        self._address = (url.hostname, url.port)
        self._local = threading.local()

    def json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a JSON object and return the JSON object of the answer.

        Raises
        ------
        SimulatorError
            If the service does not answer, or refuses the request.
        """
        data = None if body is None else json.dumps(body).encode()
        answer: dict[str, Any] = json.loads(self.send(method, path, data))
        return answer

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send bytes and return the bytes of the answer.

        Raises
        ------
        SimulatorError
            If the service does not answer.
        ServiceError
            If it refuses the request.
        """
        try:
            status, code, answer = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise SimulatorError(
                f"the simulated QLDB does not answer on {self._endpoint} "
                f"({type(error).__name__}): start it or correct the endpoint"
            ) from error
        if status >= http.client.BAD_REQUEST:
            message = json.loads(answer).get("Message", code)
            raise ServiceError(code, status, f"QLDB refused: {message} ({code})")
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        """Send a request over this thread's connection, which the service keeps open."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(*self._address, timeout=_RESPONSE_SECONDS)
            self._local.connection = connection
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            # A connection cannot be reused after an incomplete exchange.
            connection.close()
            self._local.connection = None
            raise
        return response.status, response.headers.get(ERROR_HEADER, ""), answer

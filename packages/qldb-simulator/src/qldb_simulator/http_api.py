"""The HTTP API of the simulated QLDB, independent of sockets."""

from __future__ import annotations

import logging
import re
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from qldb_simulator.api_errors import ApiError
from qldb_simulator.control_plane_routes import control_plane_routes
from qldb_simulator.errors import TransactionError
from qldb_simulator.http_messages import Request, Response, error_response
from qldb_simulator.simulator_routes import simulator_routes

if TYPE_CHECKING:
    from qldb_simulator.control_plane import ControlPlane

_log = logging.getLogger(__name__)


class HttpApi:
    """Answers requests to a control plane. Thread-safe.

    Parameters
    ----------
    plane
        Carries out the requests.
    """

    def __init__(self, plane: ControlPlane) -> None:
        routes = [*control_plane_routes(plane), *simulator_routes(plane)]
        self._routes = [(method, re.compile(path), handler) for method, path, handler in routes]

    def respond(self, method: str, target: str, body: bytes) -> Response:
        """Return the response to a request; an error response after any exception.

        Parameters
        ----------
        target
            Path and query of the request line.
        """
        try:
            return self._dispatch(method, target, body)
        except ApiError as error:
            return error_response(error.status, error.code, error.members)
        except TransactionError as error:
            return error_response(
                HTTPStatus.BAD_REQUEST, "TransactionError", {"Message": str(error)}
            )
        except Exception as error:  # noqa: BLE001 (the connection would end without an answer)
            # Without the traceback, which may quote a document.
            place = traceback.extract_tb(error.__traceback__)[-1]
            reason = f"{type(error).__name__} in {place.name}, line {place.lineno}"
            _log.error("%s %s: %s", method, target, reason)
            return error_response(
                HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", {"Message": reason}
            )

    def _dispatch(self, method: str, target: str, body: bytes) -> Response:
        url = urlsplit(target)
        for route_method, path, handler in self._routes:
            found = path.fullmatch(url.path) if method == route_method else None
            if found is not None:
                parts = tuple(unquote(part) for part in found.groups())
                query = parse_qs(url.query, keep_blank_values=True)
                return handler(Request(parts=parts, query=query, body=body))
        message = f"no operation {method} {url.path}"
        return error_response(
            HTTPStatus.NOT_FOUND, "UnknownOperationException", {"Message": message}
        )

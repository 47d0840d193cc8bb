"""Requests and responses of the HTTP API, independent of sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion

from qldb_simulator.api_errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_TYPE: Final = "application/json"
ION_TYPE: Final = "application/ion"
ERROR_HEADER: Final = "x-amzn-ErrorType"
"""Header that names the error of a response."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that a route matched.

    Attributes
    ----------
    parts
        Variable parts of the path, decoded.
    query
        Values by name, decoded.
    """

    parts: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty object without a body.

        Raises
        ------
        ApiError
            If the body is not a JSON object.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ApiError("InvalidParameterException", "expected a JSON object as the body")
        return value


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response to a request.

    Attributes
    ----------
    error
        Name of the error, None for a success.
    """

    status: int
    content_type: str
    body: bytes
    error: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Headers by name."""
        fields = {"Content-Type": self.content_type, "Content-Length": str(len(self.body))}
        return fields if self.error is None else fields | {ERROR_HEADER: self.error}


def json_response(value: object) -> Response:
    """Return a successful response with a JSON value."""
    return Response(status=HTTPStatus.OK, content_type=JSON_TYPE, body=json.dumps(value).encode())


def ion_response(value: object) -> Response:
    """Return a successful response with a value as binary Ion."""
    return Response(status=HTTPStatus.OK, content_type=ION_TYPE, body=bytes(simpleion.dumps(value)))


def error_response(status: int, error: str, members: Mapping[str, str]) -> Response:
    """Return an error response in the form of the AWS protocol restJson1."""
    return Response(
        status=status,
        content_type=JSON_TYPE,
        body=json.dumps({"__type": error, **members}).encode(),
        error=error,
    )

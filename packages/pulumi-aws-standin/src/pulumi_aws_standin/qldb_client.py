"""Client of the QLDB control plane, by the REST paths of the QLDB API (version 2019-01-02)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pulumi_aws_standin.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HTTP_TIMEOUT_SECONDS: Final = 30.0


class QldbClient:
    """Calls QLDB's control plane.

    Parameters
    ----------
    endpoint
        URL of the service.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(
        self, method: str, *path: str, body: Mapping[str, object] | None = None, query: str = ""
    ) -> dict[str, object]:
        """Call one operation and return its answer.

        Parameters
        ----------
        method
            HTTP method.
        path
            The path's parts, not yet percent-encoded.
        body
            The JSON request.
        query
            The query string, encoded.

        Raises
        ------
        ServiceError
            If the service answered with an error, or gave no answer.
        """
        url = "/".join([self._endpoint, *(quote(part, safe="") for part in path)])
        request = urllib.request.Request(
            f"{url}?{query}" if query else url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_HTTP_TIMEOUT_SECONDS) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            raise _service_error(error) from error
        except OSError as error:
            raise ServiceError(
                "NoAnswer",
                f"the QLDB service at {self._endpoint} gives no answer ({error}); is it running?",
            ) from error
        decoded = json.loads(answer) if answer.strip() else {}
        return decoded if isinstance(decoded, dict) else {}


def _service_error(error: urllib.error.HTTPError) -> ServiceError:
    # restJson1: the code is in a header or in the body, either may carry a suffix after a colon.
    try:
        answer = json.loads(error.read() or b"{}")
    except ValueError:
        answer = {}
    body = answer if isinstance(answer, dict) else {}
    code = error.headers.get("x-amzn-ErrorType") or body.get("__type") or body.get("code")
    if not code:
        code = (
            "ResourceNotFoundException"
            if error.code == HTTPStatus.NOT_FOUND
            else f"HTTP {error.code}"
        )
    message = body.get("Message") or body.get("message") or error.reason
    return ServiceError(str(code).split(":")[0].rsplit("#", 1)[-1], str(message))

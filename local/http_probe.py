"""One HTTP request to a server of this machine, to see whether it answers."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from local.service_process import HOST

_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered.

    Attributes
    ----------
    status
        HTTP status.
    body
        The bytes behind the headers.
    """

    status: int
    body: bytes


def probe(port: int, path: str) -> Answer | None:
    """Return the answer to a GET request, or None where there is none within five seconds.

    No proxy takes part, whatever the environment says.

    Parameters
    ----------
    port
        TCP port of the loopback interface.
    path
        Path of the URL.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(status=response.status, body=response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

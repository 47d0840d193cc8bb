"""Probes whether a server of this machine answers HTTP requests."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from local.service_process import HOST

_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer of a server.

    Attributes
    ----------
    status
        HTTP status.
    body
        Bytes of the body.
    """

    status: int
    body: bytes


def probe(port: int, path: str) -> Answer | None:
    """Return the answer to a GET request; None if there is none within five seconds.

    Proxies in the environment are not used.

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

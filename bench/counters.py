"""Reads the work of the stub DynamoDB from its process.

Small and limited to the standard library, because the measured process imports it.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

COUNTERS_PATH = "/counters"
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Counters:
    """The stub's work since its start.

    Attributes
    ----------
    requests
        Requests answered, except those for these counters.
    writes
        Statements and single-item writes.
    cpu_seconds
        CPU time of the stub's process.
    """

    requests: int
    writes: int
    cpu_seconds: float

    def __sub__(self, earlier: Counters) -> Counters:
        """Return the work between two readings."""
        return Counters(
            requests=self.requests - earlier.requests,
            writes=self.writes - earlier.writes,
            cpu_seconds=self.cpu_seconds - earlier.cpu_seconds,
        )


def read_counters(endpoint: str) -> Counters:
    """Read the stub's work so far.

    Raises
    ------
    OSError
        If the stub does not answer.
    """
    url = urlsplit(endpoint)
    connection = http.client.HTTPConnection(
        url.hostname or "", url.port or 0, timeout=_TIMEOUT_SECONDS
    )
    try:
        connection.request("GET", COUNTERS_PATH)
        return Counters(**json.loads(connection.getresponse().read()))
    finally:
        connection.close()

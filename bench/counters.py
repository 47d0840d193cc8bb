"""What the stub DynamoDB has done, read from its own process.

Of the standard library and small: the measured process imports it.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

COUNTERS_PATH = "/counters"
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Counters:
    """What the stub has done since its start.

    Attributes
    ----------
    requests
        Requests answered, those for these counters excepted.
    writes
        Statements, and writes of one item.
    processor_seconds
        Processor time of the stub's process.
    """

    requests: int
    writes: int
    processor_seconds: float

    def __sub__(self, earlier: Counters) -> Counters:
        """Give what was done between two readings."""
        return Counters(
            requests=self.requests - earlier.requests,
            writes=self.writes - earlier.writes,
            processor_seconds=self.processor_seconds - earlier.processor_seconds,
        )


def read_counters(endpoint: str) -> Counters:
    """Read what the stub has done so far.

    Raises
    ------
    OSError
        The stub does not answer.
    """
    url = urlsplit(endpoint)
    connection = http.client.HTTPConnection(
        url.hostname or "", url.port or 0, timeout=_ANSWER_SECONDS
    )
    try:
        connection.request("GET", COUNTERS_PATH)
        return Counters(**json.loads(connection.getresponse().read()))
    finally:
        connection.close()

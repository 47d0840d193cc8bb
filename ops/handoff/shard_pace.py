"""How fast one shard is read, so that the function beside it is not throttled.

A shard serves 5 reads and 2 MB a second to all its readers together, and after an answer of up to
10 MB nothing until that average is reached again (Kinesis API reference, "GetRecords"). This
reader takes half of the bytes, and at most 3 reads of the 5: Lambda reads once a second.
"""

from __future__ import annotations

_BYTES_PER_SECOND = 1024 * 1024
_MIN_SECONDS = 0.4
_FIRST_LIMIT = 100
_MAX_LIMIT = 10_000
"""Kinesis API reference, "GetRecords"."""

_BASE_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 1.0, 10.0
MAX_REFUSALS = 30
"""Refusals in succession after which it is given up: five minutes."""


class ShardPace:
    """The limit of the next request, and the time before it.

    Attributes
    ----------
    limit
        Number of records to ask for: as many as take about a second.
    refusals
        Refused requests in succession.
    """

    def __init__(self) -> None:
        self.limit = _FIRST_LIMIT
        self.refusals = 0

    def served(self, records: int, size: int) -> float:
        """Return the seconds before the next request after an answer.

        Parameters
        ----------
        records
            Number of records in the answer.
        size
            Their bytes.
        """
        self.refusals = 0
        if records:
            average = max(size / records, 1.0)
            self.limit = min(_MAX_LIMIT, max(1, int(_BYTES_PER_SECOND / average)))
        return max(_MIN_SECONDS, size / _BYTES_PER_SECOND)

    def refused(self) -> float:
        """Return the seconds before the next request after one that was refused as too many."""
        self.refusals += 1
        return min(_MAX_BACKOFF_SECONDS, _BASE_BACKOFF_SECONDS * 2.0 ** (self.refusals - 1))

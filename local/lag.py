"""Measures how long a new document takes from its commit until its item can be read."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, kw_only=True)
class Lags:
    """The lags of some new documents that were inserted one after the other.

    Attributes
    ----------
    probes
        Number of documents that were to be inserted.
    seconds
        The lag of each that arrived; fewer than `probes` if one did not arrive in time.
    """

    probes: int
    seconds: Sequence[float]

    @property
    def all_arrived(self) -> bool:
        """Whether every document arrived."""
        return len(self.seconds) == self.probes

    @property
    def text(self) -> str:
        """How many documents arrived, the median and the longest lag, in one line."""
        arrived = f"{len(self.seconds)} of {self.probes} documents arrived"
        if not self.seconds:
            return arrived
        median, longest = statistics.median(self.seconds), max(self.seconds)
        return f"{arrived}, median {median:.2f} s, longest {longest:.2f} s"


def measure_lags(
    probes: int,
    insert: Callable[[int], str],
    is_there: Callable[[str], bool],
    *,
    seconds: float,
    pause: float,
    progress: Callable[[int, float], None] = lambda _arrived, _waited: None,
) -> Lags:
    """Return the lag of each of some new documents, inserted one after the other.

    The first document that does not arrive in time is the last one that is inserted.

    Parameters
    ----------
    probes
        Number of documents.
    insert
        Commits the document with a number and returns its id.
    is_there
        Whether the item of a document can be read.
    seconds
        Time limit for all documents together.
    pause
        Seconds between two readings.
    progress
        Receives the number of documents that have arrived, and the seconds waited so far.
    """
    began = time.monotonic()
    lags: list[float] = []
    for number in range(probes):
        committed = time.monotonic()
        document_id = insert(number)
        while not is_there(document_id):
            waited = time.monotonic() - began
            if waited >= seconds:
                return Lags(probes=probes, seconds=lags)
            progress(number, waited)
            time.sleep(pause)
        lags.append(time.monotonic() - committed)
    return Lags(probes=probes, seconds=lags)

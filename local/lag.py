"""Measures how long a new document takes from its commit until its item can be read."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def measure_lags(
    probes: int,
    insert: Callable[[int], str],
    is_there: Callable[[str], bool],
    *,
    seconds: float,
    pause: float,
) -> list[float]:
    """Return the lag of each of some new documents, inserted one after the other.

    Parameters
    ----------
    probes
        Number of documents.
    insert
        Commits the document with a number and returns its id.
    is_there
        Whether the item of a document can be read.
    seconds
        Time limit for one document.
    pause
        Seconds between two readings.

    Returns
    -------
    list of float
        Seconds; the time limit for a document that did not arrive.
    """
    lags = []
    for number in range(probes):
        began = time.monotonic()
        document_id = insert(number)
        while not is_there(document_id) and time.monotonic() < began + seconds:
            time.sleep(pause)
        lags.append(time.monotonic() - began)
    return lags


def lag_text(lags: Sequence[float]) -> str:
    """Return the number of documents, the median and the longest lag, in one line."""
    return (
        f"{len(lags)} documents one by one: "
        f"median {statistics.median(lags):.2f} s, longest {max(lags):.2f} s"
    )

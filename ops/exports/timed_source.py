"""Stops reading before the time is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.exports.source import Entry, Source


class NotReadError(OpsError):
    """What is to be read takes longer than there is time."""


class TimedSource:
    """A source from which nothing more is read after a deadline.

    Whoever is ended in the middle of reading, as a function of Lambda is, can tell nobody why.

    Parameters
    ----------
    source
        Reads the objects.
    deadline
        Seconds since the epoch after which no piece of an object is asked for.
    problem
        Text of the error: what takes too long, and what to do.
    clock
        Returns seconds since the epoch.
    """

    def __init__(
        self,
        source: Source,
        deadline: float,
        problem: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._deadline = deadline
        self._problem = problem
        self._clock = clock

    @property
    def location(self) -> str:
        """The location of the source."""
        return self._source.location

    def entries(self) -> Iterator[Entry]:
        """Return all objects."""
        return self._source.entries()

    def chunks(self, key: str, etag: str = "") -> Iterator[bytes]:
        """Return the content of an object.

        Raises
        ------
        NotReadError
            If the time is over, as soon as another piece is asked for.
        """
        pieces = self._source.chunks(key, etag)
        while True:
            if self._clock() >= self._deadline:
                raise NotReadError(self._problem)
            piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def encryption(self, key: str) -> str | None:
        """Return how an object is encrypted."""
        return self._source.encryption(key)

"""A clock that tests control."""

from __future__ import annotations


class Clock:
    """Time in seconds, which only changes by sleeping or by the test.

    Parameters
    ----------
    now
        The time at the start.

    Attributes
    ----------
    now
        The time.
    naps
        Durations of the sleeps.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.naps: list[float] = []

    def time(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advance the time, and record the duration."""
        self.naps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Advance the time; a negative number changes nothing."""
        self.now += max(seconds, 0.0)

    def advance_to(self, moment: float) -> None:
        """Advance the time to a moment, unless it has passed."""
        self.now = max(self.now, moment)

"""A clock that only a test moves."""

from __future__ import annotations


class Clock:
    """Time in seconds; sleeping and the test move it, nothing else.

    Parameters
    ----------
    now
        The time at the start.

    Attributes
    ----------
    now
        The time.
    naps
        How long each sleep was.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.naps: list[float] = []

    def time(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass, and record for how long."""
        self.naps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass; a negative number changes nothing."""
        self.now += max(seconds, 0.0)

    def advance_to(self, moment: float) -> None:
        """Let time pass until a moment, unless it is over."""
        self.now = max(self.now, moment)

"""Guesses whether the items of writes exist already, from what the last writes found."""

from __future__ import annotations

import threading
from typing import TypeAlias

Group: TypeAlias = tuple[str, bool]
"""Writes whose items tend to be missing, or not, together: the DynamoDB table, and whether the
items are missing unless something was delivered before. A plain tuple, because each write has one.
"""


class MissingItems:
    """The share of missing items of each group, which decides whether INSERT comes first."""

    _WEIGHT = 0.1
    """Weight of one item in the moving average."""

    _THRESHOLD = 0.5
    """Share above which INSERT comes first."""

    def __init__(self) -> None:
        self._share: dict[Group, float] = {}
        self._lock = threading.Lock()

    def record(self, group: Group, *, missing: bool) -> None:
        """Record whether the item of a write was missing."""
        with self._lock:
            share = self._of(group)
            self._share[group] = share + self._WEIGHT * (missing - share)

    def likely(self, group: Group) -> bool:
        """Return whether the item of a write is likely to be missing."""
        return self._of(group) > self._THRESHOLD

    def _of(self, group: Group) -> float:
        return self._share.get(group, 1.0 if group[1] else 0.0)

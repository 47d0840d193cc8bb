"""Faults by chance, for clients that have no schedule: those of real threads and of commands."""

from __future__ import annotations

import threading
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from tests.reliability.fault_injection import SLOW, FaultKind

if TYPE_CHECKING:
    from tests.support.faults import RequestFault


class RandomFaults:
    """Lets requests and statements fail, or take long, until `end`.

    Parameters
    ----------
    requests, statements
        Kinds to choose from; those without a fault of the request's own are passed over.
    rate
        Chance of a fault of each request and each statement.
    seed
        Of the choices; threads make them in any order.
    slow_seconds
        The longest that a request takes.

    Attributes
    ----------
    counts
        How often each kind was injected.
    """

    def __init__(
        self,
        requests: list[FaultKind],
        statements: list[FaultKind],
        *,
        rate: float,
        seed: int,
        slow_seconds: float = 0.0,
    ) -> None:
        self._requests = [kind for kind in requests if kind.fault is not None or kind.name == SLOW]
        self._statements = statements
        self._rate = rate
        self._random = Random(seed)
        self._slow_seconds = slow_seconds
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def end(self) -> None:
        """Inject nothing from here on."""
        self._rate = 0.0

    def before_request(self, operation: str) -> RequestFault | None:
        """Choose for a request, and let a slow one take its time."""
        kind = self._choose(self._requests)
        if kind is not None and kind.name == SLOW:
            time.sleep(self._random.uniform(0, self._slow_seconds))
        return None if kind is None or kind.fault is None else kind.fault(operation)

    def before_statement(self, operation: str) -> str | None:  # noqa: ARG002 (protocol)
        """Choose for a statement, and give the other threads a chance."""
        time.sleep(0)
        kind = self._choose(self._statements)
        return None if kind is None else kind.code

    def after_request(self, operation: str) -> None:
        """Let the answer pass."""

    def _choose(self, kinds: list[FaultKind]) -> FaultKind | None:
        with self._lock:
            if not kinds or self._random.random() >= self._rate:
                return None
            kind = self._random.choice(kinds)
            self.counts[kind.name] += 1
            return kind

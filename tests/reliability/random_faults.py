"""Injects random faults into clients without a schedule: those of threads and commands."""

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
    """Makes requests and statements fail, or take long, until `end`.

    Parameters
    ----------
    requests, statements
        Kinds to choose from; those without a fault of the request itself are ignored.
    rate
        Probability of a fault of each request and statement.
    seed
        Seed of the choices, which threads make in any order.
    slow_seconds
        Maximum duration of a request.

    Attributes
    ----------
    counts
        Number of injected faults by kind.
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
        """Stop injecting faults."""
        self._rate = 0.0

    def before_request(self, operation: str) -> RequestFault | None:
        """Return the fault of a request, if any; sleep if it is a slow one."""
        kind = self._choose(self._requests)
        if kind is not None and kind.name == SLOW:
            time.sleep(self._random.uniform(0, self._slow_seconds))
        return None if kind is None or kind.fault is None else kind.fault(operation)

    def before_statement(self, operation: str) -> str | None:  # noqa: ARG002 (protocol)
        """Return the fault of a statement, if any; yield to other threads."""
        time.sleep(0)
        kind = self._choose(self._statements)
        return None if kind is None else kind.code

    def after_request(self, operation: str) -> None:
        """Do nothing."""

    def _choose(self, kinds: list[FaultKind]) -> FaultKind | None:
        with self._lock:
            if not kinds or self._random.random() >= self._rate:
                return None
            kind = self._random.choice(kinds)
            self.counts[kind.name] += 1
            return kind

"""Gates between a handler's clients and services, where calls hand over and may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.fault_injection import (
    KILLED_AFTER,
    KILLED_BEFORE,
    SLOW,
    TIME_RUNS_OUT,
    FaultKind,
    Injector,
)
from tests.reliability.interleaving import KilledError, StoppedAtTimeOutError, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.support.clock import Clock
    from tests.support.faults import RequestFault

_LATENCY_SECONDS = 0.004


class Gate:
    """The process of one invocation, with its turns, deadline and end.

    Parameters
    ----------
    clock, injector, random
        Clock, injector and random source of the schedule.
    timeout
        Timeout of the function in seconds.
    """

    def __init__(self, clock: Clock, injector: Injector, random: Random, timeout: float) -> None:
        self._clock = clock
        self.injector = injector
        self._random = random
        self._timeout = timeout
        self._task: Task | None = None
        self._deadline = 0.0

    def begin(self, task: Task) -> None:
        """Start the time of a new invocation."""
        self._task = task
        self._deadline = self._clock.now + self._timeout

    def remaining(self) -> float:
        """Return the seconds until the function is stopped."""
        return max(self._deadline - self._clock.now, 0.0)

    def time(self) -> float:
        """Return the time."""
        return self._clock.now

    def jitter(self) -> float:
        """Return a random number from 0 to 1."""
        return self._random.random()

    def sleep(self, seconds: float) -> None:
        """Sleep while others continue."""
        self._clock.advance(seconds)
        self.hand_over()

    def hand_over(self) -> None:
        """Let others continue; stop here if the function's time is over."""
        task = self.task
        task.hand_over()
        if self._clock.now >= self._deadline:
            task.kill(StoppedAtTimeOutError())

    def meet(self, kind: FaultKind | None, operation: str) -> RequestFault | None:
        """Carry out a chosen fault before a request; return it if it is one of the request."""
        if kind is None:
            return None
        if kind.name == KILLED_BEFORE:
            self.task.kill(KilledError())
        if kind.name == SLOW:
            self._clock.advance(self._timeout * self._random.uniform(0.5, 1.2))
            self.hand_over()
        if kind.name == TIME_RUNS_OUT:
            # Into the time in which the handler must end on its own.
            self._clock.advance(max(0.0, self.remaining() - self._timeout * 0.1))
        return None if kind.fault is None else kind.fault(operation)

    def request(self) -> None:
        """Spend the time of one request."""
        self.hand_over()
        self._clock.advance(_LATENCY_SECONDS)

    @property
    def task(self) -> Task:
        """The work that passes this gate."""
        if self._task is None:
            raise AssertionError("a client was called outside an invocation")
        self._task.check()
        return self._task


class ServiceFaults:
    """Faults of one service, at the gate of one process.

    Parameters
    ----------
    gate
        Gate of the process.
    choose
        Chooses the fault of one request.
    service
        The service whose outages apply.
    """

    def __init__(self, gate: Gate, choose: Callable[[], FaultKind | None], service: str) -> None:
        self._gate = gate
        self._choose = choose
        self._service = service
        self._killed_after = False

    def before_request(self, operation: str) -> RequestFault | None:
        """Hand over, then carry out the chosen fault."""
        self._gate.request()
        kind = self._gate.injector.outage(self._service, self._gate.time()) or self._choose()
        self._killed_after = kind is not None and kind.name == KILLED_AFTER
        return self._gate.meet(kind, operation)

    def before_statement(self, operation: str) -> str | None:  # noqa: ARG002 (protocol)
        """Hand over between statements: DynamoDB does not keep those of a request together."""
        self._gate.hand_over()
        kind = self._gate.injector.statement()
        return None if kind is None else kind.code

    def after_request(self, operation: str) -> None:  # noqa: ARG002 (protocol)
        """End the process before it sees the answer, if that was chosen."""
        if self._killed_after:
            self._gate.task.kill(KilledError())
        self._gate.hand_over()

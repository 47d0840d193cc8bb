"""Writes to DynamoDB under a version condition.

A write happens only if there is no item or its version is lower, strictly. Nothing is read first: a
refused statement shows what is there.

* Version 0 is an ``INSERT``. A refusal (DuplicateItem) means stale: no version is below 0.
* Above 0 it is an ``UPDATE`` with the condition. A refusal with the item
  (``ReturnValuesOnConditionCheckFailure``) means stale. A refusal without it means that there is no
  item, so an ``INSERT`` follows; if that is refused too, another writer came first, and the
  ``UPDATE`` is tried again.
* If most items of a table were missing so far, as in a replay into an empty table, the ``INSERT``
  comes first. This affects the cost only: either order leads to the same outcome.
"""

from __future__ import annotations

import enum
import itertools
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import orjson
from botocore.parsers import ResponseParserError

from handler import error_codes
from handler.error_codes import ALREADY_EXISTS, CONDITION_REFUSED, FaultClass
from handler.replica import Write, insert_statement, update_statement
from handler.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

STATEMENTS_PER_REQUEST = 25
"""DynamoDB API reference, ``BatchExecuteStatement``."""

REQUEST_BYTES = 4 * 1024 * 1024
"""Bounds the memory and the time of one request; DynamoDB's own limit is higher."""

REQUESTS_IN_FLIGHT = 16
"""As measured (`bench`): fewer leave threads idle; more cost CPU time and gain nothing."""

_MAX_SWITCHES = 6
"""Switches between INSERT and UPDATE before a write is left to the next delivery."""

_BASE_BACKOFF_SECONDS = 0.05
_MAX_BACKOFF_SECONDS = 5.0

OUT_OF_TIME = "OutOfTime"
"""Code of work that was not done before the deadline."""

CONTENDED = "Contended"
"""Code of a write that other writers repeatedly got ahead of."""


class Settled(enum.Enum):
    """The outcomes of a write that leave nothing to do."""

    APPLIED = "applied"
    STALE = "stale"


APPLIED = Settled.APPLIED
STALE = Settled.STALE


@dataclass(frozen=True)
class Permanent:
    """The write can never succeed.

    Attributes
    ----------
    code
        DynamoDB's or the SDK's name for the fault.
    """

    code: str


@dataclass(frozen=True)
class Transient:
    """The write did not happen, or whether it did is unknown; it may be retried.

    Attributes
    ----------
    code
        DynamoDB's or the SDK's name for the fault, or one of this module's.
    """

    code: str


Outcome: TypeAlias = Settled | Permanent | Transient


class ReplicaWriter(Protocol):
    """A writer to replica tables under the version condition."""

    def write(self, writes: Sequence[Write], deadline: float) -> list[Outcome]:
        """Write items, independently of each other.

        Parameters
        ----------
        writes
            At most one per item.
        deadline
            Seconds since the epoch: later, no request starts and none is waited for.

        Returns
        -------
        list
            The outcome of each write, in their order.
        """


class StatementClient(Protocol):
    """The part of DynamoDB's client that writes statements."""

    @property
    def batch_execute_statement(self) -> Callable[..., Any]:
        """Run up to 25 statements, each succeeding or failing on its own."""


class _Attempt:
    """The state of one write until it has an outcome."""

    __slots__ = ("code", "inserting", "isolated", "outcome", "switches", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.outcome: Outcome | None = None
        self.inserting: bool | None = None
        self.switches = 0
        self.code: str | None = None
        self.isolated = False

    def switch_statement(self, *, inserting: bool) -> None:
        """Try the other statement next."""
        self.inserting = inserting
        self.switches += 1
        if self.switches > _MAX_SWITCHES:
            self.outcome = Transient(CONTENDED)

    def retry_later(self, code: str) -> None:
        """Try the same statement again after a backoff."""
        self.code = code


class BatchStatementWriter:
    """Writes conditional PartiQL statements, 25 per request, with several requests in flight.

    Parameters
    ----------
    client
        A DynamoDB client that several threads may use.
    requests_in_flight
        Requests at a time; with 1, they run in the caller's thread.
    clock
        Seconds since the epoch.
    sleep
        Waits for a number of seconds.
    jitter
        Returns a random number from 0 to 1.
    """

    def __init__(
        self,
        client: StatementClient,
        *,
        requests_in_flight: int = REQUESTS_IN_FLIGHT,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._missing = _MissingItems()
        self._workers = Workers(requests_in_flight, "dynamodb", clock)

    def write(self, writes: Sequence[Write], deadline: float) -> list[Outcome]:
        """Write items; see `ReplicaWriter.write`."""
        if len({write.key for write in writes}) != len(writes):
            raise ValueError("two writes of one item in one call")
        attempts = [_Attempt(write) for write in writes]
        pending = attempts
        for retries in itertools.count():
            self._send(pending, deadline)
            pending = [attempt for attempt in pending if attempt.outcome is None]
            if not pending or self._clock() >= deadline:
                break
            if any(attempt.code for attempt in pending):
                self._back_off(retries, deadline)
        return [attempt.outcome or Transient(attempt.code or OUT_OF_TIME) for attempt in attempts]

    def _back_off(self, retries: int, deadline: float) -> None:
        """Wait for a random part of an exponentially growing time ("full jitter")."""
        backoff = min(_MAX_BACKOFF_SECONDS, _BASE_BACKOFF_SECONDS * 2 ** min(retries, 10))
        self._sleep(min(backoff * self._jitter(), max(0.0, deadline - self._clock())))

    def _send(self, pending: list[_Attempt], deadline: float) -> None:
        requests = [partial(self._request, each, deadline) for each in _requests(pending)]
        self._workers.run(requests, deadline)

    def _request(self, attempts: list[_Attempt], deadline: float) -> None:
        """Send one request; each of its writes gets an outcome or its next statement."""
        if self._clock() >= deadline:
            return
        answers = self._answers([self._statement(attempt) for attempt in attempts])
        if isinstance(answers, Exception):
            # Outside the except block, so that nothing raised from here on carries its message.
            self._request_failed(attempts, answers, deadline)
            return
        for attempt, error in zip(attempts, answers, strict=True):
            attempt.code = None
            self._answered(attempt, error)

    def _answers(
        self, statements: list[dict[str, Any]]
    ) -> list[Mapping[str, Any] | None] | Exception:
        """Return each statement's error, or the exception that ended the whole request."""
        try:
            answers = self._client.batch_execute_statement(Statements=statements)["Responses"]
            errors = [answer.get("Error") for answer in answers]
        except Exception as error:  # noqa: BLE001 (no record may be lost, whatever the exception)
            return error
        if len(errors) != len(statements):
            return ResponseParserError("not one answer for each statement")
        if not all(error is None or isinstance(error, dict) for error in errors):
            return ResponseParserError("an error that is not an object")
        return errors

    def _statement(self, attempt: _Attempt) -> dict[str, Any]:
        write = attempt.write
        if attempt.inserting is None:
            attempt.inserting = write.version == 0 or self._missing.likely(write.table_name)
        if attempt.inserting:
            text, parameters = insert_statement(write)
            return {"Statement": text, "Parameters": parameters}
        text, parameters = update_statement(write)
        return {
            "Statement": text,
            "Parameters": parameters,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _answered(self, attempt: _Attempt, error: Mapping[str, Any] | None) -> None:
        write = attempt.write
        if error is None:
            if write.version > 0 and attempt.switches == 0:
                self._missing.record(write.table_name, missing=bool(attempt.inserting))
            attempt.outcome = APPLIED
            return
        code = str(error.get("Code", "Unknown"))
        if code == ALREADY_EXISTS and attempt.inserting:
            if write.version == 0:
                attempt.outcome = STALE
            else:
                self._missing.record(write.table_name, missing=False)
                attempt.switch_statement(inserting=False)
        elif code == CONDITION_REFUSED and not attempt.inserting:
            self._missing.record(write.table_name, missing=not error.get("Item"))
            if error.get("Item"):
                attempt.outcome = STALE
            else:
                attempt.switch_statement(inserting=True)
        else:
            _failed(attempt, *error_codes.classified(code))

    def _request_failed(self, attempts: list[_Attempt], error: Exception, deadline: float) -> None:
        code, fault = error_codes.of_exception(error)
        if fault is FaultClass.TRANSIENT:
            for attempt in attempts:
                attempt.retry_later(code)
            return
        parts = _by_table(attempts) if fault is FaultClass.CONFIGURATION else _halves(attempts)
        if len(parts) > 1:
            for part in parts:
                self._request(part, deadline)
            return
        for attempt in attempts:
            attempt.isolated = True
            _failed(attempt, code, fault)


def _failed(attempt: _Attempt, code: str, fault: FaultClass | None) -> None:
    match fault:
        case FaultClass.PERMANENT:
            attempt.outcome = Permanent(code)
        case FaultClass.CONFIGURATION:
            attempt.outcome = Transient(code)
        case _:
            attempt.retry_later(code)


class _MissingItems:
    """The share of missing items of each table, which decides whether INSERT comes first."""

    _WEIGHT = 0.1
    """Weight of one item in the moving average."""

    _THRESHOLD = 0.5
    """Share above which INSERT comes first."""

    def __init__(self) -> None:
        self._share: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def record(self, table_name: str, *, missing: bool) -> None:
        """Record whether an item was missing."""
        with self._lock:
            share = self._share[table_name]
            self._share[table_name] = share + self._WEIGHT * (missing - share)

    def likely(self, table_name: str) -> bool:
        """Return whether the next item is likely to be missing."""
        return self._share[table_name] > self._THRESHOLD


def _requests(attempts: Iterable[_Attempt]) -> Iterator[list[_Attempt]]:
    """Pack writes into requests within the limits."""
    request: list[_Attempt] = []
    size = 0
    for attempt in attempts:
        if attempt.isolated:
            yield [attempt]
            continue
        bytes_ = _size(attempt.write)
        if request and (len(request) == STATEMENTS_PER_REQUEST or size + bytes_ > REQUEST_BYTES):
            yield request
            request, size = [], 0
        request.append(attempt)
        size += bytes_
    if request:
        yield request


def _halves(attempts: list[_Attempt]) -> list[list[_Attempt]]:
    middle = len(attempts) // 2
    return [part for part in (attempts[:middle], attempts[middle:]) if part]


def _by_table(attempts: list[_Attempt]) -> list[list[_Attempt]]:
    tables: dict[str, list[_Attempt]] = defaultdict(list)
    for attempt in attempts:
        tables[attempt.write.table_name].append(attempt)
    return list(tables.values())


def _size(write: Write) -> int:
    """Return the bytes that a write's attributes need in a request."""
    return len(orjson.dumps(write.attributes, default=_as_long_as_base64))


def _as_long_as_base64(value: bytes) -> str:
    return "=" * (len(value) * 4 // 3)

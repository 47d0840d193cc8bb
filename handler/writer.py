"""Sends writes to DynamoDB: packs them into requests, repeats what fails for now.

Nothing is read first: each write has a condition, and a refused condition shows what is there. What
that means, and which request comes next, is the matter of the two kinds of write
(`handler.replica_attempt`, `handler.history_attempt`). Here they are alike: up to 25 statements of
any tables share a request, a ``PutItem`` has one of its own.

DynamoDB may refuse a statement because of its text, which is no fault of the record. ``PutItem``
has no text, so its refusal alone is permanent.
"""

from __future__ import annotations

import itertools
import random
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import orjson
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from handler import error_codes
from handler.attempt import Attempt, Kind
from handler.corrections import (
    CorrectingHistoryAttempt,
    CorrectingReplicaAttempt,
    Correction,
)
from handler.error_codes import ALREADY_EXISTS, CONDITION_REFUSED, FaultClass
from handler.history import HistoryWrite
from handler.history_attempt import HistoryAttempt
from handler.missing_items import MissingItems
from handler.outcomes import OUT_OF_TIME, Outcome, Transient
from handler.replica import Write
from handler.replica_attempt import ReplicaAttempt
from handler.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from handler.values import AttributeValue

STATEMENTS_PER_REQUEST = 25
"""DynamoDB API reference, ``BatchExecuteStatement``."""

REQUEST_BYTES = 4 * 1024 * 1024
"""Bounds the memory and the time of one request; DynamoDB's own limit is higher."""

REQUESTS_IN_FLIGHT = 16
"""As measured (`bench`): fewer leave threads idle; more cost CPU time and gain nothing."""

_BASE_BACKOFF_SECONDS = 0.05
_MAX_BACKOFF_SECONDS = 5.0


ItemWrite: TypeAlias = Write | HistoryWrite
"""A write of one item, of either kind of table."""


class ReplicaWriter(Protocol):
    """A writer to replica tables, and to the history table."""

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:
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
    """The part of DynamoDB's client that writes."""

    @property
    def batch_execute_statement(self) -> Callable[..., Any]:
        """Run up to 25 statements, each succeeding or failing on its own."""

    @property
    def put_item(self) -> Callable[..., Any]:
        """Write one item."""


class BatchStatementWriter:
    """Writes conditionally, 25 statements or one item per request, several requests in flight.

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
    correction
        Which items of the same version are written again if they differ; None for none.
    """

    def __init__(
        self,
        client: StatementClient,
        *,
        requests_in_flight: int = REQUESTS_IN_FLIGHT,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        correction: Correction | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._correction = correction
        self._missing = MissingItems()
        self._workers = Workers(requests_in_flight, "dynamodb", clock)

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:
        """Write items; see `ReplicaWriter.write`."""
        if len({write.key for write in writes}) != len(writes):
            raise ValueError("two writes of one item in one call")
        attempts = [self._attempt(write) for write in writes]
        pending = attempts
        for retries in itertools.count():
            self._send(pending, deadline)
            pending = [attempt for attempt in pending if attempt.outcome is None]
            if not pending or self._clock() >= deadline:
                break
            if any(attempt.code for attempt in pending):
                self._back_off(retries, deadline)
        return [attempt.outcome or Transient(attempt.code or OUT_OF_TIME) for attempt in attempts]

    def _attempt(self, write: ItemWrite) -> Attempt:
        if self._correction is not None:
            if isinstance(write, Write):
                return CorrectingReplicaAttempt(write, self._missing, self._correction)
            return CorrectingHistoryAttempt(write, self._missing, self._correction)
        if isinstance(write, Write):
            return ReplicaAttempt(write, self._missing)
        return HistoryAttempt(write, self._missing)

    def _back_off(self, retries: int, deadline: float) -> None:
        """Wait for a random part of an exponentially growing time ("full jitter")."""
        backoff = min(_MAX_BACKOFF_SECONDS, _BASE_BACKOFF_SECONDS * 2 ** min(retries, 10))
        self._sleep(min(backoff * self._jitter(), max(0.0, deadline - self._clock())))

    def _send(self, pending: list[Attempt], deadline: float) -> None:
        requests = [partial(self._request, each, deadline) for each in _requests(pending)]
        self._workers.run(requests, deadline)

    def _request(self, attempts: list[Attempt], deadline: float) -> None:
        """Send one request; each of its writes gets an outcome or its next statement."""
        if self._clock() >= deadline:
            return
        if attempts[0].kind is Kind.PUT:
            self._put(*attempts)
            return
        answers = self._answers([attempt.statement() for attempt in attempts])
        if isinstance(answers, Exception):
            # Outside the except block, so that nothing raised from here on carries its message.
            self._request_failed(attempts, answers, deadline)
            return
        for attempt, error in zip(attempts, answers, strict=True):
            attempt.code = None
            _answered(attempt, error)

    def _put(self, attempt: Attempt) -> None:
        """Send one ``PutItem``; its write gets an outcome or is tried again."""
        attempt.code = None
        try:
            self._client.put_item(**attempt.put())
        except Exception as error:  # noqa: BLE001 (no record may be lost, whatever the exception)
            code, fault = error_codes.of_exception(error)
            item = error.response.get("Item") if isinstance(error, ClientError) else None
        else:
            attempt.succeeded()
            return
        # Outside the except block, so that nothing raised from here on carries its message.
        if error_codes.normalized(code) == CONDITION_REFUSED:
            _refused(attempt, item)
        else:
            attempt.failed(code, fault)

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

    def _request_failed(self, attempts: list[Attempt], error: Exception, deadline: float) -> None:
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
            attempt.failed(code, fault)


def _answered(attempt: Attempt, error: Mapping[str, Any] | None) -> None:
    """Act on the answer to a statement."""
    if error is None:
        attempt.succeeded()
        return
    code = str(error.get("Code", "Unknown"))
    if code == ALREADY_EXISTS and attempt.kind is Kind.INSERT:
        attempt.exists()
    elif code == CONDITION_REFUSED and attempt.kind is Kind.UPDATE:
        _refused(attempt, error.get("Item"))
    else:
        attempt.failed(*error_codes.classified(code))


def _refused(attempt: Attempt, item: object) -> None:
    """Act on the refusal of a condition, with the item that refused it if the answer has one."""
    if not item:
        attempt.refused(None)
    elif isinstance(item, dict):
        attempt.refused(item)
    else:
        attempt.retry_later(ResponseParserError.__name__)


def _requests(attempts: Iterable[Attempt]) -> Iterator[list[Attempt]]:
    """Pack writes into requests within the limits."""
    request: list[Attempt] = []
    size = 0
    for attempt in attempts:
        if attempt.isolated or attempt.kind is Kind.PUT:
            yield [attempt]
            continue
        bytes_ = _size(attempt.attributes)
        if request and (len(request) == STATEMENTS_PER_REQUEST or size + bytes_ > REQUEST_BYTES):
            yield request
            request, size = [], 0
        request.append(attempt)
        size += bytes_
    if request:
        yield request


def _halves(attempts: list[Attempt]) -> list[list[Attempt]]:
    middle = len(attempts) // 2
    return [part for part in (attempts[:middle], attempts[middle:]) if part]


def _by_table(attempts: list[Attempt]) -> list[list[Attempt]]:
    tables: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tables[attempt.table_name].append(attempt)
    return list(tables.values())


def _size(attributes: Mapping[str, AttributeValue]) -> int:
    """Return the bytes that attributes need in a request."""
    return len(orjson.dumps(attributes, default=_as_long_as_base64))


def _as_long_as_base64(value: bytes) -> str:
    return "=" * (len(value) * 4 // 3)

"""Writes to DynamoDB under a version condition.

A write happens only if there is no item or its version is lower, strictly. Nothing is read first: a
refused condition shows what is there.

* A live revision is an ``INSERT`` if its item is probably missing, else an ``UPDATE``, 25 to a
  request. Version 0 is probably missing, others are not; the outcomes of each table correct that
  assumption. This affects the cost only: either order leads to the same outcome.
* ``UPDATE`` requires an item of the same projection, for it leaves what it does not name. If the
  refusal carries no item, there is none, and an ``INSERT`` follows. If another writer came before
  that, the ``UPDATE`` is tried again.
* If the refusal carries an item with a lower version, another configuration wrote it, or it is a
  tombstone. ``PutItem`` replaces it as a whole, one request for each.
* A tombstone is always a ``PutItem``, so that nothing of its document can stay.
* DynamoDB may refuse a statement because of its text, which is no fault of the record. ``PutItem``
  has no text, so its refusal alone is permanent.
"""

from __future__ import annotations

import enum
import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import orjson
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from handler import error_codes
from handler.contract import VERSION_ATTRIBUTE
from handler.error_codes import ALREADY_EXISTS, CONDITION_REFUSED, FaultClass
from handler.replica import Write, insert_statement, replacement, update_statement
from handler.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

STATEMENTS_PER_REQUEST = 25
"""DynamoDB API reference, ``BatchExecuteStatement``."""

REQUEST_BYTES = 4 * 1024 * 1024
"""Bounds the memory and the time of one request; DynamoDB's own limit is higher."""

REQUESTS_IN_FLIGHT = 16
"""As measured (`bench`): fewer leave threads idle; more cost CPU time and gain nothing."""

_MAX_SWITCHES = 6
"""Switches of the kind of request before a write is left to the next delivery."""

_BASE_BACKOFF_SECONDS = 0.05
_MAX_BACKOFF_SECONDS = 5.0

OUT_OF_TIME = "OutOfTime"
"""Code of work that was not done before the deadline."""

CONTENDED = "Contended"
"""Code of a write that other writers repeatedly got ahead of."""

ITEM_WITHOUT_VERSION = "ItemWithoutVersion"
"""Code of a write whose item has no numeric version, so that nothing can be compared. Something
else wrote it; this project must not overwrite it."""


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
        DynamoDB's or the SDK's name for the fault, or one of this module's.
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
    """The part of DynamoDB's client that writes."""

    @property
    def batch_execute_statement(self) -> Callable[..., Any]:
        """Run up to 25 statements, each succeeding or failing on its own."""

    @property
    def put_item(self) -> Callable[..., Any]:
        """Write one item."""


class _Kind(enum.Enum):
    """The kinds of request that can carry out a write."""

    INSERT = "insert"
    UPDATE = "update"
    REPLACE = "replace"


class _Attempt:
    """The state of one write until it has an outcome."""

    __slots__ = ("code", "isolated", "kind", "outcome", "switches", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.outcome: Outcome | None = None
        self.kind: _Kind | None = None if write.projection_id is not None else _Kind.REPLACE
        self.switches = 0
        self.code: str | None = None
        self.isolated = False

    def switch(self, kind: _Kind) -> None:
        """Try another kind of request next."""
        self.kind = kind
        self.code = None
        self.switches += 1
        if self.switches > _MAX_SWITCHES:
            self.outcome = Transient(CONTENDED)

    def retry_later(self, code: str) -> None:
        """Try the same kind of request again after a backoff."""
        self.code = code


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
        if attempts[0].kind is _Kind.REPLACE:
            self._replace(*attempts)
            return
        answers = self._answers([self._statement(attempt) for attempt in attempts])
        if isinstance(answers, Exception):
            # Outside the except block, so that nothing raised from here on carries its message.
            self._request_failed(attempts, answers, deadline)
            return
        for attempt, error in zip(attempts, answers, strict=True):
            attempt.code = None
            self._answered(attempt, error)

    def _replace(self, attempt: _Attempt) -> None:
        """Send one ``PutItem``; its write gets an outcome or is tried again."""
        attempt.code = None
        try:
            self._client.put_item(**replacement(attempt.write))
        except Exception as error:  # noqa: BLE001 (no record may be lost, whatever the exception)
            code, fault = error_codes.of_exception(error)
            refused = isinstance(error, ClientError) and error.response.get("Item")
        else:
            attempt.outcome = APPLIED
            return
        # Outside the except block, so that nothing raised from here on carries its message.
        if refused and error_codes.normalized(code) == CONDITION_REFUSED:
            _condition_refused(attempt, refused)
        else:
            _failed(attempt, code, fault)

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
        if attempt.kind is None:
            attempt.kind = _Kind.INSERT if self._missing.likely(write) else _Kind.UPDATE
        if attempt.kind is _Kind.INSERT:
            text, parameters = insert_statement(write)
            return {"Statement": text, "Parameters": parameters}
        text, parameters = update_statement(write)
        return {
            "Statement": text,
            "Parameters": parameters,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _answered(self, attempt: _Attempt, error: Mapping[str, Any] | None) -> None:
        write, inserting = attempt.write, attempt.kind is _Kind.INSERT
        if error is None:
            if attempt.switches == 0:
                self._missing.record(write, missing=inserting)
            attempt.outcome = APPLIED
            return
        code = str(error.get("Code", "Unknown"))
        if code == ALREADY_EXISTS and inserting:
            # Without the item. Only the refusal of an UPDATE shows what its version is.
            self._missing.record(write, missing=False)
            attempt.switch(_Kind.UPDATE)
        elif code == CONDITION_REFUSED and not inserting:
            item = error.get("Item")
            self._missing.record(write, missing=not item)
            if item:
                _condition_refused(attempt, item)
            else:
                attempt.switch(_Kind.INSERT)
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


def _condition_refused(attempt: _Attempt, item: object) -> None:
    """Decide what a refused condition means, by the item that refused it."""
    if not isinstance(item, Mapping):
        attempt.retry_later(ResponseParserError.__name__)
        return
    stored = _stored_version(item)
    if stored is None:
        attempt.outcome = Permanent(ITEM_WITHOUT_VERSION)
    elif stored >= attempt.write.version:
        attempt.outcome = STALE
    else:
        attempt.switch(_Kind.REPLACE)


def _stored_version(item: Mapping[str, Any]) -> Decimal | None:
    """Return an item's version; None if it has none or one that is not a number."""
    value = item.get(VERSION_ATTRIBUTE)
    number = value.get("N") if isinstance(value, Mapping) else None
    try:
        version = Decimal(number) if isinstance(number, str) else None
    except InvalidOperation:
        return None
    return version if version is not None and version.is_finite() else None


def _failed(attempt: _Attempt, code: str, fault: FaultClass | None) -> None:
    match fault:
        case FaultClass.PERMANENT if attempt.kind is not _Kind.REPLACE:
            # The text of the statement may be the cause: the item without a text will tell.
            attempt.switch(_Kind.REPLACE)
        case FaultClass.PERMANENT:
            attempt.outcome = Permanent(code)
        case FaultClass.CONFIGURATION:
            attempt.outcome = Transient(code)
        case _:
            attempt.retry_later(code)


class _MissingItems:
    """The share of missing items, which decides whether INSERT comes first.

    It is kept for each table, and apart for the first versions of its documents.
    """

    _WEIGHT = 0.1
    """Weight of one item in the moving average."""

    _THRESHOLD = 0.5
    """Share above which INSERT comes first."""

    def __init__(self) -> None:
        self._share: dict[tuple[str, bool], float] = {}
        self._lock = threading.Lock()

    def record(self, write: Write, *, missing: bool) -> None:
        """Record whether the item of a write was missing."""
        with self._lock:
            share = self._of(write)
            self._share[_group(write)] = share + self._WEIGHT * (missing - share)

    def likely(self, write: Write) -> bool:
        """Return whether the item of a write is likely to be missing."""
        return self._of(write) > self._THRESHOLD

    def _of(self, write: Write) -> float:
        # Before anything is known, a version 0 is a new document and any other is not.
        return self._share.get(_group(write), 1.0 if write.version == 0 else 0.0)


def _group(write: Write) -> tuple[str, bool]:
    return write.table_name, write.version == 0


def _requests(attempts: Iterable[_Attempt]) -> Iterator[list[_Attempt]]:
    """Pack writes into requests within the limits."""
    request: list[_Attempt] = []
    size = 0
    for attempt in attempts:
        if attempt.isolated or attempt.kind is _Kind.REPLACE:
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

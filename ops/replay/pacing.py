"""Keeps the writes of a process within what the tables and the operator allow."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from handler import error_codes
from handler.error_codes import FaultClass
from ops.exports.prices import BYTES_PER_WRITE_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from handler.writer import StatementClient

_DECREASE = 0.7
"""What of the requests in flight remains after a throttle."""

_PAUSE_SECONDS = 0.2
"""Throttles within this time are answers to the same overload."""


class PacedClient:
    """A client of DynamoDB that sends fewer requests at a time after a throttle. Thread-safe.

    The number of requests in flight shrinks by a part with each throttle, and grows by one in the
    time of as many requests as are in flight ("additive increase, multiplicative decrease").

    Parameters
    ----------
    client
        Sends the requests.
    requests_in_flight
        Maximum of requests at a time.
    write_units
        Ceiling of the write units a second; None for none. They are estimated from the size of the
        requests before these are sent, so writes that a condition refuses count as well, as they do
        for DynamoDB.
    clock
        Seconds of a clock that never goes back.
    sleep
        Waits for a number of seconds.
    """

    def __init__(
        self,
        client: StatementClient,
        *,
        requests_in_flight: int,
        write_units: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._max_in_flight = requests_in_flight
        self._limit = float(requests_in_flight)
        self._in_flight = 0
        self._changed = threading.Condition()
        self._write_units = write_units
        self._next = clock()
        self._quiet_until = self._next
        self._clock = clock
        self._sleep = sleep

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._limit))

    def batch_execute_statement(
        self,
        *,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (the API's name)
    ) -> Mapping[str, Any]:
        """Run up to 25 statements; see `handler.writer.StatementClient`."""
        self._wait_for_units([each["Parameters"] for each in Statements])
        with self._one_more():
            answer: Mapping[str, Any] = self._client.batch_execute_statement(Statements=Statements)
            self._answered(is_throttled=any(map(_is_throttle, _codes(answer))))
        return answer

    def put_item(self, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 (the API's)
        """Write one item; see `handler.writer.StatementClient`."""
        self._wait_for_units([arguments["Item"]])
        with self._one_more():
            answer: Mapping[str, Any] = self._client.put_item(**arguments)
            self._answered(is_throttled=False)
        return answer

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self.limit)
            self._in_flight += 1
        try:
            yield
        except ClientError as error:
            code, _ = error_codes.of_exception(error)
            self._answered(is_throttled=_is_throttle(code))
            raise
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _answered(self, *, is_throttled: bool) -> None:
        with self._changed:
            if not is_throttled:
                self._limit = min(self._max_in_flight, self._limit + 1 / self._limit)
            elif self._clock() >= self._quiet_until:
                self._limit = max(1.0, self._limit * _DECREASE)
                self._quiet_until = self._clock() + _PAUSE_SECONDS

    def _wait_for_units(self, items: Sequence[Any]) -> None:
        if self._write_units is None:
            return
        units = sum(map(_units, items))
        with self._changed:
            now = self._clock()
            # What was not used before is lost, so that no second has more than the ceiling.
            start = max(now, self._next)
            self._next = start + units / self._write_units
        self._sleep(start - now)


def _units(item: Any) -> int:  # noqa: ANN401 (parameters or an item)
    size = len(orjson.dumps(item, default=_as_long_as_binary))
    return -(-size // BYTES_PER_WRITE_UNIT)


def _as_long_as_binary(value: bytes) -> str:
    return "=" * len(value)


def _codes(answer: Mapping[str, Any]) -> Iterator[object]:
    """Yield the codes of statements that failed. What is no answer at all, the writer finds."""
    responses = answer.get("Responses")
    for each in responses if isinstance(responses, list) else ():
        error = each.get("Error") if isinstance(each, dict) else None
        if isinstance(error, dict):
            yield error.get("Code")


def _is_throttle(code: object) -> bool:
    return isinstance(code, str) and error_codes.classified(code)[1] is FaultClass.TRANSIENT

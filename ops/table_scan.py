"""Reads a DynamoDB table page by page, no faster than allowed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ops.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


_MAX_NAP_SECONDS = 0.5
"""How soon a wait ends once it is asked to."""


class CapacityLimit:
    """Limits the capacity units that a command consumes, reads and writes together. Thread-safe.

    Parameters
    ----------
    units_per_second
        On average; None for no limit.
    clock
        Returns seconds.
    sleep
        Waits for a number of seconds.
    """

    def __init__(
        self,
        units_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = units_per_second
        self._clock = clock
        self._sleep = sleep
        self._paid_until = clock()
        self._lock = threading.Lock()

    def spend(self, answer: dict[str, Any], stop: Callable[[], bool] = lambda: False) -> None:
        """Wait until what a request has consumed is within the limit.

        Parameters
        ----------
        answer
            Answer to a request with ``ReturnConsumedCapacity``.
        stop
            Asked while it waits; ends the wait by returning True.
        """
        if self._rate is None:
            return
        units = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        with self._lock:
            now = self._clock()
            self._paid_until = max(self._paid_until, now) + units / self._rate
            until = self._paid_until
        while (left := until - self._clock()) > 0 and not stop():
            self._sleep(min(left, _MAX_NAP_SECONDS))


def pages(
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    table_name: str,
    names: Sequence[str] | None,
    limit: CapacityLimit,
    stop: Callable[[], bool] = lambda: False,
    **more: Any,  # noqa: ANN401 (boto3's arguments)
) -> Iterator[list[dict[str, Any]]]:
    """Yield the items of a table, or some of their attributes, one page after the other.

    Parameters
    ----------
    dynamodb
        boto3's client.
    table_name
        The table.
    names
        The attributes; the placeholder of each in an expression is ``#`` and its name. None for all
        of them, without placeholders.
    limit
        Waits after each page.
    stop
        Asked before each page but the first; ends the reading by returning True.
    more
        Further arguments of ``Scan``.

    Raises
    ------
    OpsError
        If the table does not exist, or AWS refuses.
    """
    request = {"TableName": table_name, "ReturnConsumedCapacity": "TOTAL", **more}
    if names is not None:
        placeholders = {f"#{name}": name for name in names}
        request["ProjectionExpression"] = ", ".join(placeholders)
        request["ExpressionAttributeNames"] = placeholders
    while True:
        with aws_errors(f"table {table_name}"):
            answer = dynamodb.scan(**request)
        yield answer["Items"]
        limit.spend(answer, stop)
        if "LastEvaluatedKey" not in answer or stop():
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

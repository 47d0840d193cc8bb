"""A writer with one conditional ``PutItem`` per item, the reference for the batch writer."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from handler import error_codes
from handler.error_codes import CONDITION_REFUSED, FaultClass
from handler.outcomes import APPLIED, OUT_OF_TIME, STALE, Outcome, Permanent, Transient
from handler.replica import Write
from handler.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handler.writer import ItemWrite


class ItemClient(Protocol):
    """The part of DynamoDB's client that writes single items."""

    @property
    def put_item(self) -> Callable[..., Any]:
        """Write one item."""


class SingleWriter:
    """Writes each item with a separate request.

    Parameters
    ----------
    client
        A DynamoDB client that several threads may use.
    threads
        Requests at a time; with 1, they run in the caller's thread.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        client: ItemClient,
        *,
        threads: int = 16,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._clock = clock
        self._workers = Workers(threads, "dynamodb", clock)

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:
        """Write items of the current state; see `ReplicaWriter.write`."""
        outcomes: list[Outcome] = [Transient(OUT_OF_TIME)] * len(writes)

        def put(place: int, write: ItemWrite) -> None:
            assert isinstance(write, Write), "the history has no reference"
            outcomes[place] = self._put(write, deadline)

        self._workers.run([partial(put, *each) for each in enumerate(writes)], deadline)
        return list(outcomes)

    def _put(self, write: Write, deadline: float) -> Outcome:
        if self._clock() >= deadline:
            return Transient(OUT_OF_TIME)
        try:
            self._client.put_item(
                TableName=write.table_name,
                Item=write.item,
                ConditionExpression="attribute_not_exists(#key) OR #version < :version",
                ExpressionAttributeNames={"#key": "pk", "#version": "version"},
                ExpressionAttributeValues={":version": write.attributes["version"]},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except Exception as error:  # noqa: BLE001 (whatever it is, no record may be lost over it)
            code, fault = error_codes.of_exception(error)
            if error_codes.normalized(code) == CONDITION_REFUSED:
                return _refused(error)
            return Permanent(code) if fault is FaultClass.PERMANENT else Transient(code)
        return APPLIED


def _refused(error: Exception) -> Outcome:
    """Return the outcome of a refused condition: an item without a version refuses every write."""
    item = getattr(error, "response", {}).get("Item", {})
    return STALE if "N" in item.get("version", {}) else Permanent("ItemWithoutVersion")

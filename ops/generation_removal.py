"""Turns the live items of a dropped ledger table into tombstones."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handler.contract import (
    DELETED_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HASH_ATTRIBUTE,
    KEY_ATTRIBUTE,
    METADATA_ATTRIBUTES,
    TABLE_ID_ATTRIBUTE,
    VERSION_ATTRIBUTE,
)
from ops.errors import aws_errors
from ops.table_scan import CapacityLimit, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handler.settings import ReplicaTable

PARALLEL_WRITES = 8
_ITEMS_AT_ONCE = 16 * PARALLEL_WRITES
_SECONDS_PER_DAY = 86_400
_REFUSED = "ConditionalCheckFailedException"
_UNCHANGED = (VERSION_ATTRIBUTE, TABLE_ID_ATTRIBUTE, HASH_ATTRIBUTE)
"""A revision of a document is another one if one of these differs."""


@dataclass(kw_only=True)
class RemovalCounts:
    """What a removal did.

    Attributes
    ----------
    removed
        Items that are tombstones now.
    changed
        Items that something has written or deleted since they were read, and that were left alone.
    interrupted
        Whether it was stopped before its end.
    """

    removed: int = 0
    changed: int = 0
    interrupted: bool = False


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Provide threads; after an exception, such as Ctrl-C, what they have not begun is dropped."""
    pool = ThreadPoolExecutor(PARALLEL_WRITES)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


class GenerationRemoval:
    """Removes one generation from a replica table; may be interrupted, and repeated.

    Each live item becomes a tombstone of its own version, as if its document had been deleted by
    the revision that the item holds. So no record of the dropped table that comes late or again
    brings it back, and neither does a stream of the journal from its start, unless it has a
    revision that the item did not have yet.

    Parameters
    ----------
    dynamodb
        boto3's client.
    table
        The replica table.
    table_id
        Id of the dropped table in the ledger.
    limit
        Waits after each request.
    stop
        Asked between requests and while it waits; ends the removal by returning True.
    clock
        Returns seconds since the epoch, at which the lifetime of tombstones starts.

    Attributes
    ----------
    counts
        What it has done so far, also where it fails.
    """

    def __init__(
        self,
        dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
        table: ReplicaTable,
        table_id: str,
        *,
        limit: CapacityLimit | None = None,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._table_id = table_id
        self._limit = limit or CapacityLimit()
        self._stop = stop
        self._clock = clock
        self._lock = threading.Lock()
        self.counts = RemovalCounts()

    def run(self, progress: Callable[[RemovalCounts], None] = lambda _: None) -> RemovalCounts:
        """Remove the generation.

        Parameters
        ----------
        progress
            Receives the counts after some items, and after each page.

        Raises
        ------
        OpsError
            If the table does not exist, or AWS refuses. What was written until then stays written.
        """
        found = pages(
            self._dynamodb,
            self._table.table_name,
            (KEY_ATTRIBUTE, *METADATA_ATTRIBUTES, DELETED_ATTRIBUTE),
            self._limit,
            self._stop,
            # An item that was written a moment ago must not be missed.
            ConsistentRead=True,
            FilterExpression=(
                f"#{TABLE_ID_ATTRIBUTE} = :removed AND attribute_not_exists(#{DELETED_ATTRIBUTE})"
            ),
            ExpressionAttributeValues={":removed": {"S": self._table_id}},
        )
        with _pool() as pool:
            for items in found:
                # A page may be empty: DynamoDB filters what it has read.
                for first in range(0, len(items) or 1, _ITEMS_AT_ONCE):
                    for _ in pool.map(self._bury, items[first : first + _ITEMS_AT_ONCE]):
                        pass
                    progress(self.counts)
                    if self._stop():
                        self.counts.interrupted = True
                        return self.counts
        # It may have been asked to stop since the last page that was read.
        self.counts.interrupted = self._stop()
        return self.counts

    def _bury(self, item: dict[str, Any]) -> None:
        """Replace an item by its tombstone, and count it; do nothing after a request to stop."""
        if self._stop():
            return
        written = self._replaced(item)
        with self._lock:
            self.counts.removed += written
            self.counts.changed += not written

    def _replaced(self, item: dict[str, Any]) -> bool:
        """Replace an item by its tombstone; return False if it is no longer what was read."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 (see `ops.errors`)

        names = [name for name in _UNCHANGED if name in item]
        tombstone = self._tombstone(item)
        try:
            with aws_errors(f"table {self._table.table_name}", passes=(_REFUSED,)):
                answer = self._dynamodb.put_item(
                    TableName=self._table.table_name,
                    Item=tombstone,
                    ConditionExpression=" AND ".join(
                        [
                            *(f"#{name} = :{name}" for name in names),
                            f"attribute_not_exists(#{DELETED_ATTRIBUTE})",
                        ]
                    ),
                    ExpressionAttributeNames={
                        f"#{name}": name for name in (*names, DELETED_ATTRIBUTE)
                    },
                    ExpressionAttributeValues={f":{name}": item[name] for name in names},
                    ReturnConsumedCapacity="TOTAL",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            # boto3 repeats a request whose answer was lost: the first one has written it.
            return error.response.get("Item") == tombstone
        self._limit.spend(answer, self._stop)
        return True

    def _tombstone(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the whole item that takes the place of a live one (docs/items.md)."""
        kept = (KEY_ATTRIBUTE, *METADATA_ATTRIBUTES)
        tombstone = {name: item[name] for name in kept if name in item}
        tombstone[DELETED_ATTRIBUTE] = {"BOOL": True}
        days = self._table.tombstone_lifetime_days
        if days is not None:
            expiry = int(self._clock()) + days * _SECONDS_PER_DAY
            tombstone[EXPIRY_ATTRIBUTE] = {"N": str(expiry)}
        return tombstone

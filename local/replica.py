"""The DynamoDB tables of a deployed stack, as a comparison reads them.

No code of the handler is used: see `local.comparison`.
"""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_KEYS_PER_REQUEST = 100
"""DynamoDB API reference, ``BatchGetItem``."""

_BASE_PAUSE_SECONDS = 0.2
_MAX_PAUSE_SECONDS = 5.0
THROTTLED_SECONDS = 60.0
"""For so long, DynamoDB may leave out items of one request before the reading gives up."""


@dataclass(frozen=True, kw_only=True)
class ReplicatedTable:
    """The replica of one ledger table.

    Attributes
    ----------
    table_name
        The DynamoDB table.
    attributes
        The path in the document for each attribute of an item; None for the whole document.
    index_keys
        For each attribute that is a key of an index, its DynamoDB type and the largest size of its
        value in bytes.
    has_history
        Whether every revision goes to the history table.
    """

    table_name: str
    attributes: Mapping[str, Sequence[str]] | None = None
    index_keys: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    has_history: bool = False


def replicated_tables(outputs: Mapping[str, Any]) -> dict[str, ReplicatedTable]:
    """Return the replica of each ledger table.

    Parameters
    ----------
    outputs
        The pipeline's stack outputs.
    """
    text = outputs["replicaTables"]
    configured: dict[str, dict[str, Any]] = json.loads(text) if isinstance(text, str) else text
    return {
        name: ReplicatedTable(
            table_name=table["tableName"],
            attributes=table.get("attributes"),
            index_keys={
                key: (str(kind), int(size))
                for key, (kind, size) in table.get("indexKeys", {}).items()
            },
            has_history=bool(table.get("history")),
        )
        for name, table in configured.items()
    }


class _Reader(TypeDeserializer):
    """boto3's deserializer, extended to every number that DynamoDB can hold."""

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


def item_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item's attributes from DynamoDB's wire format to Python values."""
    return {name: _Reader().deserialize(value) for name, value in item.items()}


class Replica:
    """Reads items of a stack's tables, always consistently.

    Parameters
    ----------
    outputs
        The pipeline's stack outputs.
    dynamodb
        boto3's client.

    Attributes
    ----------
    tables
        The replica of each ledger table.
    history_table
        The DynamoDB table with every revision; None if there is none.
    """

    def __init__(
        self,
        outputs: Mapping[str, Any],
        dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    ) -> None:
        self.tables = replicated_tables(outputs)
        self.history_table: str | None = outputs.get("historyTableName")
        self._dynamodb = dynamodb

    def all_items(self, table_name: str) -> Iterator[dict[str, Any]]:
        """Yield every item of a DynamoDB table."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table_name, ConsistentRead=True
        )
        return (item_values(item) for page in pages for item in page["Items"])

    def items(self, table_name: str, keys: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield the items of some documents, as far as they exist.

        Parameters
        ----------
        table_name
            The DynamoDB table.
        keys
            Document ids.

        Raises
        ------
        LocalError
            If DynamoDB throttles the reading for a minute.
        """
        ordered = sorted(keys)
        for first in range(0, len(ordered), _KEYS_PER_REQUEST):
            yield from self._batch(table_name, ordered[first : first + _KEYS_PER_REQUEST])

    def _batch(self, table_name: str, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        wanted = [{"pk": {"S": key}} for key in keys]
        request = {table_name: {"Keys": wanted, "ConsistentRead": True}}
        began = time.monotonic()
        # DynamoDB API reference, BatchGetItem: what is left out is asked for with growing pauses.
        for attempt in itertools.count():
            answer = self._dynamodb.batch_get_item(RequestItems=request)
            yield from map(item_values, answer["Responses"].get(table_name, []))
            request = answer.get("UnprocessedKeys", {})
            if not request:
                return
            if time.monotonic() - began >= THROTTLED_SECONDS:
                raise LocalError(
                    f"table {table_name} did not return {len(keys)} items in "
                    f"{THROTTLED_SECONDS:.0f} s: its reads are throttled; raise tableMaxReadUnits, "
                    "or try again when nothing else reads it"
                )
            time.sleep(min(_MAX_PAUSE_SECONDS, _BASE_PAUSE_SECONDS * 2**attempt))

    def revisions(self, table_name: str, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Yield all items of some documents in the history table.

        Parameters
        ----------
        table_name
            The history table.
        keys
            Document ids.
        """
        paginator = self._dynamodb.get_paginator("query")
        for key in keys:
            pages = paginator.paginate(
                TableName=table_name,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": key}},
            )
            yield from (item_values(item) for page in pages for item in page["Items"])

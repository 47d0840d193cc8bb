"""A Kinesis stream and a DynamoDB in memory, with the handler between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion

from handler.aggregation import user_records
from handler.contract import Variable
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from ops.record_processing import RecordProcessor
from tests.support.kinesis_events import STREAM_ARN, event
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.attribute_values import Item

STREAM_NAME = STREAM_ARN.rpartition("/")[2]


class MemoryKinesis:
    """One Kinesis stream behind the calls of boto3's client that a feed makes.

    Attributes
    ----------
    faults
        For each of the next requests, an exception to raise or the positions of entries to refuse.
    requests
        The entries of each request, refused ones included.
    frames
        Data of the accepted entries.
    """

    def __init__(self) -> None:
        self.faults: list[Exception | set[int]] = []
        self.requests: list[list[dict[str, Any]]] = []
        self.frames: list[bytes] = []

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        """Accept entries, except those that a fault names."""
        assert StreamARN == STREAM_ARN
        fault = self.faults.pop(0) if self.faults else set()
        self.requests.append(Records)
        if isinstance(fault, Exception):
            raise fault
        self.accept([each["Data"] for n, each in enumerate(Records) if n not in fault])
        code = {"ErrorCode": "ProvisionedThroughputExceededException"}
        return {"Records": [code if n in fault else {} for n in range(len(Records))]}

    def accept(self, frames: list[bytes]) -> None:
        """Store data."""
        self.frames += frames

    @property
    def records(self) -> list[Any]:
        """The records of QLDB in the accepted entries, as Ion structs."""
        return [
            simpleion.loads(record.data) for frame in self.frames for record in user_records(frame)
        ]


class HandledStream(MemoryKinesis):
    """A stream whose records the handler applies.

    Parameters
    ----------
    tables
        The configuration of the replica tables, by ledger table.
    dynamodb
        The client with which the handler writes.
    drops
        Whether a Kinesis record never reaches the handler, by its data.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, Any]],
        dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
        drops: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        super().__init__()
        self.outputs = {"replicaTables": json.dumps(tables), "streamArn": STREAM_ARN}
        self._drops = drops
        settings = HandlerSettings.from_environment(
            {
                Variable.REPLICA_TABLES: self.outputs["replicaTables"],
                Variable.FAILURE_BUCKET: "failures",
            }
        )
        self._processor = RecordProcessor(settings=settings, writer=BatchStatementWriter(dynamodb))

    def accept(self, frames: list[bytes]) -> None:
        """Store data, and let the handler apply it."""
        super().accept(frames)
        kept = [frame for frame in frames if not self._drops(frame)]
        if kept:
            processed = self._processor.process(event(*kept))
            assert processed.error is None
            assert processed.failed == []


class FollowedStream(HandledStream):
    """A stream whose records the handler applies to tables in memory, which can be read.

    Parameters
    ----------
    tables, drops
        As for `HandledStream`.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, Any]],
        drops: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        self.tables = Tables(table["tableName"] for table in tables.values())
        super().__init__(tables, MemoryDynamoDB(self.tables), drops)

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        """Return items by their keys, as BatchGetItem does."""
        found = {
            name: [items[key["pk"]["S"]] for key in request["Keys"] if key["pk"]["S"] in items]
            for name, request in RequestItems.items()
            for items in (self.tables.items(name),)
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def get_paginator(self, operation: str) -> FollowedStream:
        """Return the paginator of Scan."""
        assert operation == "scan"
        return self

    def paginate(self, *, TableName: str, ConsistentRead: bool) -> Iterator[dict[str, list[Item]]]:  # noqa: N803 (boto3's names)
        """Yield a table in one page."""
        assert ConsistentRead
        yield {"Items": list(self.tables.items(TableName).values())}

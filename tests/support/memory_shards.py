"""A Kinesis stream in memory that is read shard by shard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

ARRIVED = datetime(2024, 5, 1, 12, tzinfo=UTC)
"""When the first record of each shard arrived; each further one came a second later."""

_PAGE = 2
"""Shards of a page of ListShards."""


@dataclass(kw_only=True)
class MemoryShard:
    """A shard.

    Attributes
    ----------
    records
        Data of its records.
    is_closed
        Whether a resharding has ended it.
    children
        Ids of the shards that its last answer names.
    """

    records: list[bytes] = field(default_factory=list)
    is_closed: bool = False
    children: Sequence[str] = ()


class MemoryShards:
    """The calls of boto3's client of Kinesis that read.

    An iterator is the id of its shard and the place of the next record. As Kinesis does, it serves
    a closed shard's last answer without a next iterator.

    Parameters
    ----------
    shards
        By their ids.

    Attributes
    ----------
    shards
        The same; new ones are listed too.
    listed
        Ids of the shards that ListShards names; the others are known from their parents only.
    faults
        Codes with which the next calls of GetRecords are refused.
    expired
        Iterators of earlier calls that are not valid any more.
    behind_milliseconds
        What each answer but the last of a shard tells.
    """

    def __init__(self, shards: dict[str, MemoryShard], listed: Sequence[str] | None = None) -> None:
        self.shards = shards
        self.listed = list(shards) if listed is None else list(listed)
        self.faults: list[str] = []
        self.expired: set[str] = set()
        self.behind_milliseconds = 3_600_000

    def list_shards(self, **arguments: str) -> dict[str, Any]:
        """List the shards, some a page; a later page is named by its token alone."""
        assert len(arguments) == 1
        start = int(arguments.get("NextToken", "0"))
        stop = start + _PAGE
        answer: dict[str, Any] = {
            "Shards": [self._description(each) for each in self.listed[start:stop]]
        }
        if stop < len(self.listed):
            answer["NextToken"] = str(stop)
        return answer

    def _description(self, shard_id: str) -> dict[str, Any]:
        numbers = {"StartingSequenceNumber": "0"}
        if self.shards[shard_id].is_closed:
            numbers["EndingSequenceNumber"] = "9"
        return {"ShardId": shard_id, "SequenceNumberRange": numbers}

    def get_shard_iterator(
        self,
        *,
        StreamARN: str,  # noqa: N803 (boto3's names)
        ShardId: str,  # noqa: N803 (boto3's names)
        ShardIteratorType: str,  # noqa: N803 (boto3's names)
        StartingSequenceNumber: str | None = None,  # noqa: N803 (boto3's names)
    ) -> dict[str, str]:
        """Return an iterator from the start of a shard, or from after a record."""
        assert StreamARN
        if ShardIteratorType == "TRIM_HORIZON":
            return {"ShardIterator": f"{ShardId} 0"}
        assert ShardIteratorType == "AFTER_SEQUENCE_NUMBER"
        assert StartingSequenceNumber is not None
        return {"ShardIterator": f"{ShardId} {int(StartingSequenceNumber) + 1} again"}

    def get_records(self, *, StreamARN: str, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        """Return the records from an iterator on."""
        assert StreamARN
        code = self.faults.pop(0) if self.faults else None
        if ShardIterator in self.expired:
            code = "ExpiredIteratorException"
        if code is not None:
            raise ClientError({"Error": {"Code": code, "Message": "refused"}}, "GetRecords")
        shard_id, place = ShardIterator.split()[:2]
        start = int(place)
        shard = self.shards[shard_id]
        stop = min(start + Limit, len(shard.records))
        answer: dict[str, Any] = {
            "Records": [
                {
                    "Data": shard.records[number],
                    "SequenceNumber": str(number),
                    "ApproximateArrivalTimestamp": ARRIVED + timedelta(seconds=number),
                }
                for number in range(start, stop)
            ],
            "MillisBehindLatest": 0 if stop == len(shard.records) else self.behind_milliseconds,
        }
        if shard.is_closed and stop == len(shard.records):
            answer["ChildShards"] = [{"ShardId": each} for each in shard.children]
        else:
            answer["NextShardIterator"] = f"{shard_id} {stop}"
        return answer

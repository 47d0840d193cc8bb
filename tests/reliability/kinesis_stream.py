"""A Kinesis data stream from a consumer's view: shards by hash key, splits and merges.

Sources: Kinesis developer guide, "Key concepts" (the MD5 of a partition key chooses the shard) and
"Resharding a stream" (parents close, children take over their hash key range).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.support.kinesis_events import kinesis_record

_HASH_KEYS = 2**128


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """One Kinesis record; `arrival` is in seconds since the epoch."""

    sequence_number: int
    partition_key: str
    data: bytes
    arrival: float


@dataclass(kw_only=True)
class Shard:
    """One shard with the hash key range from `low` to `high`, exclusive."""

    shard_id: str
    low: int
    high: int
    parents: tuple[str, ...] = ()
    open: bool = True
    records: list[StreamRecord] = field(default_factory=list)


class KinesisStream:
    """Shards and their records.

    Parameters
    ----------
    arn
        ARN of the stream.
    shard_count
        Shards at the start, with equal ranges.
    first_sequence_number
        The first sequence number. They have no fixed length, so a start just below a power of ten
        exposes a consumer that compares them as text.
    """

    def __init__(self, *, arn: str, shard_count: int, first_sequence_number: int = 1) -> None:
        self.arn = arn
        self.shards: dict[str, Shard] = {}
        self._sequence_number = first_sequence_number
        bounds = [_HASH_KEYS * n // shard_count for n in range(shard_count + 1)]
        for low, high in pairwise(bounds):
            self._add(low, high, ())

    def put(
        self, partition_key: str, data: bytes, *, now: float, explicit_hash_key: str | None = None
    ) -> StreamRecord:
        """Add one record to the open shard of its partition key, or of an explicit hash key."""
        digest = hashlib.md5(partition_key.encode()).digest()  # noqa: S324 (Kinesis's rule)
        hash_key = int(explicit_hash_key or int.from_bytes(digest, "big"))
        for shard in self.shards.values():
            if shard.open and shard.low <= hash_key < shard.high:
                record = StreamRecord(
                    sequence_number=self._next_sequence_number(),
                    partition_key=partition_key,
                    data=data,
                    arrival=now,
                )
                shard.records.append(record)
                return record
        raise AssertionError("open shards leave a gap in the hash key range")

    def split(self, shard_id: str) -> None:
        """Replace a shard by two new ones."""
        parent = self.shards[shard_id]
        parent.open = False
        middle = (parent.low + parent.high) // 2
        self._add(parent.low, middle, (shard_id,))
        self._add(middle, parent.high, (shard_id,))

    def merge(self, shard_id: str, adjacent_shard_id: str) -> None:
        """Replace two neighbouring shards by a new one."""
        lower, upper = self.shards[shard_id], self.shards[adjacent_shard_id]
        if not (lower.open and upper.open and lower.high == upper.low):
            raise ValueError(f"{shard_id} and {adjacent_shard_id} are not open neighbours")
        lower.open = upper.open = False
        self._add(lower.low, upper.high, (shard_id, adjacent_shard_id))

    def event_record(self, shard_id: str, record: StreamRecord) -> dict[str, Any]:
        """Return a record as Lambda passes it to a function."""
        return kinesis_record(
            record.data,
            str(record.sequence_number),
            partition_key=record.partition_key,
            shard_id=shard_id,
            arrival=record.arrival,
            stream_arn=self.arn,
        )

    def _add(self, low: int, high: int, parents: tuple[str, ...]) -> None:
        shard_id = f"shardId-{len(self.shards):012d}"
        self.shards[shard_id] = Shard(shard_id=shard_id, low=low, high=high, parents=parents)

    def _next_sequence_number(self) -> int:
        self._sequence_number += 1
        return self._sequence_number

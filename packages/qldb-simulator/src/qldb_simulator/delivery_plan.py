"""Converts stream records to Kinesis entries. No I/O."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from qldb_simulator.kpl import (
    FRAME_BYTES,
    KPL_PARTITION_KEY,
    MAX_FRAME_BYTES_PER_RECORD,
    aggregate,
    explicit_hash_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from qldb_simulator.records import StreamRecord

DEFAULT_AGGREGATE_BYTES: Final = 25 * 1024
"""Default size of an aggregate."""

MAX_RECORD_BYTES: Final = 1024 * 1024
"""Largest Kinesis record, partition key included (Kinesis API reference, PutRecords)."""


@dataclass(frozen=True, kw_only=True)
class KinesisEntry:
    """One entry of a PutRecords request.

    Attributes
    ----------
    explicit_hash_key
        Decimal hash key by which an aggregate finds its shard: that of its first user record, as
        the KPL does. None for a record that is not aggregated.
    records
        Number of user records in ``data``.
    """

    partition_key: str
    explicit_hash_key: str | None
    data: bytes
    records: int

    @property
    def size(self) -> int:
        """Number of bytes that count towards Kinesis's limits."""
        return len(self.data) + len(self.partition_key)


@dataclass(frozen=True, kw_only=True)
class DeliveryOptions:
    """How records become Kinesis entries.

    Attributes
    ----------
    aggregation
        Whether to use KPL aggregates instead of one Kinesis record for each record.
    copies
        Number of deliveries of each record, at least 1. Copies are planned independently: with
        ``shuffle`` each may end in any aggregate.
    shuffle
        Whether to deliver in a random order.
    seed
        Seed of the order: the same seed and records give the same plan.
    records_per_aggregate
        Maximum number of records in an aggregate; None leaves it to ``aggregate_bytes``.
    aggregate_bytes
        Maximum size of an aggregate, unless one record alone is larger.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    aggregation: bool = True
    copies: int = 1
    shuffle: bool = False
    seed: int = 0
    records_per_aggregate: int | None = None
    aggregate_bytes: int = DEFAULT_AGGREGATE_BYTES

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.copies < 1:
            raise ValueError(f"copies is {self.copies}; expected at least 1")
        if self.records_per_aggregate is not None and self.records_per_aggregate < 1:
            raise ValueError(
                f"records_per_aggregate is at least 1, not {self.records_per_aggregate}"
            )
        if not 0 < self.aggregate_bytes < MAX_RECORD_BYTES:
            raise ValueError(
                f"aggregate_bytes is between 1 and {MAX_RECORD_BYTES - 1}, "
                f"not {self.aggregate_bytes}"
            )


def delivery_plan(
    records: Sequence[StreamRecord], options: DeliveryOptions | None = None
) -> list[KinesisEntry]:
    """Return the Kinesis entries that deliver records.

    Raises
    ------
    ValueError
        If one record is larger than Kinesis accepts.
    """
    options = options or DeliveryOptions()
    copies = list(records) * options.copies
    if options.shuffle:
        random.Random(options.seed).shuffle(copies)
    if options.aggregation:
        entries = [_aggregate_entry(group) for group in _groups(copies, options)]
    else:
        entries = [_plain_entry(record) for record in copies]
    for entry in entries:
        if entry.size > MAX_RECORD_BYTES:
            raise ValueError(
                f"a record of {entry.size} bytes exceeds Kinesis's limit of {MAX_RECORD_BYTES}"
            )
    return entries


def _plain_entry(record: StreamRecord) -> KinesisEntry:
    return KinesisEntry(
        partition_key=record.partition_key, explicit_hash_key=None, data=record.data, records=1
    )


def _aggregate_entry(group: Sequence[StreamRecord]) -> KinesisEntry:
    return KinesisEntry(
        partition_key=KPL_PARTITION_KEY,
        explicit_hash_key=explicit_hash_key(group[0].partition_key),
        data=aggregate((record.partition_key, record.data) for record in group),
        records=len(group),
    )


def _groups(
    records: Iterable[StreamRecord], options: DeliveryOptions
) -> Iterator[list[StreamRecord]]:
    group: list[StreamRecord] = []
    size = FRAME_BYTES
    limit = options.records_per_aggregate
    for record in records:
        cost = len(record.data) + len(record.partition_key) + MAX_FRAME_BYTES_PER_RECORD
        if group and (size + cost > options.aggregate_bytes or len(group) == limit):
            yield group
            group, size = [], FRAME_BYTES
        group.append(record)
        size += cost
    if group:
        yield group

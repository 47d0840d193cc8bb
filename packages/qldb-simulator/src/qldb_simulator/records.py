"""QLDB's stream records, KPL aggregates of them, and a plan of their delivery. No I/O.

Shapes follow the QLDB developer guide ("Streams record types") and the genuine aggregate that the
tests compare with. No genuine CONTROL, delete or redacted record is publicly known.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from amazon.ion import simpleion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from qldb_simulator.journal import Block, Revision

RecordType = Literal["CONTROL", "BLOCK_SUMMARY", "REVISION_DETAILS"]

KPL_MAGIC: Final = b"\xf3\x89\x9a\xc2"
KPL_PARTITION_KEY: Final = "a"
"""Partition key of an aggregate as the KPL sets it; genuine QLDB aggregates carry it."""

DEFAULT_AGGREGATE_BYTES: Final = 25 * 1024
MAX_RECORD_BYTES: Final = 1024 * 1024
"""Largest Kinesis record, partition key included (Kinesis API reference, PutRecords)."""


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """One record of a QLDB stream: what Kinesis calls a user record.

    Attributes
    ----------
    sequence_no
        Block that the record belongs to; None for a CONTROL record.
    partition_key
        The record's own hash (block or revision) in lower-case hex, as in genuine streams.
    data
        Binary Ion with its own symbol table.
    """

    record_type: RecordType
    sequence_no: int | None
    partition_key: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class KinesisEntry:
    """One entry of a PutRecords request.

    Attributes
    ----------
    explicit_hash_key
        Decimal hash key by which an aggregate finds its shard: that of its first user record, as
        the KPL does. None for a record that is not aggregated.
    records
        How many user records ``data`` holds.
    """

    partition_key: str
    explicit_hash_key: str | None
    data: bytes
    records: int

    @property
    def size(self) -> int:
        """Bytes that count against Kinesis's limits."""
        return len(self.data) + len(self.partition_key)


@dataclass(frozen=True, kw_only=True)
class DeliveryOptions:
    """How records become Kinesis entries.

    Attributes
    ----------
    aggregation
        KPL aggregates, or one Kinesis record for each.
    copies
        How often each record is delivered, at least 1. Copies go their own way: with ``shuffle``
        they end in any aggregate.
    shuffle
        Deliver in a random order.
    seed
        The same seed and records give the same plan.
    records_per_aggregate
        At most so many records in an aggregate; None leaves it to ``aggregate_bytes``.
    aggregate_bytes
        At most so many bytes in an aggregate, unless one record alone is larger.
    """

    aggregation: bool = True
    copies: int = 1
    shuffle: bool = False
    seed: int = 0
    records_per_aggregate: int | None = None
    aggregate_bytes: int = DEFAULT_AGGREGATE_BYTES

    def __post_init__(self) -> None:
        """Refuse what no plan can follow."""
        if self.copies < 1:
            raise ValueError(f"copies is at least 1, not {self.copies}")
        if self.records_per_aggregate is not None and self.records_per_aggregate < 1:
            raise ValueError(
                f"records_per_aggregate is at least 1, not {self.records_per_aggregate}"
            )
        if not 0 < self.aggregate_bytes < MAX_RECORD_BYTES:
            raise ValueError(
                f"aggregate_bytes is between 1 and {MAX_RECORD_BYTES - 1}, "
                f"not {self.aggregate_bytes}"
            )


def control_record(stream_arn: str, control_type: Literal["CREATED", "COMPLETED"]) -> StreamRecord:
    """First (CREATED) or last (COMPLETED) record of a stream.

    The partition key of a genuine one is not known; here it is the SHA-256 of the record.
    """
    data = _record(stream_arn, "CONTROL", {"controlRecordType": control_type})
    return StreamRecord(
        record_type="CONTROL",
        sequence_no=None,
        partition_key=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def block_summary_record(stream_arn: str, block: Block) -> StreamRecord:
    """Record of a block: its hashes, its statements and the hashes of its revisions."""
    payload = block.header()
    if block.revisions:
        payload["revisionSummaries"] = [
            {"hash": revision.hash, **({"documentId": document_id} if document_id else {})}
            for revision in block.revisions
            for document_id in [getattr(revision, "document_id", None)]
        ]
    return StreamRecord(
        record_type="BLOCK_SUMMARY",
        sequence_no=block.sequence_no,
        partition_key=block.block_hash.hex(),
        data=_record(stream_arn, "BLOCK_SUMMARY", payload),
    )


def revision_details_record(stream_arn: str, revision: Revision) -> StreamRecord:
    """Record of a document's revision; a delete has no data, a redacted one dataHash instead."""
    payload = {
        "tableInfo": {"tableName": revision.table_name, "tableId": revision.table_id},
        "revision": revision.to_ion(),
    }
    return StreamRecord(
        record_type="REVISION_DETAILS",
        sequence_no=revision.sequence_no,
        partition_key=revision.hash.hex(),
        data=_record(stream_arn, "REVISION_DETAILS", payload),
    )


def block_records(stream_arn: str, block: Block) -> list[StreamRecord]:
    """All records of a block: its summary, then its documents. System revisions have none."""
    return [
        block_summary_record(stream_arn, block),
        *(revision_details_record(stream_arn, revision) for revision in block.documents),
    ]


def delivery_plan(
    records: Sequence[StreamRecord], options: DeliveryOptions | None = None
) -> list[KinesisEntry]:
    """Turn records into the Kinesis entries that deliver them.

    Raises
    ------
    ValueError
        If one record is larger than Kinesis takes.
    """
    options = options or DeliveryOptions()
    copies = list(records) * options.copies
    if options.shuffle:
        random.Random(options.seed).shuffle(copies)
    if not options.aggregation:
        entries = [
            KinesisEntry(
                partition_key=record.partition_key,
                explicit_hash_key=None,
                data=record.data,
                records=1,
            )
            for record in copies
        ]
    else:
        entries = [_aggregate_entry(group) for group in _groups(copies, options)]
    for entry in entries:
        if entry.size > MAX_RECORD_BYTES:
            raise ValueError(
                f"a record of {entry.size} bytes exceeds Kinesis's limit of {MAX_RECORD_BYTES}"
            )
    return entries


def aggregate(records: Iterable[tuple[str, bytes]]) -> bytes:
    """Frame (partition key, data) pairs as the Kinesis Producer Library does.

    The frame is the magic number, a protobuf AggregatedRecord {1: partition keys, 3: records of
    {1: index of the key, 3: data}} and the MD5 of the protobuf ("KPL aggregated record format").
    """
    keys: dict[str, int] = {}
    body = bytearray()
    for partition_key, data in records:
        index = keys.setdefault(partition_key, len(keys))
        body += _field(3, b"\x08" + _varint(index) + _field(3, data))
    message = b"".join(_field(1, key.encode()) for key in keys) + bytes(body)
    return KPL_MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _aggregate_entry(group: Sequence[StreamRecord]) -> KinesisEntry:
    first_key = group[0].partition_key.encode()
    hash_key = int.from_bytes(hashlib.md5(first_key, usedforsecurity=False).digest(), "big")
    return KinesisEntry(
        partition_key=KPL_PARTITION_KEY,
        explicit_hash_key=str(hash_key),
        data=aggregate((record.partition_key, record.data) for record in group),
        records=len(group),
    )


def _groups(
    records: Iterable[StreamRecord], options: DeliveryOptions
) -> Iterator[list[StreamRecord]]:
    group: list[StreamRecord] = []
    size = _FRAME_BYTES
    most = options.records_per_aggregate
    for record in records:
        cost = len(record.data) + len(record.partition_key) + _FRAME_BYTES_PER_RECORD
        if group and (size + cost > options.aggregate_bytes or len(group) == most):
            yield group
            group, size = [], _FRAME_BYTES
        group.append(record)
        size += cost
    if group:
        yield group


# Magic number and MD5.
_FRAME_BYTES: Final = 4 + 16
# Tags and lengths around one key and one record: at most 2 + 5 + 4 + 5 bytes.
_FRAME_BYTES_PER_RECORD: Final = 16


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _record(stream_arn: str, record_type: RecordType, payload: dict[str, Any]) -> bytes:
    record = {"qldbStreamArn": stream_arn, "recordType": record_type, "payload": payload}
    return bytes(simpleion.dumps(record))

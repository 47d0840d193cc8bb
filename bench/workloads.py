"""Writes batches of stream records to files, in the form of Lambda's events.

Each record is derived from one that the simulated ledger committed, with its own document id, hash
and transaction id: the bytes have the form and size of genuine ones, and 100,000 of them take
seconds. Every revision comes with the summary of its block, as in genuine streams.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.delivery_plan import DeliveryOptions, delivery_plan
from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, Delete, Insert, Update
from qldb_simulator.records import StreamRecord, block_summary_record, revision_details_record

from bench.stub_server import Answer
from handler.contract import TableField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from qldb_simulator.blocks import Block

AGGREGATES_PER_EVENT: Final = 50
RECORDS_PER_EVENT: Final = 100
"""Batch size for records that are not aggregated: the default of batchSize."""

PERSON: Final = "Person"
WIDE: Final = "Wide"
BIG: Final = "Big"
WIDE_ATTRIBUTES: Final = 100
BIG_BYTES: Final = 100 * 1024
HOT_VERSIONS: Final = 10

_TIME: Final = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
"""Of all blocks. Times differ in size, and with them the number of documents in a batch."""

_FRAMES_BYTES: Final = 2 * (64 + 16)
"""Bytes that two records add to an aggregate besides their data: keys and lengths."""

_STREAM: Final = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0TzIAVGB2vAFK3yIJuFD5L"
_KINESIS: Final = "arn:aws:kinesis:us-east-1:000000000000:stream/journal"
_FIRST_SEQUENCE_NUMBER: Final = 49590338271490256608559692538361571095921575989136588898


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of work.

    Attributes
    ----------
    name
        Name in files and options.
    title
        Name in reports.
    table
        The ledger table of the documents.
    answer
        The stub's answer.
    versions
        Versions of each document, lowest and highest, all of them in one batch.
    deletes
        Whether the highest version is a delete.
    aggregated
        Whether to use KPL aggregates of 25 KB instead of one Kinesis record for each stream record.
    weight
        Factor for the run's number of revisions.
    has_target
        Whether a target depends on it, so that it is repeated.
    """

    name: str
    title: str
    table: str = PERSON
    answer: Answer = Answer.ACCEPT
    versions: tuple[int, int] = (0, 0)
    deletes: bool = False
    aggregated: bool = True
    weight: float = 1.0
    has_target: bool = False

    @property
    def revisions_per_document(self) -> int:
        """Number of revisions of one document in a batch."""
        return self.versions[1] - self.versions[0] + 1


NEW: Final = Workload(name="new", title="new documents", has_target=True)
UPDATES: Final = Workload(name="updates", title="updates", versions=(1, 1))
DUPLICATES: Final = Workload(
    name="duplicates",
    title="redelivered updates",
    versions=(1, 1),
    answer=Answer.STALE,
    has_target=True,
)
NEW_DUPLICATES: Final = Workload(
    name="new-duplicates", title="redelivered inserts", answer=Answer.STALE, has_target=True
)
HOT: Final = Workload(
    name="hot", title="hot, 10 versions each", versions=(1, HOT_VERSIONS), has_target=True
)
DELETES: Final = Workload(name="deletes", title="deletes", versions=(2, 2), deletes=True)
WIDE_DOCUMENTS: Final = Workload(
    name="wide", title="wide, 100 attributes", table=WIDE, versions=(1, 1), weight=0.25
)
BIG_DOCUMENTS: Final = Workload(
    name="big", title="big, 100 KB", table=BIG, versions=(1, 1), weight=0.05
)
PLAIN_RECORDS: Final = Workload(name="plain", title="new, plain records", aggregated=False)

WORKLOADS: Final = (
    NEW,
    UPDATES,
    DUPLICATES,
    NEW_DUPLICATES,
    HOT,
    DELETES,
    WIDE_DOCUMENTS,
    BIG_DOCUMENTS,
    PLAIN_RECORDS,
)


def replica_tables() -> dict[str, Any]:
    """Return the handler's REPLICA_TABLES for all workloads."""
    names = ("firstName", "lastName", "email", "address")
    return {
        PERSON: {
            TableField.TABLE_NAME: "person",
            TableField.ATTRIBUTES: {name: [name] for name in names},
        },
        WIDE: {
            TableField.TABLE_NAME: "wide",
            TableField.ATTRIBUTES: {
                f"field{n:03d}": [f"field{n:03d}"] for n in range(WIDE_ATTRIBUTES)
            },
        },
        BIG: {TableField.TABLE_NAME: "big"},
    }


def document(table: str) -> dict[str, Any]:
    """Return a document of one of the ledger tables."""
    if table == WIDE:
        return {f"field{n:03d}": f"value {n}" for n in range(WIDE_ATTRIBUTES)}
    if table == BIG:
        line = {"position": 7, "article": "Harbour chair, oak, 45 cm", "price": 129}
        return {"note": "x" * (BIG_BYTES // 2), "lines": [line] * (BIG_BYTES // 2 // 37)}
    return {
        "firstName": "Angharad",
        "lastName": "Evans-Richards",
        "email": "angharad.evans@example.com",
        "address": {"city": "Swansea", "street": "1 Harbour Road"},
    }


def write_events(workload: Workload, revisions: int, file: Path, *, seed: int = 1) -> int:
    """Write a workload's batches, one JSON object per line: ``{"revisions": ..., "event": ...}``.

    The same seed gives the same documents to every workload, so the updates of one workload apply
    to the documents of another.

    Parameters
    ----------
    workload
        The workload.
    revisions
        Minimum number of revisions; the versions of a document stay together.
    file
        File to write.
    seed
        Seed of the document ids.

    Returns
    -------
    int
        Number of revisions in the file.
    """
    written = 0
    with file.open("w", encoding="ascii") as lines:
        for count, event in events(workload, revisions, seed=seed):
            lines.write(json.dumps({"revisions": count, "event": event}) + "\n")
            written += count
    return written


def events(
    workload: Workload, revisions: int, *, seed: int = 1
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of revisions of each batch and the batch as Lambda's event."""
    source = random.Random(seed)
    templates = [_Template(block) for block in _blocks(workload)]
    documents = -(-revisions // workload.revisions_per_document)
    sizes = itertools.repeat(_documents_per_event(workload, templates))
    sequence = itertools.count(_FIRST_SEQUENCE_NUMBER)
    while documents > 0:
        size = min(documents, next(sizes))
        records = [
            record
            for _ in range(size)
            for document_id in [new_ids(source)()]
            for template in templates
            for record in template.records(document_id, source)
        ]
        plan = delivery_plan(records, DeliveryOptions(aggregation=workload.aggregated))
        entries = [(entry.partition_key, entry.data) for entry in plan]
        yield size * len(templates), {"Records": list(_kinesis_records(entries, sequence))}
        documents -= size


def revisions_per_event(workload: Workload) -> int:
    """Return the number of revisions of a full batch."""
    templates = [_Template(block) for block in _blocks(workload)]
    return _documents_per_event(workload, templates) * len(templates)


def _documents_per_event(workload: Workload, templates: list[_Template]) -> int:
    """Return the number of documents that fill a batch with all their versions."""
    bytes_of_document = sum(len(template) + _FRAMES_BYTES for template in templates)
    if not workload.aggregated:
        return RECORDS_PER_EVENT // (2 * len(templates))
    wanted = AGGREGATES_PER_EVENT * DeliveryOptions().aggregate_bytes
    return max(1, wanted // bytes_of_document)


def _blocks(workload: Workload) -> list[Block]:
    """Commit all versions of a document; return the blocks of the workload."""
    ledger = Ledger(clock=lambda: _TIME, new_id=new_ids(random.Random(0)))
    ledger.commit([CreateTable(table=workload.table)])
    content = document(workload.table)
    blocks = [ledger.commit([Insert(table=workload.table, document=content)])]
    document_id = blocks[0].documents[0].document_id
    lowest, highest = workload.versions
    for version in range(1, highest + 1):
        operation = (
            Delete(table=workload.table, document_id=document_id)
            if workload.deletes and version == highest
            else Update(table=workload.table, document_id=document_id, document=content)
        )
        blocks.append(ledger.commit([operation]))
    return blocks[lowest:]


class _Template:
    """Template of the two records of a block with one revision."""

    def __init__(self, block: Block) -> None:
        revision = block.documents[0]
        self._summary = block_summary_record(_STREAM, block).data
        self._revision = revision_details_record(_STREAM, revision).data
        self._id = revision.document_id.encode()
        self._transaction = revision.tx_id.encode()
        self._hash = revision.hash

    def __len__(self) -> int:
        return len(self._summary) + len(self._revision)

    def records(self, document_id: str, source: random.Random) -> list[StreamRecord]:
        """Return the block's summary and revision for another document."""
        digest = source.randbytes(len(self._hash))
        transaction = new_ids(source)().encode()
        summary, revision = (
            data.replace(self._id, document_id.encode())
            .replace(self._transaction, transaction)
            .replace(self._hash, digest)
            for data in (self._summary, self._revision)
        )
        return [
            StreamRecord(
                record_type="BLOCK_SUMMARY",
                sequence_no=0,
                partition_key=source.randbytes(len(self._hash)).hex(),
                data=summary,
            ),
            StreamRecord(
                record_type="REVISION_DETAILS",
                sequence_no=0,
                partition_key=digest.hex(),
                data=revision,
            ),
        ]


def _kinesis_records(
    entries: Iterable[tuple[str, bytes]], sequence: Iterator[int]
) -> Iterator[dict[str, Any]]:
    """Wrap Kinesis records as in Lambda's developer guide, "Using Lambda with Kinesis"."""
    for (partition_key, data), number in zip(entries, sequence, strict=False):
        yield {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": partition_key,
                "sequenceNumber": str(number),
                "data": base64.b64encode(data).decode("ascii"),
                "approximateArrivalTimestamp": 1767225600.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000000:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/replica",
            "awsRegion": "us-east-1",
            "eventSourceARN": _KINESIS,
        }

"""Resources of the control plane, with the members that the API returns."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qldb_simulator.config import ExportLayout
from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.delivery_progress import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qldb_simulator.blocks import Block, Revision
    from qldb_simulator.delivery import StreamDelivery
    from qldb_simulator.exports import Export
    from qldb_simulator.journal import Ledger
    from qldb_simulator.operations import Operation


@dataclass(kw_only=True)
class StreamResource:
    """A stream of a ledger with its delivery."""

    stream_id: str
    name: str
    arn: str
    ledger_name: str
    role_arn: str
    created: datetime
    tags: dict[str, str]
    delivery: StreamDelivery

    @property
    def has_ended(self) -> bool:
        """Whether the delivery has ended."""
        return self.delivery.progress.status in TERMINAL

    def describe(self) -> dict[str, Any]:
        """Return the members of JournalKinesisStreamDescription."""
        target, progress = self.delivery.target, self.delivery.progress
        description: dict[str, Any] = {
            "LedgerName": self.ledger_name,
            "CreationTime": self.created.timestamp(),
            "InclusiveStartTime": target.inclusive_start.timestamp(),
            "RoleArn": self.role_arn,
            "StreamId": self.stream_id,
            "Arn": self.arn,
            "Status": progress.status,
            "KinesisConfiguration": {
                "StreamArn": target.kinesis_stream_arn,
                "AggregationEnabled": target.aggregation,
            },
            "StreamName": self.name,
        }
        if target.exclusive_end is not None:
            description["ExclusiveEndTime"] = target.exclusive_end.timestamp()
        if progress.error_cause is not None:
            description["ErrorCause"] = progress.error_cause
        return description


@dataclass(kw_only=True)
class LedgerResource:
    """A ledger with its journal, its streams, its exports and its settings.

    Attributes
    ----------
    options
        How blocks that are not delivered yet will be delivered.
    export_layout
        Size of the objects of exports that are not started yet.
    lock
        Held while the journal is read or changed.
    """

    name: str
    arn: str
    created: datetime
    permissions_mode: str
    deletion_protection: bool
    kms_key: str | None
    tags: dict[str, str]
    journal: Ledger
    options: DeliveryOptions = field(default_factory=DeliveryOptions)
    streams: dict[str, StreamResource] = field(default_factory=dict)
    export_layout: ExportLayout = field(default_factory=ExportLayout)
    exports: dict[str, Export] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def commit(self, operations: Iterable[Operation]) -> Block:
        """Commit a transaction and wake the streams."""
        with self.lock:
            block = self.journal.commit(operations)
        # Without the lock: a stream that checks for blocks holds its own lock and takes this one.
        for stream in list(self.streams.values()):
            stream.delivery.wake()
        return block

    def read_blocks(self, sequence_no: int, limit: int) -> list[Block]:
        """Return at most ``limit`` blocks from a sequence number on."""
        with self.lock:
            return self.journal.blocks_from(sequence_no, max(limit, 0))

    def count_blocks(self) -> int:
        """Return the number of committed blocks."""
        return self.journal.block_count

    def state(self, table: str) -> dict[str, Revision]:
        """Return the latest revision of every document of a table."""
        with self.lock:
            return self.journal.state(table)

    def revisions(self, table_id: str) -> dict[str, list[Revision]]:
        """Return all revisions of every document of a table, which may have been dropped."""
        with self.lock:
            return self.journal.revisions(table_id)

    def active_streams(self) -> list[StreamResource]:
        """Return the streams that have not ended."""
        return [stream for stream in list(self.streams.values()) if not stream.has_ended]

    def active_exports(self) -> list[Export]:
        """Return the exports that have not ended."""
        return [export for export in list(self.exports.values()) if not export.has_ended]

    def current_exports(self, now: datetime) -> dict[str, Export]:
        """Return the exports that have not expired, by id."""
        exports = list(self.exports.items())
        return {key: export for key, export in exports if not export.is_expired(now)}

    def list_entry(self) -> dict[str, Any]:
        """Return the members of LedgerSummary."""
        return {
            "Name": self.name,
            "State": "ACTIVE",
            "CreationDateTime": self.created.timestamp(),
        }

    def summarize(self, *, state: str) -> dict[str, Any]:
        """Return the members that CreateLedger and DescribeLedger share."""
        return self.list_entry() | {
            "State": state,
            "Arn": self.arn,
            "DeletionProtection": self.deletion_protection,
        }

    def describe(self) -> dict[str, Any]:
        """Return the members of UpdateLedgerResponse."""
        encryption = {
            "KmsKeyArn": self.kms_key or "AWS_OWNED_KMS_KEY",
            "EncryptionStatus": "ENABLED",
        }
        return self.summarize(state="ACTIVE") | {"EncryptionDescription": encryption}

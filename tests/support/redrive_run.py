"""Runs redrives over a failure bucket, its queue and a table in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handler.failures import FailedRecord
from handler.settings import ReplicaTable
from ops.failure_bucket import FailureBucket
from ops.failure_queue import FailureQueue
from ops.record_processing import RecordProcessor, WritesNothing
from ops.redrive import Redrive
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET, NotifyingS3
from tests.support.failure_objects import SETTINGS
from tests.support.kinesis_events import kinesis_record
from tests.support.memory_sqs import QUEUE_URL
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.settings import HandlerSettings
    from ops.redrive_summary import Summary

NOW = 1_800_000_000.0
"""Seconds since the epoch at which redrives run."""

TWO_TABLES = replace(
    SETTINGS,
    replica_tables={
        **SETTINGS.replica_tables,
        "Vehicle": ReplicaTable(ledger_table="Vehicle", table_name="vehicle-1a2b3c"),
    },
)
"""The configuration of a stack with one more ledger table than `SETTINGS`."""

WITH_HISTORY = replace(
    TWO_TABLES,
    replica_tables={
        **TWO_TABLES.replica_tables,
        "Person": replace(TWO_TABLES.replica_tables["Person"], history=True),
    },
    history_table="history-1a2b3c",
)
"""The same, with the history of one of them."""


def _with_lifetime(settings: HandlerSettings, days: int | None) -> HandlerSettings:
    if days is None:
        return settings
    tables = {
        name: replace(table, tombstone_lifetime_days=days)
        for name, table in settings.replica_tables.items()
    }
    return replace(settings, replica_tables=tables)


@dataclass(kw_only=True)
class RedriveRun:
    """Runs redrives, any number of them over the same services.

    Attributes
    ----------
    s3
        The failure bucket with its queue.
    table
        Receives the writes.
    """

    s3: NotifyingS3 = field(default_factory=NotifyingS3)
    table: MemoryTable = field(default_factory=MemoryTable)

    @property
    def bucket(self) -> FailureBucket:
        """The failure bucket as `ops` uses it."""
        return FailureBucket(self.s3, BUCKET)

    def redrive(
        self,
        *,
        dry_run: bool = False,
        drop_ignored: bool = False,
        tables: HandlerSettings = SETTINGS,
        limit: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        tombstone_lifetime_days: int | None = None,
        now: float = NOW,
    ) -> Redrive:
        """Return a redrive that has not started."""
        return Redrive(
            bucket=self.bucket,
            processor=RecordProcessor(
                settings=_with_lifetime(tables, tombstone_lifetime_days),
                writer=WritesNothing() if dry_run else self.table,
                clock=lambda: now,
            ),
            limit=limit,
            dry_run=dry_run,
            drop_ignored=drop_ignored,
            stop=stop,
        )

    def queue(self, **options: Any) -> Summary:  # noqa: ANN401 (those of `redrive`)
        """Redrive the objects that the queue's messages name."""
        return self.redrive(**options).queue(FailureQueue(self.s3.queue, QUEUE_URL))

    def put_batch(self, *records: bytes) -> None:
        """Put a discarded batch into the bucket; its sequence numbers start at 1000."""
        events = [kinesis_record(data, str(1000 + number)) for number, data in enumerate(records)]
        self.s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=discarded_batch(events))

    def quarantined(self, key: str) -> FailedRecord:
        """Return the record in an object."""
        return FailedRecord.from_json(self.s3.bodies[key])

    def places(self) -> list[str]:
        """Return sequence number and place of all quarantined records."""
        return [key.split("/", 3)[3] for key in self.s3.bodies]

    @property
    def versions(self) -> dict[str, int]:
        """The versions in the table, by document id."""
        return {name: write.version for name, write in self.table.items.items()}

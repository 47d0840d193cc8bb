"""Comparisons of an export in a folder with tables, and their repair."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handler.writer import BatchStatementWriter
from ops.reconcile.reconciler import ReconcileOptions, reconcile
from ops.reconcile.repair import MAX_DOCUMENTS, Repair, ToRepair
from ops.replay.batch_replay import BatchReplay
from ops.replay.crew import CrewOfOne, Worker
from ops.table_scan import CapacityLimit
from tests.support.replay_run import Bucket, NoProgress

if TYPE_CHECKING:
    from pathlib import Path

    from handler.settings import HandlerSettings
    from ops.reconcile.reconciliation import Reconciliation
    from ops.replay.crew import Crew
    from ops.replay.job import Job


class Quiet:
    """Receives how far a comparison is, and does nothing with it."""

    def read_bytes(self, total: int) -> None:
        """Do nothing."""

    def read_items(self, table_name: str) -> None:
        """Do nothing."""

    def compare(self, total: int) -> None:
        """Do nothing."""

    def advance(self, number: int) -> None:
        """Do nothing."""


@dataclass
class ReconcileRun:
    """Comparisons and repairs over the same tables.

    Attributes
    ----------
    folder
        The export.
    settings
        The configuration.
    client
        boto3's client, or what is in its place.
    bucket
        The failure bucket.
    max_documents
        How many documents a repair takes.
    to_repair
        What the last comparison found to repair.
    """

    folder: Path
    settings: HandlerSettings
    client: Any
    bucket: Bucket = field(default_factory=Bucket)
    max_documents: int = MAX_DOCUMENTS
    to_repair: ToRepair = field(default_factory=ToRepair)

    def load(self) -> None:
        """Fill empty tables: nothing but repair that everything is missing."""
        self.reconcile()
        self.repair()

    def reconcile(self, **options: object) -> Reconciliation:
        """Compare the tables with the export."""
        given: dict[str, Any] = {"limit": 1_000_000, **options}
        self.to_repair = ToRepair(keeps_extra=True, max_documents=self.max_documents)
        return reconcile(
            str(self.folder),
            self.settings,
            self.client,
            ReconcileOptions(**given),
            limit=CapacityLimit(),
            progress=Quiet(),
            differs=self.to_repair.add,
        )

    def repair(self) -> None:
        """Repair what the last comparison found."""
        Repair(
            location=str(self.folder),
            strand_id=None,
            settings=self.settings,
            tables=frozenset(),
            crew_of=self._crew,
            progress=NoProgress(),
        ).repair(self.to_repair)

    def _crew(self, job: Job, size: int) -> Crew:  # noqa: ARG002 (one worker for any size)
        writer = BatchStatementWriter(
            self.client, requests_in_flight=1, sleep=lambda _: None, correction=job.correction
        )
        return CrewOfOne(Worker(BatchReplay(job, writer, self.bucket)))

    def item(self, table: str, document_id: str, version: int | None = None) -> dict[str, Any]:
        """Return an item; that of a history has a version."""
        key = {"pk": {"S": document_id}}
        if version is not None:
            key["version"] = {"N": str(version)}
        item: dict[str, Any] = self.client.get_item(TableName=table, Key=key)["Item"]
        return item

    def change(
        self, table: str, document_id: str, version: int | None = None, /, **attributes: object
    ) -> None:
        """Set attributes of an item, or remove those that are None."""
        item = {**self.item(table, document_id, version), **attributes}
        self.put(table, {name: value for name, value in item.items() if value is not None})

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Write an item under no condition."""
        self.client.put_item(TableName=table, Item=item)

    def remove(self, table: str, document_id: str, version: int | None = None) -> None:
        """Remove an item."""
        stored = self.item(table, document_id, version)
        self.client.delete_item(
            TableName=table,
            Key={
                name: stored[name] for name in ("pk", "version")[: 2 if version is not None else 1]
            },
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": stored["version"]},
        )

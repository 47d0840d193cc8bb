"""Processes records with the handler's own code, in this process."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pybase64

from handler.aggregation import user_records
from handler.batch import Handler
from handler.outcomes import APPLIED, Outcome
from handler.telemetry import BatchCounts
from journal.revisions import Revision, RevisionKind, read_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from handler.failures import FailedRecord
    from handler.settings import HandlerSettings
    from handler.writer import ItemWrite, ReplicaWriter

_SECONDS_PER_DAY = 86_400
_MARGIN_SECONDS = _SECONDS_PER_DAY
"""By how much a record may reach Kinesis later than a delete that follows it in the journal."""

TIME_LIMIT_SECONDS = 60.0
"""Default for the records of one object, retries after throttling included."""


@dataclass(kw_only=True)
class Processed:
    """The outcome of an event.

    Attributes
    ----------
    counts
        Counts that the handler's telemetry receives.
    failed
        Records that the handler would have quarantined.
    error
        Name of the exception that the handler raised; None if it returned.
    """

    counts: BatchCounts = field(default_factory=BatchCounts)
    failed: list[FailedRecord] = field(default_factory=list)
    error: str | None = None


class RecordProcessor:
    """Processes events as the deployed function does.

    Nothing is written to the failure bucket: what happens to an object is the caller's decision.

    Parameters
    ----------
    settings
        The configuration of the deployed function.
    writer
        Writes to DynamoDB.
    clock
        Returns seconds since the epoch; the same clock as the writer's.
    time_limit
        Seconds for one event.
    """

    def __init__(
        self,
        *,
        settings: HandlerSettings,
        writer: ReplicaWriter,
        clock: Callable[[], float] = time.time,
        time_limit: float = TIME_LIMIT_SECONDS,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self.clock = clock
        self._context = _Context(time_limit)

    @property
    def table_names(self) -> list[str]:
        """The DynamoDB tables that are written."""
        names = [table.table_name for table in self._settings.replica_tables.values()]
        return (
            names
            if self._settings.history_table is None
            else [*names, self._settings.history_table]
        )

    def is_safe(self, event: Mapping[str, Any]) -> bool:
        """Return whether the tombstone of every later delete still exists.

        The age of the record counts, because an object gets a new age whenever it fails again.
        Tombstones that were written with a shorter lifetime than today's are not known here.
        """
        return all(map(self._is_record_safe, event["Records"]))

    def _is_record_safe(self, record: Mapping[str, Any]) -> bool:
        arrival: float = record["kinesis"]["approximateArrivalTimestamp"]
        age = self.clock() - arrival
        return all(
            age < days * _SECONDS_PER_DAY - _MARGIN_SECONDS for days in self._lifetimes(record)
        )

    def _lifetimes(self, record: Mapping[str, Any]) -> Iterator[int]:
        """Yield the lifetime of the tombstones of each table that a record would write to.

        What cannot be read is written nowhere. Redactions only remove data.
        """
        tables = self._settings.replica_tables
        if all(table.tombstone_lifetime_days is None for table in tables.values()):
            return
        data = pybase64.b64decode(record["kinesis"]["data"], validate=True)
        with suppress(Exception):
            for user_record in user_records(data):
                with suppress(Exception):
                    found = read_record(user_record.data, tables)
                    if isinstance(found, Revision) and found.kind is not RevisionKind.REDACTED:
                        table = self._settings.table_of(found.table_name, found.table_id)
                        if table is not None and table.tombstone_lifetime_days is not None:
                            yield table.tombstone_lifetime_days

    def process(self, event: Mapping[str, Any]) -> Processed:
        """Process one event; exceptions are part of the result."""
        recorder = _Recorder()
        handler = Handler(
            settings=self._settings,
            writer=self._writer,
            failures=recorder,
            telemetry=recorder,
            clock=self.clock,
        )
        try:
            handler.process(event, self._context)
        except Exception as error:  # noqa: BLE001 (its message may quote a document)
            recorder.processed.error = type(error).__name__
        return recorder.processed


class _Recorder:
    """Records what the handler's failure store and telemetry receive."""

    def __init__(self) -> None:
        self.processed = Processed()

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:  # noqa: ARG002 (protocol)
        self.processed.failed.extend(records)
        return [True] * len(records)

    def publish(self, counts: BatchCounts) -> None:
        self.processed.counts = counts


class _Context:
    """Replaces Lambda's context; its names go into the objects of quarantined records."""

    function_name = "ops redrive"
    function_version = "not in Lambda"

    def __init__(self, time_limit: float) -> None:
        self._milliseconds = int(time_limit * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


class WritesNothing:
    """A writer for dry runs, which reports every write as applied and writes nothing."""

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:  # noqa: ARG002 (protocol)
        """Return an outcome for each write without writing."""
        return [APPLIED] * len(writes)

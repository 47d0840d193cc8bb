"""Publishes the counts of a batch, as metrics and a log line: numbers, names and codes only."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from handler.contract import (
    LEDGER_TABLE_DIMENSION,
    REASON_DIMENSION,
    SERVICE_DIMENSION,
    Metric,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from journal.revisions import IgnoredReason

_MAX_METRIC_VALUES = 100
"""Maximum values of one metric in one object of the CloudWatch embedded metric format."""


@dataclass(kw_only=True)
class TableCounts:
    """The outcomes of the records of one batch that belong to one ledger table.

    Attributes
    ----------
    applied
        Revisions that changed an item, tombstones included.
    deleted
        Those of them that are tombstones.
    stale
        Revisions whose item already had their version or a higher one.
    superseded
        Revisions that were not written because the batch has a newer one or a copy.
    redacted
        Revisions without data that are not deletes. The current state does not change.
    unindexed
        Those of the applied revisions with a value that no index can have as a key.
    history
        Items of the history table that were written or redacted.
    quarantined
        Records stored in the failure bucket.
    """

    applied: int = 0
    deleted: int = 0
    stale: int = 0
    superseded: int = 0
    redacted: int = 0
    unindexed: int = 0
    history: int = 0
    quarantined: int = 0


@dataclass(kw_only=True)
class BatchCounts:
    """The outcomes of the records of one batch.

    Attributes
    ----------
    kinesis_records
        Records of the event.
    tables
        The counts of each ledger table that has any; of quarantined records, only those that are
        known to belong to one.
    redactions
        Block summaries whose redactions the history table has.
    unnamed_history
        Items of the history table that only block summaries redacted, which name no ledger table.
    ignored
        Records that require no write, by reason.
    ignored_tables
        Revisions of ledger tables that are not configured, by table.
    quarantined
        All records stored in the failure bucket, by reason and code.
    retried
        Records to be redelivered, by code.
    lags
        For each applied revision, seconds from its record's arrival in the stream to its write.
    """

    kinesis_records: int = 0
    tables: dict[str, TableCounts] = field(default_factory=lambda: defaultdict(TableCounts))
    redactions: int = 0
    unnamed_history: int = 0
    ignored: Counter[IgnoredReason] = field(default_factory=Counter)
    ignored_tables: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)

    def total(self) -> TableCounts:
        """Return the sums over all ledger tables, and what belongs to none that is known."""
        names = [each.name for each in fields(TableCounts)]
        sums = {name: sum(getattr(table, name) for table in self.tables.values()) for name in names}
        sums["history"] += self.unnamed_history
        sums["quarantined"] = self.quarantined.total()
        return TableCounts(**sums)


class Telemetry(Protocol):
    """A receiver of the counts of batches."""

    def publish(self, counts: BatchCounts) -> None:
        """Publish the counts of one batch."""


class PowertoolsTelemetry:
    """Writes metrics in the embedded metric format and a JSON log line, both to standard output.

    Service name, metrics namespace and log level come from the environment variables that
    Powertools for AWS Lambda defines (``POWERTOOLS_...``).

    Parameters
    ----------
    version
        Version of this project that deployed the function, for the log line.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._logger = Logger()
        self._metrics = AmazonCloudWatchEMFProvider()

    def publish(self, counts: BatchCounts) -> None:
        """Publish the counts of one batch."""
        total = counts.total()
        self._publish_metrics(counts, total)
        ignored_tables = _nameable(counts.ignored_tables)
        level = self._logger.warning if counts.quarantined or counts.retried else self._logger.info
        level(
            "Batch replicated",
            extra={
                "version": self._version,
                "kinesisRecords": counts.kinesis_records,
                "applied": total.applied,
                "deleted": total.deleted,
                "stale": total.stale,
                "superseded": total.superseded,
                "redacted": total.redacted,
                "unindexed": total.unindexed,
                "history": total.history,
                "redactions": counts.redactions,
                "ignored": {reason.value: count for reason, count in counts.ignored.items()},
                "ignoredTables": ignored_tables,
                "quarantined": {
                    f"{reason}: {code}": count
                    for (reason, code), count in counts.quarantined.items()
                },
                "retried": dict(counts.retried),
                "longestLagSeconds": round(max(counts.lags), 3) if counts.lags else None,
            },
        )

    def _publish_metrics(self, counts: BatchCounts, total: TableCounts) -> None:
        # Zeros cost as much as other values, so only this one is published: it tells a function
        # without work from one that nothing invokes.
        totals: _Values = {Metric.APPLIED: [total.applied], **_above_zero(total)}
        if counts.retried:
            totals[Metric.RETRIED] = [counts.retried.total()]
        if counts.lags:
            totals[Metric.LAG] = [round(lag * 1000) for lag in _sample(counts.lags)]
        self._publish(totals)
        for table, table_counts in counts.tables.items():
            if values := _above_zero(table_counts):
                self._publish(values, LEDGER_TABLE_DIMENSION, table)
        for reason, count in counts.ignored.items():
            self._publish({Metric.IGNORED: [count]}, REASON_DIMENSION, reason.value)
        for table, count in _nameable(counts.ignored_tables).items():
            self._publish({Metric.IGNORED: [count]}, LEDGER_TABLE_DIMENSION, table)

    def _publish(self, values: _Values, dimension: str | None = None, at: str = "") -> None:
        """Write one metric object: the dimension `SERVICE_DIMENSION`, and perhaps one more."""
        service = {SERVICE_DIMENSION: self._metrics.service or ""}
        dimensions = service if dimension is None else {**service, dimension: at}
        # All values at once: `add_metric` takes one, and formats those before it each time.
        output = self._metrics.serialize_metric_set(
            metrics={
                name.value: {"Unit": _UNITS.get(name, MetricUnit.Count).value, "Value": each}
                for name, each in values.items()
            },
            dimensions=dimensions,
        )
        print(json.dumps(output))  # noqa: T201 (CloudWatch reads standard output)


_Values = dict[Metric, list[int]]

_UNITS = {Metric.LAG: MetricUnit.Milliseconds}
"""All others are counts."""

_COUNTERS = {
    Metric.APPLIED: attrgetter("applied"),
    Metric.DELETED: attrgetter("deleted"),
    Metric.STALE: attrgetter("stale"),
    Metric.SUPERSEDED: attrgetter("superseded"),
    Metric.REDACTED: attrgetter("redacted"),
    Metric.UNINDEXED: attrgetter("unindexed"),
    Metric.HISTORY: attrgetter("history"),
    Metric.QUARANTINED: attrgetter("quarantined"),
}

_MAX_TABLE_NAME = 128
"""QLDB developer guide, "Quotas and limits": naming constraints."""


def _above_zero(counts: TableCounts) -> _Values:
    found = ((name, count(counts)) for name, count in _COUNTERS.items())
    return {name: [value] for name, value in found if value}


def _nameable(tables: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of texts that can name a ledger table.

    The names of tables that are not configured come from the stream, and may be anything: data that
    no log may have, or what CloudWatch refuses in a dimension.
    """
    return {
        table: count
        for table, count in tables.items()
        if table.isascii() and table.isidentifier() and len(table) <= _MAX_TABLE_NAME
    }


def _sample(lags: list[float]) -> list[float]:
    """Return at most as many lags as one metric can hold, evenly chosen, the longest included."""
    if len(lags) < _MAX_METRIC_VALUES:
        return lags
    ordered = sorted(lags, reverse=True)
    size = _MAX_METRIC_VALUES - 1
    return [ordered[index * len(ordered) // size] for index in range(size)]

"""Publishes the counts of a batch, as metrics and a log line: numbers, names and codes only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from handler.contract import REASON_DIMENSION, Metric

if TYPE_CHECKING:
    from journal.revisions import IgnoredReason

_MAX_METRIC_VALUES = 100
"""Maximum values of one metric in one object of the CloudWatch embedded metric format."""


@dataclass(kw_only=True)
class BatchCounts:
    """The outcomes of the records of one batch.

    Attributes
    ----------
    kinesis_records
        Records of the event.
    applied
        Revisions that changed an item, tombstones included.
    deleted
        Those of them that are tombstones.
    stale
        Revisions whose item already had their version or a higher one.
    superseded
        Revisions that were not written because the batch has a newer one or a copy.
    redacted
        Revisions without data that are not deletes.
    ignored
        Records that require no write, by reason.
    ignored_tables
        Revisions of ledger tables that are not configured, by table.
    quarantined
        Records stored in the failure bucket, by reason and code.
    retried
        Records to be redelivered, by code.
    lags
        For each applied revision, seconds from its record's arrival in the stream to its write.
    """

    kinesis_records: int = 0
    applied: int = 0
    deleted: int = 0
    stale: int = 0
    superseded: int = 0
    redacted: int = 0
    ignored: Counter[IgnoredReason] = field(default_factory=Counter)
    ignored_tables: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)


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
        # Powertools' Metrics would share its state between all instances.
        self._metrics = EphemeralMetrics()
        self._ignored = EphemeralMetrics()

    def publish(self, counts: BatchCounts) -> None:
        """Publish the counts of one batch."""
        self._publish_metrics(counts)
        level = self._logger.warning if counts.quarantined or counts.retried else self._logger.info
        level(
            "Batch replicated",
            extra={
                "version": self._version,
                "kinesisRecords": counts.kinesis_records,
                "applied": counts.applied,
                "deleted": counts.deleted,
                "stale": counts.stale,
                "superseded": counts.superseded,
                "redacted": counts.redacted,
                "ignored": {reason.value: count for reason, count in counts.ignored.items()},
                "ignoredTables": dict(counts.ignored_tables),
                "quarantined": {
                    f"{reason}: {code}": count
                    for (reason, code), count in counts.quarantined.items()
                },
                "retried": dict(counts.retried),
                "longestLagSeconds": round(max(counts.lags), 3) if counts.lags else None,
            },
        )

    def _publish_metrics(self, counts: BatchCounts) -> None:
        for name, value in (
            (Metric.APPLIED, counts.applied),
            (Metric.STALE, counts.stale),
            (Metric.SUPERSEDED, counts.superseded),
            (Metric.DELETED, counts.deleted),
            (Metric.REDACTED, counts.redacted),
            (Metric.QUARANTINED, counts.quarantined.total()),
            (Metric.RETRIED, counts.retried.total()),
        ):
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        for lag in _sample(counts.lags):
            self._metrics.add_metric(
                name=Metric.LAG, unit=MetricUnit.Milliseconds, value=round(lag * 1000)
            )
        self._metrics.flush_metrics()
        for reason, count in counts.ignored.items():
            self._ignored.add_dimension(name=REASON_DIMENSION, value=reason.value)
            self._ignored.add_metric(name=Metric.IGNORED, unit=MetricUnit.Count, value=count)
            self._ignored.flush_metrics()


def _sample(lags: list[float]) -> list[float]:
    """Return at most as many lags as one metric can hold, evenly chosen, the longest included."""
    if len(lags) < _MAX_METRIC_VALUES:
        return lags
    ordered = sorted(lags, reverse=True)
    size = _MAX_METRIC_VALUES - 1
    return [ordered[index * len(ordered) // size] for index in range(size)]

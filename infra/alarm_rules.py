"""The table of alarms: what is watched, when it is bad, and how missing data counts."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from handler.contract import margin_seconds
from infra import metrics
from infra.watched import WRITE_OPERATIONS, Watched

if TYPE_CHECKING:
    from infra.metrics import Metric

_TIMEOUT_SHARE = 0.8
"""Share of the time-out from which a batch is close to it."""

_WRITE_TIME_SHARE = 0.95
"""Share of the time for writes from which a batch is close to its end. Below a time-out of about a
minute that is the earlier moment: a batch that runs out of time never gets near the time-out."""

_OLDEST_FAILURE_SECONDS = 7 * 24 * 3600
"""Half of the time after which the failure queue drops a message."""

_MILLISECONDS_PER_SECOND = 1000
_MILLISECONDS_PER_MINUTE = 60 * _MILLISECONDS_PER_SECOND
_MILLISECONDS_PER_HOUR = 60 * _MILLISECONDS_PER_MINUTE
_MAX_INDEX_NAME = 80
"""Characters of an index's name in the name of an alarm, which has at most 255."""


class Missing(enum.StrEnum):
    """How minutes without data count.

    CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
    """

    IS_BAD = "breaching"
    IS_GOOD = "notBreaching"
    IS_UNKNOWN = "missing"
    """Without any data the alarm's state is INSUFFICIENT_DATA, which notifies nobody."""


class Comparison(enum.StrEnum):
    """How an alarm compares a value with its threshold."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"


Dimensions = Mapping[str, pulumi.Input[str]]


def _stream(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    yield "", {"StreamName": watched.stream_name}


def _function(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    yield "", {"FunctionName": watched.function_name}


def _mapping(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    yield "", {"EventSourceMappingUUID": watched.event_source_mapping_id}


def _queue(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    yield "", {"QueueName": watched.failure_queue_name}


def _service(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    yield "", {"service": watched.service}


def _each_table(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    for label, table in watched.all_tables.items():
        yield f"-{label}", {"TableName": table.name}


def _each_index(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    for label, table in watched.all_tables.items():
        for index in table.indexes:
            yield (
                f"-{label}-{_shortened(index)}",
                {"TableName": table.name, "GlobalSecondaryIndexName": index},
            )


def _each_operation(watched: Watched) -> Iterator[tuple[str, Dimensions]]:
    for label, table in watched.all_tables.items():
        for operation in WRITE_OPERATIONS:
            yield f"-{label}-{operation}", {"TableName": table.name, "Operation": operation}


def _shortened(index: str) -> str:
    """Return an index's name, or a part of it that a digest makes distinct."""
    if len(index) <= _MAX_INDEX_NAME:
        return index
    digest = hashlib.sha256(index.encode()).hexdigest()[:8]
    return f"{index[: _MAX_INDEX_NAME - len(digest) - 1]}-{digest}"


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """One row of the table of alarms: an alarm for each thing that it watches.

    Attributes
    ----------
    name
        Section of the runbook, and part of the alarm's name.
    means
        First sentence of the alarm's description.
    metric
        The metric.
    of
        Returns what is watched: for each alarm a suffix of its name, and its dimensions.
    statistic
        Statistic over a minute, or a percentile such as ``p90``.
    comparison, threshold
        When a minute is bad. A function returns thresholds that depend on the settings.
    minutes
        So many minutes in succession must be bad.
    missing
        How minutes without data count.
    """

    name: str
    means: str
    metric: Metric
    of: Callable[[Watched], Iterator[tuple[str, Dimensions]]]
    statistic: str
    comparison: Comparison = Comparison.ABOVE
    threshold: float | Callable[[Watched], float] = 0
    minutes: int
    missing: Missing


def _tolerated_lag(watched: Watched) -> float:
    return watched.tolerated_lag_minutes * _MILLISECONDS_PER_MINUTE


def _tolerated_age(watched: Watched) -> float:
    half_of_retention = watched.stream_retention_hours * _MILLISECONDS_PER_HOUR / 2
    return min(_tolerated_lag(watched), half_of_retention)


def _near_timeout(watched: Watched) -> float:
    timeout = watched.function_timeout_seconds
    write_time = timeout - 2 * margin_seconds(timeout)
    near = min(timeout * _TIMEOUT_SHARE, write_time * _WRITE_TIME_SHARE)
    return round(near * _MILLISECONDS_PER_SECOND)


ALARMS = (
    AlarmRule(
        name="iterator-age",
        means="The function reads the stream too late, or nothing reads it.",
        metric=metrics.STREAM_ITERATOR_AGE,
        of=_stream,
        statistic="Maximum",
        threshold=_tolerated_age,
        minutes=15,
        # A mapping that reads an idle stream has an age of 0. No data means that nothing reads:
        # records expire unseen, which no other alarm would tell.
        missing=Missing.IS_BAD,
    ),
    AlarmRule(
        name="replication-lag",
        means="Items are written too long after their records arrived in the stream.",
        metric=metrics.REPLICATION_LAG,
        of=_service,
        statistic="Maximum",
        threshold=_tolerated_lag,
        minutes=15,
        # Nothing was written: the ledger is idle, or the alarm on the iterator age tells.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="function-errors",
        means="The function fails as a whole.",
        metric=metrics.FUNCTION_ERRORS,
        of=_function,
        statistic="Sum",
        minutes=3,
        # Not invoked: nothing is known of its health.
        missing=Missing.IS_UNKNOWN,
    ),
    AlarmRule(
        name="function-throttles",
        means="Lambda has no concurrency left for the function.",
        metric=metrics.FUNCTION_THROTTLES,
        of=_function,
        statistic="Sum",
        comparison=Comparison.AT_LEAST,
        threshold=1,
        minutes=5,
        missing=Missing.IS_UNKNOWN,  # as above
    ),
    AlarmRule(
        name="function-duration",
        means="Batches take nearly all of the time that the function has for them.",
        metric=metrics.FUNCTION_DURATION,
        of=_function,
        statistic="p90",
        threshold=_near_timeout,
        minutes=15,
        missing=Missing.IS_UNKNOWN,  # as above
    ),
    AlarmRule(
        name="records-quarantined",
        means="Records that cannot be applied went to the failure bucket.",
        metric=metrics.TOTAL_QUARANTINED,
        of=_service,
        statistic="Sum",
        minutes=1,
        # The function publishes no zeros of this metric.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="failure-queue",
        means="Failures wait for a redrive.",
        metric=metrics.QUEUE_VISIBLE,
        of=_queue,
        statistic="Average",
        comparison=Comparison.AT_LEAST,
        threshold=1,
        minutes=15,
        # SQS stops publishing for a queue that was empty and unused for six hours.
        missing=Missing.IS_UNKNOWN,
    ),
    AlarmRule(
        name="failure-queue-age",
        means="A failure has waited for a redrive for more than seven days.",
        metric=metrics.QUEUE_OLDEST,
        of=_queue,
        statistic="Maximum",
        comparison=Comparison.AT_LEAST,
        threshold=_OLDEST_FAILURE_SECONDS,
        minutes=15,
        missing=Missing.IS_UNKNOWN,  # as above
    ),
    AlarmRule(
        name="events-dropped",
        means="The event source mapping lost records: it gave up on them, without a copy.",
        metric=metrics.MAPPING_DROPPED,
        of=_mapping,
        statistic="Sum",
        minutes=1,
        # Lambda publishes it only while the mapping has events.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="failures-undelivered",
        means="A batch that the event source mapping gave up on did not reach the failure bucket.",
        metric=metrics.FUNCTION_UNDELIVERED,
        of=_function,
        statistic="Sum",
        minutes=1,
        # Published only when it happens.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="events-failed",
        means="The function failed on records, or returned them to be delivered again.",
        metric=metrics.MAPPING_FAILED,
        of=_mapping,
        statistic="Sum",
        minutes=1,
        # As for dropped events.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="stream-reads-throttled",
        means="Kinesis refuses reads of the stream.",
        metric=metrics.STREAM_READS_THROTTLED,
        of=_stream,
        statistic="Average",
        minutes=5,
        # Nobody read.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="stream-writes-throttled",
        means="Kinesis refuses writes to the stream.",
        metric=metrics.STREAM_WRITES_THROTTLED,
        of=_stream,
        statistic="Average",
        minutes=5,
        # Nobody wrote.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="stream-put-failures",
        means="Kinesis fails to store records, for reasons of its own.",
        metric=metrics.STREAM_PUT_FAILURES,
        of=_stream,
        statistic="Sum",
        minutes=5,
        # Nobody wrote with PutRecords.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="table-write-throttles",
        means="DynamoDB throttles writes to a table.",
        metric=metrics.TABLE_WRITE_THROTTLES,
        of=_each_table,
        statistic="Sum",
        minutes=5,
        # DynamoDB publishes it only when it happens. According to CloudWatch's API reference
        # (PutMetricAlarm), alarms on DynamoDB keep their state without data, whatever is set.
        missing=Missing.IS_GOOD,
    ),
    AlarmRule(
        name="index-write-throttles",
        means="DynamoDB throttles writes to an index, and with them those to its table.",
        metric=metrics.INDEX_WRITE_THROTTLES,
        of=_each_index,
        statistic="Sum",
        minutes=5,
        missing=Missing.IS_GOOD,  # as above
    ),
    AlarmRule(
        name="table-system-errors",
        means="DynamoDB fails on writes to a table, for reasons of its own.",
        metric=metrics.TABLE_SYSTEM_ERRORS,
        of=_each_operation,
        statistic="Sum",
        minutes=15,
        missing=Missing.IS_GOOD,  # as above
    ),
)
"""All alarms. Statistics and minutes are those that AWS recommends, where it does (CloudWatch user
guide, "Recommended alarms")."""

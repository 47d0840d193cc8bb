"""Every CloudWatch metric that alarms, dashboard, `ops status` and documentation use.

CloudWatch takes any dimensions: an alarm on a set that nobody publishes never alarms and never
fails. So each metric stands here once, with the full set of its dimensions and where AWS says so,
and `Metric.at` refuses any other set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from handler import contract
from handler.contract import (
    LEDGER_TABLE_DIMENSION,
    METRICS_NAMESPACE,
    REASON_DIMENSION,
    SERVICE_DIMENSION,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = TypeVar("Value")

COUNT = "Count"
MILLISECONDS = "Milliseconds"
SECONDS = "Seconds"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric under one set of dimensions; another set is another metric.

    Attributes
    ----------
    namespace, name
        As CloudWatch knows it.
    dimensions
        All dimensions with which it is published, in the order of its source.
    unit
        As it is published.
    source
        Where AWS, or this project, defines name and dimensions.
    """

    namespace: str
    name: str
    dimensions: tuple[str, ...]
    unit: str
    source: str

    def at(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the dimensions with values.

        Parameters
        ----------
        values
            A value for each dimension and for nothing else.

        Raises
        ------
        ValueError
            If a dimension is missing or unknown: CloudWatch would take it and never have data.
        """
        if set(values) != set(self.dimensions):
            raise ValueError(
                f"{self.namespace} {self.name} has the dimensions {', '.join(self.dimensions)}, "
                f"not {', '.join(values) or 'none'}"
            )
        return {name: values[name] for name in self.dimensions}


_KINESIS = (
    'Kinesis Data Streams developer guide, "Monitor the Amazon Kinesis Data Streams service with '
    'Amazon CloudWatch", "Basic stream-level metrics"'
)
_LAMBDA = 'Lambda developer guide, "Types of metrics for Lambda functions"'
_MAPPING = (
    'Lambda developer guide, "Types of metrics for Lambda functions", "Event source mapping '
    'metrics"; "Viewing metrics for Lambda functions": by event source mapping UUID, without the '
    "function's name"
)
_SQS = 'SQS developer guide, "Available CloudWatch metrics for Amazon SQS"'
_DYNAMODB = 'DynamoDB developer guide, "DynamoDB Metrics and dimensions"'
_HANDLER = "handler/telemetry.py"


def _kinesis(name: str, unit: str = COUNT) -> Metric:
    return Metric(
        namespace="AWS/Kinesis", name=name, dimensions=("StreamName",), unit=unit, source=_KINESIS
    )


def _lambda(name: str, unit: str = COUNT) -> Metric:
    return Metric(
        namespace="AWS/Lambda", name=name, dimensions=("FunctionName",), unit=unit, source=_LAMBDA
    )


def _mapping(name: str) -> Metric:
    return Metric(
        namespace="AWS/Lambda",
        name=name,
        dimensions=("EventSourceMappingUUID",),
        unit=COUNT,
        source=_MAPPING,
    )


def _sqs(name: str, unit: str = COUNT) -> Metric:
    return Metric(namespace="AWS/SQS", name=name, dimensions=("QueueName",), unit=unit, source=_SQS)


def _dynamodb(name: str, *dimensions: str, source: str = _DYNAMODB) -> Metric:
    return Metric(
        namespace="AWS/DynamoDB",
        name=name,
        dimensions=("TableName", *dimensions),
        unit=COUNT,
        source=source,
    )


def _handler(name: contract.Metric, *dimensions: str, unit: str = COUNT) -> Metric:
    return Metric(
        namespace=METRICS_NAMESPACE,
        name=name.value,
        dimensions=(SERVICE_DIMENSION, *dimensions),
        unit=unit,
        source=_HANDLER,
    )


STREAM_ITERATOR_AGE = _kinesis("GetRecords.IteratorAgeMilliseconds", MILLISECONDS)
STREAM_INCOMING_RECORDS = _kinesis("IncomingRecords")
STREAM_READS_THROTTLED = _kinesis("ReadProvisionedThroughputExceeded")
STREAM_WRITES_THROTTLED = _kinesis("WriteProvisionedThroughputExceeded")
STREAM_PUT_FAILURES = _kinesis("PutRecords.FailedRecords")

FUNCTION_INVOCATIONS = _lambda("Invocations")
FUNCTION_ERRORS = _lambda("Errors")
FUNCTION_THROTTLES = _lambda("Throttles")
FUNCTION_DURATION = _lambda("Duration", MILLISECONDS)
FUNCTION_ITERATOR_AGE = _lambda("IteratorAge", MILLISECONDS)
FUNCTION_CONCURRENCY = _lambda("ConcurrentExecutions")
FUNCTION_UNDELIVERED = _lambda("DestinationDeliveryFailures")

MAPPING_POLLED = _mapping("PolledEventCount")
MAPPING_INVOKED = _mapping("InvokedEventCount")
MAPPING_FAILED = _mapping("FailedInvokeEventCount")
MAPPING_DROPPED = _mapping("DroppedEventCount")
MAPPING_DELIVERED_TO_BUCKET = _mapping("OnFailureDestinationDeliveredEventCount")

QUEUE_VISIBLE = _sqs("ApproximateNumberOfMessagesVisible")
QUEUE_OLDEST = _sqs("ApproximateAgeOfOldestMessage", SECONDS)

TABLE_WRITE_THROTTLES = _dynamodb("WriteThrottleEvents")
INDEX_WRITE_THROTTLES = _dynamodb("WriteThrottleEvents", "GlobalSecondaryIndexName")
TABLE_CONSUMED_WRITES = _dynamodb("ConsumedWriteCapacityUnits")
TABLE_SYSTEM_ERRORS = _dynamodb(
    "SystemErrors",
    "Operation",
    # AWS's list of recommended alarms has TableName alone, under which nothing is published.
    source=f"{_DYNAMODB}; github.com/aws-samples/amazon-dynamodb-monitoring, issue 5",
)

TOTAL_APPLIED = _handler(contract.Metric.APPLIED)
TOTAL_DELETED = _handler(contract.Metric.DELETED)
TOTAL_STALE = _handler(contract.Metric.STALE)
TOTAL_SUPERSEDED = _handler(contract.Metric.SUPERSEDED)
TOTAL_REDACTED = _handler(contract.Metric.REDACTED)
TOTAL_UNINDEXED = _handler(contract.Metric.UNINDEXED)
TOTAL_HISTORY = _handler(contract.Metric.HISTORY)
TOTAL_QUARANTINED = _handler(contract.Metric.QUARANTINED)
TOTAL_RETRIED = _handler(contract.Metric.RETRIED)
REPLICATION_LAG = _handler(contract.Metric.LAG, unit=MILLISECONDS)
IGNORED_BY_REASON = _handler(contract.Metric.IGNORED, REASON_DIMENSION)

TABLE_APPLIED = _handler(contract.Metric.APPLIED, LEDGER_TABLE_DIMENSION)
TABLE_DELETED = _handler(contract.Metric.DELETED, LEDGER_TABLE_DIMENSION)
TABLE_STALE = _handler(contract.Metric.STALE, LEDGER_TABLE_DIMENSION)
TABLE_SUPERSEDED = _handler(contract.Metric.SUPERSEDED, LEDGER_TABLE_DIMENSION)
TABLE_REDACTED = _handler(contract.Metric.REDACTED, LEDGER_TABLE_DIMENSION)
TABLE_UNINDEXED = _handler(contract.Metric.UNINDEXED, LEDGER_TABLE_DIMENSION)
TABLE_HISTORY = _handler(contract.Metric.HISTORY, LEDGER_TABLE_DIMENSION)
TABLE_QUARANTINED = _handler(contract.Metric.QUARANTINED, LEDGER_TABLE_DIMENSION)
TABLE_IGNORED = _handler(contract.Metric.IGNORED, LEDGER_TABLE_DIMENSION)

TABLE_COUNTERS = (
    TABLE_APPLIED,
    TABLE_DELETED,
    TABLE_STALE,
    TABLE_SUPERSEDED,
    TABLE_REDACTED,
    TABLE_UNINDEXED,
    TABLE_HISTORY,
    TABLE_IGNORED,
    TABLE_QUARANTINED,
)
"""What the function counts for each ledger table."""

METRICS = tuple(value for value in tuple(globals().values()) if isinstance(value, Metric))
"""The whole table."""

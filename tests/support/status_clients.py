"""A stack's services in memory, behind the calls of boto3's clients that `ops status` makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.stack_outputs import StackOutputs, parse
from tests.support.faults import client_error

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SERVICE = "project-stack"
STREAM = "journal-1a2b"
SUBSCRIPTION = "arn:aws:sns:eu-west-1:123456789012:alarms-1a2b:0a1b"
ALARM_NAMES = ("alarms-iterator-age-1", "alarms-failure-queue-1")

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Name of a metric, and its dimensions in order."""


def metric(name: str, **dimensions: str) -> Key:
    """Return the key of a metric in `StatusClients.metrics`."""
    return name, tuple(sorted(dimensions.items()))


def outputs(**changed: object) -> StackOutputs:
    """Return the outputs of a stack with two ledger tables, history and alarms."""
    values = {
        "version": "1.2.3",
        "streamArn": f"arn:aws:kinesis:eu-west-1:123456789012:stream/{STREAM}",
        "streamName": STREAM,
        "functionName": "replica-1a2b",
        "functionCodeSha256": "code",
        "eventSourceMappingId": "0a1b",
        "failureQueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/failures-1a2b",
        "alarmNames": list(ALARM_NAMES),
        "alarmSubscriptionArn": SUBSCRIPTION,
        "toleratedLagMinutes": 15,
        "handlerEnvironment": {
            "FAILURE_BUCKET": "failures-1a2b",
            "POWERTOOLS_SERVICE_NAME": SERVICE,
            "HISTORY_TABLE": "history-1a2b",
        },
        "replicaTables": '{"Person":{"tableName":"person-1a2b","history":true},'
        '"my_table":{"tableName":"car-1a2b"}}',
        **changed,
    }
    return parse({name: value for name, value in values.items() if value is not None})


@dataclass(kw_only=True)
class StatusClients:
    """All services of a stack that is well; a test changes what it is about.

    Attributes
    ----------
    denied
        Operations that are refused, as if a permission were missing.
    metric_status
        The last status that CloudWatch has for metrics of a name, without values.
    pending_confirmation
        Whether the subscription of `alarmEmail` waits for a confirmation; None if it is gone.
    requests
        The operations that were called, with their arguments.
    """

    mapping: dict[str, Any] = field(
        default_factory=lambda: {
            "State": "Enabled",
            "LastProcessingResult": "OK",
            "StateTransitionReason": "User action",
        }
    )
    function: dict[str, Any] = field(
        default_factory=lambda: {
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "CodeSha256": "code",
        }
    )
    stream: dict[str, Any] = field(
        default_factory=lambda: {
            "StreamStatus": "ACTIVE",
            "OpenShardCount": 1,
            "RetentionPeriodHours": 168,
        }
    )
    objects: dict[str, datetime] = field(default_factory=dict)
    messages: int = 0
    in_flight: int = 0
    pending_confirmation: str | None = "false"
    alarms: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ALARM_NAMES, "OK"))
    metrics: dict[Key, list[float]] = field(
        default_factory=lambda: {
            metric("GetRecords.IteratorAgeMilliseconds", StreamName=STREAM): [200.0, 9_000.0],
            metric("ReplicationLag", service=SERVICE): [1_500.0, 99_000.0],
            metric("RevisionsApplied", service=SERVICE): [3.0, 0.0, 1.0],
            metric("RevisionsApplied", service=SERVICE, LedgerTable="Person"): [3.0, 1.0],
            metric("RecordsIgnored", service=SERVICE, LedgerTable="my_table"): [2.0],
        }
    )
    tables: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "person-1a2b": {"TableStatus": "ACTIVE", "ItemCount": 1204},
            "car-1a2b": {"TableStatus": "ACTIVE", "ItemCount": 1},
            "history-1a2b": {"TableStatus": "ACTIVE", "ItemCount": 9999},
        }
    )
    metric_status: dict[str, str] = field(default_factory=dict)
    page_size: int = 2
    denied: set[str] = field(default_factory=set)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, _service: str) -> StatusClients:
        """Return the client of a service: their operations have distinct names."""
        return self

    def _begin(self, operation: str, arguments: dict[str, Any]) -> None:
        self.requests.append((operation, arguments))
        if operation in self.denied:
            raise client_error(operation, "AccessDeniedException", "no", status=400)

    def get_event_source_mapping(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as Lambda."""
        self._begin("GetEventSourceMapping", arguments)
        assert arguments == {"UUID": "0a1b"}
        return self.mapping

    def get_function_configuration(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as Lambda."""
        self._begin("GetFunctionConfiguration", arguments)
        assert arguments == {"FunctionName": "replica-1a2b"}
        return self.function

    def describe_stream_summary(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as Kinesis."""
        self._begin("DescribeStreamSummary", arguments)
        assert arguments == {"StreamName": STREAM}
        return {"StreamDescriptionSummary": self.stream}

    def list_objects_v2(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as S3, page by page."""
        self._begin("ListObjectsV2", arguments)
        assert arguments["Bucket"] == "failures-1a2b"
        after = arguments.get("ContinuationToken", "")
        keys = [
            key
            for key in sorted(self.objects)
            if key.startswith(arguments["Prefix"]) and key > after
        ]
        page = keys[: self.page_size]
        answer: dict[str, Any] = {"IsTruncated": len(keys) > len(page)}
        if page:
            answer["Contents"] = [{"Key": key, "LastModified": self.objects[key]} for key in page]
            answer["NextContinuationToken"] = page[-1]
        return answer

    def get_queue_attributes(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as SQS, which has numbers as texts."""
        self._begin("GetQueueAttributes", arguments)
        known = {
            "ApproximateNumberOfMessages": str(self.messages),
            "ApproximateNumberOfMessagesNotVisible": str(self.in_flight),
        }
        return {"Attributes": {name: known[name] for name in arguments["AttributeNames"]}}

    def describe_alarms(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as CloudWatch: alarms that do not exist are left out."""
        self._begin("DescribeAlarms", arguments)
        assert len(arguments["AlarmNames"]) <= 100
        return {
            "MetricAlarms": [
                {
                    "AlarmName": name,
                    "StateValue": self.alarms[name],
                    "StateUpdatedTimestamp": NOW - timedelta(hours=2),
                    "AlarmDescription": f"About {name}. What to do: docs/runbook.md#x",
                }
                for name in reversed(arguments["AlarmNames"])
                if name in self.alarms
            ]
        }

    def get_subscription_attributes(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as SNS, which has truth values as texts."""
        self._begin("GetSubscriptionAttributes", arguments)
        assert arguments == {"SubscriptionArn": SUBSCRIPTION}
        if self.pending_confirmation is None:
            raise client_error("GetSubscriptionAttributes", "NotFound", "no", status=404)
        return {"Attributes": {"PendingConfirmation": self.pending_confirmation}}

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as CloudWatch: one value a page, the newest first."""
        self._begin("GetMetricData", arguments)
        assert arguments["EndTime"] - arguments["StartTime"] == timedelta(hours=1)
        assert arguments["ScanBy"] == "TimestampDescending"
        assert len(arguments["MetricDataQueries"]) <= 500
        page = int(arguments.get("NextToken", 0))
        results, more = [], False
        for query in arguments["MetricDataQueries"]:
            asked = query["MetricStat"]["Metric"]
            dimensions = {each["Name"]: each["Value"] for each in asked["Dimensions"]}
            values = self.metrics.get(metric(asked["MetricName"], **dimensions), [])
            rest = len(values) > page + 1
            status = "PartialData" if rest else "Complete"
            if failed := self.metric_status.get(asked["MetricName"]):
                values, rest, status = [], False, failed
            results.append(
                {"Id": query["Id"], "StatusCode": status, "Values": values[page : page + 1]}
            )
            more = more or rest
        return {"MetricDataResults": results, **({"NextToken": str(page + 1)} if more else {})}

    def describe_table(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's)
        """Answer as DynamoDB."""
        self._begin("DescribeTable", arguments)
        name = arguments["TableName"]
        if name not in self.tables:
            raise client_error("DescribeTable", "ResourceNotFoundException", "no", status=400)
        return {"Table": self.tables[name]}

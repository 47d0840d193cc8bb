"""Reads the state of a stack from AWS, part by part."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from handler.contract import Variable
from ops import stack_outputs
from ops.errors import OpsError, aws_errors
from ops.failure_objects import PREFIXES
from ops.status.model import (
    Alarm,
    AlarmStates,
    EmailSubscription,
    FunctionState,
    MappingState,
    StackStatus,
    StreamState,
    TableState,
    Unavailable,
    WaitingFailures,
)
from ops.status.recent_metrics import read_recent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ops.stack_outputs import StackOutputs
    from ops.status.model import RecentMetrics

_MAX_PAGES = 10
"""Pages of a listing of the failure bucket, of up to 1,000 objects each."""

_MAX_ALARM_NAMES = 100
"""CloudWatch API reference, ``DescribeAlarms``."""

_NO_SUBSCRIPTION = "NotFound"
"""SNS API reference, ``GetSubscriptionAttributes``."""

_PARALLEL_REQUESTS = 8
_SERVICES = ("lambda", "kinesis", "s3", "sqs", "cloudwatch", "dynamodb", "sns")

Part = TypeVar("Part")


class StatusReader:
    """Reads a stack's state.

    Parameters
    ----------
    outputs
        Outputs of the stack.
    client
        Returns the boto3 client of a service.
    now
        Seconds since the epoch.
    """

    def __init__(self, outputs: StackOutputs, client: Callable[[str], Any], *, now: float) -> None:
        self._outputs = outputs
        # In one thread: boto3's sessions are not safe in several (boto3 guide, "Multithreading or
        # multiprocessing with sessions"), its clients are.
        self._clients = {service: client(service) for service in _SERVICES}
        self._now = now
        values = outputs.values
        self._stream_name = stack_outputs.text(values, "streamName")
        self._function_name = stack_outputs.text(values, "functionName")
        self._mapping_id = stack_outputs.text(values, "eventSourceMappingId")
        self._alarm_names: Sequence[str] | None = values.get("alarmNames")
        self._subscription: str | None = values.get("alarmSubscriptionArn")

    def read(self) -> StackStatus:
        """Read every part; one that AWS refuses is unavailable, with the reason.

        Raises
        ------
        OpsError
            If all parts are refused.
        """
        settings = self._outputs.settings
        names = {ledger: table.table_name for ledger, table in settings.replica_tables.items()}
        with ThreadPoolExecutor(_PARALLEL_REQUESTS) as pool:

            def start(read: Callable[[], Part]) -> Callable[[], Part | Unavailable]:
                return pool.submit(_part, read).result

            mapping = start(self._mapping)
            function = start(self._function)
            stream = start(self._stream)
            failures = start(self._failures)
            metrics = start(self._metrics)
            alarms = self._no_alarms if self._alarm_names is None else start(self._alarms)
            alarm_email = None if self._subscription is None else start(self._alarm_email)
            tables = {ledger: start(self._table_of(name)) for ledger, name in names.items()}
            history = (
                None
                if settings.history_table is None
                else start(self._table_of(settings.history_table))
            )
            status = StackStatus(
                version=self._outputs.version,
                region=self._outputs.region,
                at=_time(self._now),
                mapping=mapping(),
                function=function(),
                stream=stream(),
                failures=failures(),
                tolerated_lag_minutes=self._outputs.values.get("toleratedLagMinutes"),
                alarms=alarms(),
                alarm_email=None if alarm_email is None else alarm_email(),
                metrics=metrics(),
                tables={ledger: table() for ledger, table in tables.items()},
                history_table=None if history is None else history(),
            )
        _refuse_nothing(status)
        return status

    def _mapping(self) -> MappingState:
        with aws_errors(f"event source mapping {self._mapping_id}"):
            answer = self._clients["lambda"].get_event_source_mapping(UUID=self._mapping_id)
        return MappingState(
            state=answer["State"],
            last_result=answer.get("LastProcessingResult") or "",
            reason=answer.get("StateTransitionReason") or "",
        )

    def _function(self) -> FunctionState:
        with aws_errors(f"function {self._function_name}"):
            answer = self._clients["lambda"].get_function_configuration(
                FunctionName=self._function_name
            )
        code = self._outputs.values.get("functionCodeSha256")
        return FunctionState(
            state=answer.get("State") or "",
            last_update=answer.get("LastUpdateStatus") or "",
            is_of_outputs=None if code is None else answer.get("CodeSha256") == code,
        )

    def _stream(self) -> StreamState:
        with aws_errors(f"stream {self._stream_name}"):
            answer = self._clients["kinesis"].describe_stream_summary(StreamName=self._stream_name)
        summary = answer["StreamDescriptionSummary"]
        return StreamState(
            state=summary["StreamStatus"],
            open_shards=summary["OpenShardCount"],
            retention_hours=summary["RetentionPeriodHours"],
        )

    def _failures(self) -> WaitingFailures:
        times = list(self._modified())
        url = self._outputs.failure_queue_url
        with aws_errors(f"queue {url.rpartition('/')[2]}"):
            answer = self._clients["sqs"].get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        attributes = answer["Attributes"]
        found = [time for time in times if time is not None]
        return WaitingFailures(
            objects=len(found),
            complete=len(found) == len(times),
            oldest_seconds=max(0.0, self._now - min(found)) if found else None,
            messages=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        )

    def _modified(self) -> Iterator[float | None]:
        """Return when each pending object was written; None in place of those not listed."""
        bucket = self._outputs.settings.failure_bucket
        for prefix in PREFIXES:
            position: dict[str, str] = {}
            for _ in range(_MAX_PAGES):
                with aws_errors(f"bucket {bucket}"):
                    page = self._clients["s3"].list_objects_v2(
                        Bucket=bucket, Prefix=prefix, **position
                    )
                for entry in page.get("Contents", []):
                    yield entry["LastModified"].timestamp()
                if not page.get("IsTruncated"):
                    break
                position = {"ContinuationToken": page["NextContinuationToken"]}
            else:
                yield None

    def _no_alarms(self) -> Unavailable | None:
        """Return None for a stack without alarms, which one of another version may only seem."""
        difference = stack_outputs.version_difference(self._outputs.version)
        if difference is None:
            return None
        return Unavailable(unavailable=f"the stack has no output alarmNames: {difference}")

    def _alarms(self) -> AlarmStates:
        names = self._alarm_names or ()
        found: dict[str, Alarm] = {}
        for start in range(0, len(names), _MAX_ALARM_NAMES):
            part = names[start : start + _MAX_ALARM_NAMES]
            with aws_errors("alarms"):
                answer = self._clients["cloudwatch"].describe_alarms(
                    AlarmNames=part, MaxRecords=_MAX_ALARM_NAMES
                )
            for alarm in answer["MetricAlarms"]:
                found[alarm["AlarmName"]] = Alarm(
                    name=alarm["AlarmName"],
                    state=alarm["StateValue"],
                    since=_time(alarm["StateUpdatedTimestamp"].timestamp()),
                    description=alarm.get("AlarmDescription") or "",
                )
        return AlarmStates(
            alarms=[found[name] for name in names if name in found],
            missing=[name for name in names if name not in found],
        )

    def _alarm_email(self) -> EmailSubscription:
        try:
            with aws_errors("subscription of alarmEmail", passes=(_NO_SUBSCRIPTION,)):
                answer = self._clients["sns"].get_subscription_attributes(
                    SubscriptionArn=self._subscription
                )
        except ClientError:
            return EmailSubscription(exists=False, is_confirmed=False)
        is_pending = answer["Attributes"].get("PendingConfirmation") == "true"
        return EmailSubscription(exists=True, is_confirmed=not is_pending)

    def _metrics(self) -> RecentMetrics:
        with aws_errors("metrics"):
            return read_recent(
                self._clients["cloudwatch"],
                stream_name=self._stream_name,
                service=self._outputs.environment.get(Variable.SERVICE_NAME, ""),
                ledger_tables=self._outputs.settings.replica_tables,
                now=self._now,
            )

    def _table_of(self, name: str) -> Callable[[], TableState]:
        def read() -> TableState:
            with aws_errors(f"table {name}"):
                table = self._clients["dynamodb"].describe_table(TableName=name)["Table"]
            return TableState(
                name=name,
                state=table["TableStatus"],
                items=table["ItemCount"],
                indexes={
                    index["IndexName"]: index["IndexStatus"]
                    for index in table.get("GlobalSecondaryIndexes", [])
                },
            )

        return read


def _part(read: Callable[[], Part]) -> Part | Unavailable:
    try:
        return read()
    except OpsError as error:
        return Unavailable(unavailable=str(error))


def _refuse_nothing(status: StackStatus) -> None:
    """Raise the first reason if no part was told."""
    parts: Mapping[str, object] = {
        name: getattr(status, name)
        for name in ("mapping", "function", "stream", "failures", "metrics")
    }
    reasons = [part.unavailable for part in parts.values() if isinstance(part, Unavailable)]
    others = [part for part in status.tables.values() if not isinstance(part, Unavailable)]
    if len(reasons) == len(parts) and not others:
        raise OpsError(reasons[0])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

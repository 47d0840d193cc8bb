"""The state of a stack is read from AWS, and what AWS refuses is said.

The services are in memory: that AWS's answers have this form is not proved here.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handler.version import project_version
from ops.errors import OpsError
from ops.status.model import (
    Alarm,
    AlarmStates,
    EmailSubscription,
    FunctionState,
    MappingState,
    RecentMetrics,
    StreamState,
    TableState,
    Unavailable,
    WaitingFailures,
)
from ops.status.reader import StatusReader
from tests.support.status_clients import (
    ALARM_NAMES,
    NOW,
    SERVICE,
    StatusClients,
    metric,
    outputs,
)

if TYPE_CHECKING:
    from ops.stack_outputs import StackOutputs
    from ops.status.model import StackStatus


def read(clients: StatusClients, stack: StackOutputs | None = None) -> StackStatus:
    return StatusReader(stack or outputs(), clients.client, now=NOW.timestamp()).read()


def test_each_part_is_read() -> None:
    status = read(StatusClients())

    assert (status.version, status.region, status.at) == (
        "1.2.3",
        "eu-west-1",
        "2026-11-28T12:00:00Z",
    )
    assert status.mapping == MappingState(state="Enabled", last_result="OK", reason="User action")
    assert status.function == FunctionState(
        state="Active", last_update="Successful", is_of_outputs=True
    )
    assert status.stream == StreamState(state="ACTIVE", open_shards=1, retention_hours=168)
    assert status.tables == {
        "Person": TableState(name="person-1a2b", state="ACTIVE", items=1204),
        "my_table": TableState(name="car-1a2b", state="ACTIVE", items=1),
    }
    assert status.history_table == TableState(name="history-1a2b", state="ACTIVE", items=9999)


@pytest.mark.parametrize(("known", "expected"), [("other", False), (None, None)])
def test_a_function_that_was_deployed_since_is_told_from_that_of_the_outputs(
    known: str | None, *, expected: bool | None
) -> None:
    found = read(StatusClients(), outputs(functionCodeSha256=known)).function

    assert isinstance(found, FunctionState)
    assert found.is_of_outputs is expected


def test_a_mapping_without_a_batch_has_no_result() -> None:
    status = read(StatusClients(mapping={"State": "Creating"}))

    assert status.mapping == MappingState(state="Creating", last_result="", reason="")


def test_a_stack_without_history_or_alarms_has_neither() -> None:
    stack = outputs(
        version=project_version(),
        alarmNames=None,
        handlerEnvironment={"FAILURE_BUCKET": "failures-1a2b"},
        replicaTables='{"Person":{"tableName":"person-1a2b"}}',
    )

    status = read(StatusClients(), stack)

    assert status.history_table is None
    assert status.alarms is None


def test_outputs_of_another_version_do_not_tell_that_alarms_are_off() -> None:
    found = read(StatusClients(), outputs(version="another", alarmNames=None)).alarms

    assert isinstance(found, Unavailable)
    assert found.unavailable.startswith(
        "the stack has no output alarmNames: version another deployed the stack"
    )


def test_indexes_are_read_with_their_state() -> None:
    clients = StatusClients()
    clients.tables["person-1a2b"]["GlobalSecondaryIndexes"] = [
        {"IndexName": "by-email", "IndexStatus": "CREATING"}
    ]

    person = read(clients).tables["Person"]

    assert isinstance(person, TableState)
    assert person.indexes == {"by-email": "CREATING"}


def test_pending_objects_of_both_kinds_are_counted_on_all_pages() -> None:
    clients = StatusClients(messages=4, in_flight=2)
    clients.objects = {
        **{f"records/{n}": NOW - timedelta(minutes=n) for n in range(5)},
        "aws/lambda/a": NOW - timedelta(hours=3),
        "discarded/records/b": NOW - timedelta(days=9),
    }

    assert read(clients).failures == WaitingFailures(
        objects=6, complete=True, oldest_seconds=3 * 3600, messages=4, in_flight=2
    )


def test_of_very_many_objects_a_part_is_counted() -> None:
    clients = StatusClients()
    clients.objects = {f"records/{n:02}": NOW for n in range(21)}

    found = read(clients).failures

    assert found == WaitingFailures(
        objects=20, complete=False, oldest_seconds=0, messages=0, in_flight=0
    )


def test_an_object_of_the_future_has_no_negative_age() -> None:
    # S3's clock and this machine's differ.
    clients = StatusClients(objects={"records/a": NOW + timedelta(seconds=5)})

    found = read(clients).failures

    assert isinstance(found, WaitingFailures)
    assert found.oldest_seconds == 0


def test_alarms_come_in_the_order_of_the_stack_and_those_that_are_gone_are_named() -> None:
    gone, left = ALARM_NAMES
    clients = StatusClients(alarms={left: "ALARM"})

    assert read(clients).alarms == AlarmStates(
        alarms=[
            Alarm(
                name=left,
                state="ALARM",
                since="2026-11-28T10:00:00Z",
                description=f"About {left}. What to do: docs/runbook.md#x",
            )
        ],
        missing=[gone],
    )


@pytest.mark.parametrize(
    ("pending", "exists", "is_confirmed"),
    [("false", True, True), ("true", True, False), (None, False, False)],
)
def test_whether_the_address_for_alarms_is_confirmed_is_read(
    pending: str | None, *, exists: bool, is_confirmed: bool
) -> None:
    status = read(StatusClients(pending_confirmation=pending))

    assert status.alarm_email == EmailSubscription(exists=exists, is_confirmed=is_confirmed)


def test_without_an_address_for_alarms_nothing_is_asked() -> None:
    clients = StatusClients()

    assert read(clients, outputs(alarmSubscriptionArn=None)).alarm_email is None
    assert "GetSubscriptionAttributes" not in dict(clients.requests)


def test_hundreds_of_alarms_are_read() -> None:
    names = [f"alarm-{n}" for n in range(250)]
    clients = StatusClients(alarms=dict.fromkeys(names, "OK"))

    found = read(clients, outputs(alarmNames=names)).alarms

    assert isinstance(found, AlarmStates)
    assert [alarm.name for alarm in found.alarms] == names


def test_the_last_hour_is_summed_up_and_of_ages_the_newest_counts() -> None:
    assert read(StatusClients()).metrics == RecentMetrics(
        iterator_age_milliseconds=200.0,
        lag_milliseconds=1_500.0,
        applied=4,
        tables={"Person": {"RevisionsApplied": 4}, "my_table": {"RecordsIgnored": 2}},
    )


def test_without_data_nothing_is_made_up() -> None:
    assert read(StatusClients(metrics={})).metrics == RecentMetrics(
        iterator_age_milliseconds=None, lag_milliseconds=None, applied=None, tables={}
    )


@pytest.mark.parametrize("code", ["InternalError", "Forbidden", "PartialData"])
def test_a_metric_that_cloudwatch_could_not_read_is_not_taken_for_one_without_data(
    code: str,
) -> None:
    clients = StatusClients(metric_status={"GetRecords.IteratorAgeMilliseconds": code})

    found = read(clients).metrics

    assert isinstance(found, Unavailable)
    assert found.unavailable.startswith(
        f"metrics: CloudWatch answered {code} for GetRecords.IteratorAgeMilliseconds: run the"
    )


def test_a_hundred_tables_are_asked_for_in_several_requests() -> None:
    clients = StatusClients()
    clients.tables = {f"table{n}": {"TableStatus": "ACTIVE", "ItemCount": 0} for n in range(100)}
    tables = {f"T{n}": {"tableName": f"table{n}"} for n in range(100)}
    stack = outputs(
        replicaTables=json.dumps(tables),
        handlerEnvironment={
            "FAILURE_BUCKET": "failures-1a2b",
            "POWERTOOLS_SERVICE_NAME": SERVICE,
        },
    )
    for table in ("T0", "T99"):
        clients.metrics[metric("RevisionsStale", service=SERVICE, LedgerTable=table)] = [7.0]

    found = read(clients, stack).metrics

    asked = [
        len(arguments["MetricDataQueries"])
        for operation, arguments in clients.requests
        if operation == "GetMetricData" and "NextToken" not in arguments
    ]
    assert sum(asked) == 3 + 9 * 100
    assert isinstance(found, RecentMetrics)
    assert found.tables == {"T0": {"RevisionsStale": 7}, "T99": {"RevisionsStale": 7}}


def test_a_function_without_work_is_told_from_one_that_published_nothing() -> None:
    clients = StatusClients(metrics={metric("RevisionsApplied", service=SERVICE): [0.0]})

    found = read(clients).metrics

    assert isinstance(found, RecentMetrics)
    assert found.applied == 0


@pytest.mark.parametrize(
    ("operation", "part", "action"),
    [
        ("GetEventSourceMapping", "mapping", "lambda:GetEventSourceMapping"),
        ("GetFunctionConfiguration", "function", "lambda:GetFunctionConfiguration"),
        ("DescribeStreamSummary", "stream", "kinesis:DescribeStreamSummary"),
        ("ListObjectsV2", "failures", "s3:ListBucket"),
        ("GetQueueAttributes", "failures", "sqs:GetQueueAttributes"),
        ("DescribeAlarms", "alarms", "cloudwatch:DescribeAlarms"),
        ("GetSubscriptionAttributes", "alarm_email", "sns:GetSubscriptionAttributes"),
        ("GetMetricData", "metrics", "cloudwatch:GetMetricData"),
        ("DescribeTable", "history_table", "dynamodb:DescribeTable"),
    ],
)
def test_a_missing_permission_is_named_and_hides_its_part_only(
    operation: str, part: str, action: str
) -> None:
    status = read(StatusClients(denied={operation}))

    found = getattr(status, part)
    assert isinstance(found, Unavailable)
    assert f"allow your user or role the action {action}" in found.unavailable
    others = {"mapping", "function", "stream", "failures", "alarms", "metrics"} - {part}
    assert [name for name in others if isinstance(getattr(status, name), Unavailable)] == []


def test_a_table_that_is_gone_is_said_to_be() -> None:
    clients = StatusClients()
    del clients.tables["person-1a2b"]

    found = read(clients).tables["Person"]

    assert isinstance(found, Unavailable)
    assert found.unavailable.startswith("table person-1a2b does not exist")


def test_without_any_permission_the_reason_is_one_error() -> None:
    clients = StatusClients(
        denied={
            "GetEventSourceMapping",
            "GetFunctionConfiguration",
            "DescribeStreamSummary",
            "ListObjectsV2",
            "GetMetricData",
            "DescribeTable",
        }
    )

    with pytest.raises(OpsError, match="event source mapping 0a1b: no permission"):
        read(clients)


@pytest.mark.parametrize("name", ["streamName", "functionName", "eventSourceMappingId"])
def test_outputs_without_a_name_are_refused(name: str) -> None:
    with pytest.raises(OpsError, match=f"the stack has no output {name}"):
        read(StatusClients(), outputs(**{name: None}))

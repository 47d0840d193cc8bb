"""The alarms as registered with the engine.

Proves metrics, dimensions, thresholds, missing data and whom they notify. Cannot prove that
CloudWatch accepts them: tests/e2e deploys them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from infra.alarm_rules import ALARMS, AlarmRule
from infra.alarm_settings import AlarmsSettings
from infra.alarms import Alarms, AlarmsProps
from infra.metrics import METRICS
from infra.watched import Watched, WatchedTable
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import Deployment, deploy, statements
from tests.support.watched import SERVICE, WATCHED

if TYPE_CHECKING:
    from collections.abc import Iterable

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
TOPIC_ARNS = tuple(f"arn:aws:sns:eu-west-1:123456789012:on-call-{n}" for n in range(2))

MINUTES: dict[str, tuple[str, str, int, str]] = {
    "iterator-age": ("Maximum", ">", 15, "breaching"),
    "replication-lag": ("Maximum", ">", 15, "notBreaching"),
    "function-errors": ("Sum", ">", 3, "missing"),
    "function-throttles": ("Sum", ">=", 5, "missing"),
    "function-duration": ("p90", ">", 15, "missing"),
    "records-quarantined": ("Sum", ">", 1, "notBreaching"),
    "failure-queue": ("Average", ">=", 15, "missing"),
    "failure-queue-age": ("Maximum", ">=", 15, "missing"),
    "events-dropped": ("Sum", ">", 1, "notBreaching"),
    "failures-undelivered": ("Sum", ">", 1, "notBreaching"),
    "events-failed": ("Sum", ">", 1, "notBreaching"),
    "stream-reads-throttled": ("Average", ">", 5, "notBreaching"),
    "stream-writes-throttled": ("Average", ">", 5, "notBreaching"),
    "stream-put-failures": ("Sum", ">", 5, "notBreaching"),
    "table-write-throttles": ("Sum", ">", 5, "notBreaching"),
    "index-write-throttles": ("Sum", ">", 5, "notBreaching"),
    "table-system-errors": ("Sum", ">", 15, "notBreaching"),
}
"""Statistic, comparison, minutes, missing data: AWS's recommendations (CloudWatch user guide,
"Recommended alarms"), where AWS has one."""


def deployed(
    watched: Watched = WATCHED, *, arns: tuple[str, ...] = (), email: str = ""
) -> Deployment:
    """Deploy alarms alone."""
    settings = AlarmsSettings.model_construct(
        alarms=True, alarm_topic_arns=arns, alarm_email=email, tolerated_lag_minutes=1
    )

    def program() -> None:
        Alarms("alarms", AlarmsProps(settings=settings, watched=watched), tags={"a": "b"})

    return deploy({}, upstream={}, program=program)


@pytest.fixture(scope="module")
def all_on() -> Deployment:
    return deployed(arns=TOPIC_ARNS, email="team@example.com")


def inputs(deployed: Deployment, name: str) -> dict[str, Any]:
    return deployed.one(ALARM, f"alarms-{name}").inputs


def rules(deployed: Deployment) -> Iterable[tuple[str, dict[str, Any]]]:
    """Return each alarm with the name of its rule."""
    for alarm in deployed.all(ALARM):
        yield str(alarm.inputs["alarmDescription"]).rpartition("#")[2], alarm.inputs


def test_there_is_an_alarm_for_each_thing_that_is_watched(all_on: Deployment) -> None:
    single = [rule.name for rule in ALARMS if not rule.name.startswith(("table-", "index-"))]
    tables = ("Person", "Car", "history-table")

    assert {alarm.name.removeprefix("alarms-") for alarm in all_on.all(ALARM)} == {
        *single,
        *(f"table-write-throttles-{table}" for table in tables),
        *(
            f"table-system-errors-{table}-{operation}"
            for table in tables
            for operation in ("BatchExecuteStatement", "PutItem")
        ),
        "index-write-throttles-Person-by-email",
        "index-write-throttles-Person-by-city",
    }


def test_without_history_and_indexes_nothing_of_them_is_watched() -> None:
    watched = dataclasses.replace(
        WATCHED, tables={"Person": WatchedTable(name="person-1")}, history_table_name=None
    )

    found = deployed(watched)

    assert len(found.all(ALARM)) == 14 + 3
    assert {alarm.inputs["dimensions"].get("TableName") for alarm in found.all(ALARM)} == {
        None,
        "person-1",
    }


@pytest.mark.parametrize("rule", ALARMS, ids=lambda rule: rule.name)
def test_an_alarm_has_the_recommended_statistic_minutes_and_missing_data(
    rule: AlarmRule, all_on: Deployment
) -> None:
    statistic, comparison, minutes, missing = MINUTES[rule.name]
    found = [alarm for name, alarm in rules(all_on) if name == rule.name]

    assert found
    for alarm in found:
        assert alarm.get("statistic", alarm.get("extendedStatistic")) == statistic
        assert (
            alarm["comparisonOperator"]
            == {
                ">": "GreaterThanThreshold",
                ">=": "GreaterThanOrEqualToThreshold",
            }[comparison]
        )
        assert (alarm["datapointsToAlarm"], alarm["evaluationPeriods"]) == (minutes, minutes)
        assert alarm["period"] == 60
        assert alarm["treatMissingData"] == missing


def test_every_metric_of_an_alarm_is_in_the_table(all_on: Deployment) -> None:
    known = {(each.namespace, each.name, frozenset(each.dimensions)) for each in METRICS}

    found = {
        (alarm["namespace"], alarm["metricName"], frozenset(alarm["dimensions"]))
        for _, alarm in rules(all_on)
    }

    assert found - known == set()
    assert len(found) == len(ALARMS)


def test_the_dimensions_are_the_names_of_the_stack(all_on: Deployment) -> None:
    values = {
        (name, value) for _, alarm in rules(all_on) for name, value in alarm["dimensions"].items()
    }

    assert values == {
        ("StreamName", "journal"),
        ("FunctionName", "function"),
        ("EventSourceMappingUUID", "0a1b-mapping"),
        ("QueueName", "failures"),
        ("service", SERVICE),
        ("TableName", "person-1"),
        ("TableName", "car-1"),
        ("TableName", "history-1"),
        ("GlobalSecondaryIndexName", "by-email"),
        ("GlobalSecondaryIndexName", "by-city"),
        ("Operation", "BatchExecuteStatement"),
        ("Operation", "PutItem"),
    }


@pytest.mark.parametrize(
    ("lag", "retention_hours", "minutes"), [(15, 168, 15), (10_000, 168, 5040), (721, 24, 720)]
)
def test_records_are_too_old_at_the_tolerated_lag_or_at_half_of_the_retention(
    lag: int, retention_hours: int, minutes: int
) -> None:
    watched = dataclasses.replace(
        WATCHED, stream_retention_hours=retention_hours, tolerated_lag_minutes=lag
    )

    assert inputs(deployed(watched), "iterator-age")["threshold"] == minutes * 60_000


def test_thresholds_follow_the_settings() -> None:
    watched = dataclasses.replace(WATCHED, function_timeout_seconds=100, tolerated_lag_minutes=7)

    found = {name: alarm["threshold"] for name, alarm in rules(deployed(watched))}

    days = 24 * 60 * 60
    assert {name: value for name, value in found.items() if value} == {
        "iterator-age": 7 * 60_000,
        "replication-lag": 7 * 60_000,
        "function-duration": 80_000,
        "function-throttles": 1,
        "failure-queue": 1,
        "failure-queue-age": 7 * days,
    }


@pytest.mark.parametrize(
    ("timeout", "writes_end", "milliseconds"),
    [
        (1, 600, 570),
        (10, 6_000, 5_700),
        (25, 15_000, 14_250),
        (30, 20_000, 19_000),
        (49, 39_000, 37_050),
        (60, 50_000, 47_500),
        (64, 54_000, 51_200),
        (900, 890_000, 720_000),
    ],
)
def test_a_batch_is_slow_before_it_runs_out_of_time_for_writes(
    timeout: int, writes_end: int, milliseconds: int
) -> None:
    watched = dataclasses.replace(WATCHED, function_timeout_seconds=timeout)

    threshold = inputs(deployed(watched), "function-duration")["threshold"]

    assert threshold == milliseconds
    assert threshold < writes_end


def test_a_description_says_what_is_wrong_and_names_the_runbook(all_on: Deployment) -> None:
    assert inputs(all_on, "function-errors")["alarmDescription"] == (
        "The function fails as a whole. What to do: docs/runbook.md#function-errors"
    )


def test_only_where_missing_data_is_bad_a_new_alarm_waits_for_its_first(
    all_on: Deployment,
) -> None:
    waiting = {
        name: alarm["warmUpConfiguration"]
        for name, alarm in rules(all_on)
        if "warmUpConfiguration" in alarm
    }

    assert waiting == {"iterator-age": {"warmUpPeriodDurationInMinutes": 60}}


def test_every_topic_is_told_of_the_alarm_and_of_its_end(all_on: Deployment) -> None:
    topics = [*TOPIC_ARNS, "arn:aws:sns/topic:Topic/alarms"]

    for _, alarm in rules(all_on):
        assert alarm["alarmActions"] == alarm["okActions"] == topics
        assert "insufficientDataActions" not in alarm


def test_without_topics_the_alarms_exist_and_tell_nobody() -> None:
    found = deployed()

    assert found.all(TOPIC) == []
    assert {tuple(alarm["alarmActions"]) for _, alarm in rules(found)} == {()}


def test_an_email_address_gets_a_topic_with_a_subscription(all_on: Deployment) -> None:
    topic = deployment.arn(all_on.one(TOPIC))

    assert all_on.one("aws:sns/topicSubscription:TopicSubscription").inputs == {
        "topic": topic,
        "protocol": "email",
        "endpoint": "team@example.com",
    }


def test_only_alarms_of_the_account_may_publish_and_only_over_tls(all_on: Deployment) -> None:
    policy = all_on.one("aws:sns/topicPolicy:TopicPolicy").inputs
    topic = deployment.arn(all_on.one(TOPIC))

    assert policy["arn"] == topic
    assert statements(policy["policy"]) == [
        {
            "Sid": "Notify",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {
                "ArnLike": {
                    "aws:SourceArn": f"arn:{deployment.PARTITION}:cloudwatch:{deployment.REGION}:"
                    f"{deployment.ACCOUNT}:alarm:*"
                },
                "StringEquals": {"aws:SourceAccount": deployment.ACCOUNT},
            },
        },
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_alarms_and_topic_have_the_tags(all_on: Deployment) -> None:
    assert {str(each.inputs["tags"]) for each in [*all_on.all(ALARM), all_on.one(TOPIC)]} == {
        "{'a': 'b'}"
    }


def test_long_names_of_indexes_stay_distinct_and_within_the_limit_of_alarm_names() -> None:
    indexes = tuple(f"{'i' * 254}{n}" for n in range(2))
    watched = dataclasses.replace(
        WATCHED, tables={"T" * 128: WatchedTable(name="t", indexes=indexes)}
    )

    names = [alarm.name for alarm in deployed(watched).all(ALARM) if "index-write" in alarm.name]

    suffix = len("-0123456")  # which Pulumi adds
    assert len(set(names)) == 2
    assert max(len(name.replace("alarms", "qldb-alarms")) for name in names) + suffix <= 255

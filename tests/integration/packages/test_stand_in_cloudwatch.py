"""Proves the stand-in provider's alarms and dashboards against the emulator.

Cannot prove that an alarm goes off, that its metric exists, or that a dashboard shows anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import (
    ACCOUNT,
    Case,
    ConnectedProvider,
    assert_deletable,
    assert_lifecycle,
)
from tests.support.stand_in_inputs import ALARM

if TYPE_CHECKING:
    from pulumi_aws_standin.testing import ManagedResource

pytestmark = pytest.mark.emulator

TYPE = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:operators"


def query(name: str, metric: str) -> dict[str, object]:
    """Return the query of a sum for an alarm."""
    stat = {
        "metricName": metric,
        "namespace": "AWS/Lambda",
        "dimensions": {"FunctionName": "f"},
        "period": 60,
        "stat": "Sum",
    }
    return {"id": name, "metric": stat}


SHARE: dict[str, object] = {
    "id": "share",
    "expression": "100 * bad / all",
    "label": "bad, percent",
    "returnData": True,
}
RATE: list[dict[str, object]] = [SHARE, query("bad", "Errors"), query("all", "Invocations")]


def described(provider: ConnectedProvider, held: ManagedResource) -> Any:  # noqa: ANN401 (boto3's answer)
    [alarm] = provider.client("cloudwatch").describe_alarms(AlarmNames=[held.identifier])[
        "MetricAlarms"
    ]
    return alarm


def test_an_alarm_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name=TYPE,
        inputs={
            **ALARM,
            "dimensions": {"FunctionName": "f", "EventSourceMappingUUID": "u"},
            "datapointsToAlarm": 2,
            "treatMissingData": "notBreaching",
            "alarmActions": [TOPIC, f"{TOPIC}-2"],
            "okActions": [TOPIC],
            "insufficientDataActions": [TOPIC],
            "alarmDescription": "what to do: read the runbook",
            "unit": "Count",
            "tags": {"a": "b"},
        },
        changed={
            **ALARM,
            "metricName": "Duration",
            "dimensions": {"FunctionName": "f"},
            "statistic": None,
            "extendedStatistic": "p90",
            "evaluateLowSampleCountPercentiles": "ignore",
            "evaluationPeriods": 15,
            "datapointsToAlarm": 15,
            "threshold": 54_000.5,
            "treatMissingData": "breaching",
            "warmUpConfiguration": {"warmUpPeriodDurationInMinutes": 60},
            "actionsEnabled": False,
            "alarmActions": [f"{TOPIC}-2"],
            "tags": {"a": "c"},
        },
        outputs=("arn", "name"),
    )
    held = assert_lifecycle(provider, case)
    alarm = described(provider, held)
    assert alarm["ExtendedStatistic"] == "p90"
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}]
    assert alarm["DatapointsToAlarm"] == 15
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Threshold"] == 54_000.5
    assert alarm["AlarmActions"] == [f"{TOPIC}-2"]
    assert alarm["OKActions"] == []
    assert_deletable(provider, case, held)


def test_an_alarm_on_queries_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    one = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 5, "threshold": 1}
    shuffled = [{**RATE[0], "expression": "bad / all"}, RATE[2], RATE[1]]
    case = Case(
        type_name=TYPE,
        inputs={**one, "metricQueries": RATE},
        changed={**one, "metricQueries": shuffled},
    )
    assert_deletable(provider, case, assert_lifecycle(provider, case))


def test_an_alarm_on_one_metric_becomes_one_on_queries_in_place(
    provider: ConnectedProvider,
) -> None:
    kept = ("comparisonOperator", "evaluationPeriods", "threshold")
    case = Case(
        type_name=TYPE,
        inputs=ALARM,
        changed={**{name: ALARM[name] for name in kept}, "metricQueries": RATE},
    )
    assert_deletable(provider, case, assert_lifecycle(provider, case))


def test_a_drift_of_an_alarm_is_seen_and_undone(provider: ConnectedProvider) -> None:
    # given an alarm that somebody has silenced
    held = provider.engine.create(urn_of(TYPE, "silenced"), {**ALARM, "okActions": [TOPIC]})
    provider.client("cloudwatch").disable_alarm_actions(AlarmNames=[held.identifier])
    # when it is refreshed / then that differs, and the next deployment undoes it
    read = provider.engine.refresh(held)
    news = provider.engine.checked(held.urn, {**ALARM, "okActions": [TOPIC]}, read.inputs)
    assert list(provider.engine.diff(read, news).detailedDiff) == ["actionsEnabled"]
    held = provider.engine.update(read, {**ALARM, "okActions": [TOPIC]})
    assert described(provider, held)["ActionsEnabled"] is True
    provider.engine.delete(held)


def test_an_alarm_of_somebody_else_is_not_overwritten(provider: ConnectedProvider) -> None:
    held = provider.engine.create(urn_of(TYPE, "first"), {**ALARM, "name": "shared"})
    with pytest.raises(CallError, match="there is an alarm shared already"):
        provider.engine.create(urn_of(TYPE, "second"), {**ALARM, "name": "shared", "threshold": 9})
    assert described(provider, held)["Threshold"] == 0
    # but it can be imported
    adopted = provider.engine.imported(urn_of(TYPE, "second"), "shared")
    news = provider.engine.checked(adopted.urn, {**ALARM, "name": "shared"}, adopted.inputs)
    assert not provider.engine.diff(adopted, news).diffs
    provider.engine.delete(held)


def test_a_dashboard_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    text = {
        "type": "text",
        "x": 0,
        "y": 0,
        "width": 6,
        "height": 3,
        "properties": {"markdown": "a"},
    }
    case = Case(
        type_name="aws:cloudwatch/dashboard:Dashboard",
        inputs={"dashboardName": "replica", "dashboardBody": json.dumps({"widgets": []})},
        changed={"dashboardName": "replica", "dashboardBody": json.dumps({"widgets": [text]})},
        outputs=("dashboardArn",),
    )
    held = assert_lifecycle(provider, case)
    shown = provider.client("cloudwatch").get_dashboard(DashboardName="replica")["DashboardBody"]
    assert json.loads(shown) == {"widgets": [text]}
    assert_deletable(provider, case, held)

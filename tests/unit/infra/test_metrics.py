"""The table of metrics is complete, and nothing publishes or watches a metric that is not in it.

Proves names and dimensions as registered with the engine and as the function writes them. That AWS
publishes its own metrics as its pages say cannot be proved here.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import METRICS_NAMESPACE
from handler.contract import Metric as HandlerMetric
from handler.telemetry import BatchCounts, PowertoolsTelemetry, TableCounts
from infra.alarm_rules import ALARMS
from infra.dashboard import widgets
from infra.metrics import (
    INDEX_WRITE_THROTTLES,
    METRICS,
    TABLE_COUNTERS,
    TABLE_SYSTEM_ERRORS,
    TABLE_WRITE_THROTTLES,
    Metric,
)
from journal.revisions import IgnoredReason
from tests.support.watched import SERVICE, WATCHED

if TYPE_CHECKING:
    from collections.abc import Iterator

Published = tuple[str, str, frozenset[str]]
"""Namespace, name and dimensions."""

KNOWN: dict[Published, str] = {
    (metric.namespace, metric.name, frozenset(metric.dimensions)): metric.unit for metric in METRICS
}


def test_each_metric_is_in_the_table_once() -> None:
    assert len(KNOWN) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.namespace}/{metric.name}")
def test_each_metric_has_dimensions_a_unit_and_a_source(metric: Metric) -> None:
    assert metric.dimensions
    assert metric.unit in {"Count", "Milliseconds", "Seconds"}
    assert metric.source


def test_the_event_counts_of_a_mapping_have_no_other_dimension() -> None:
    # Lambda developer guide, "Viewing metrics for Lambda functions".
    found = {metric.dimensions for metric in METRICS if metric.name.endswith("EventCount")}

    assert found == {("EventSourceMappingUUID",)}


def test_requests_to_dynamodb_are_counted_by_operation_and_throttles_are_not() -> None:
    # DynamoDB developer guide, "DynamoDB Metrics and dimensions".
    assert TABLE_SYSTEM_ERRORS.dimensions == ("TableName", "Operation")
    assert TABLE_WRITE_THROTTLES.dimensions == ("TableName",)
    assert INDEX_WRITE_THROTTLES.dimensions == ("TableName", "GlobalSecondaryIndexName")


@pytest.mark.parametrize(
    "values", [{}, {"TableName": "t"}, {"TableName": "t", "Operation": "PutItem", "Stage": "x"}]
)
def test_another_set_of_dimensions_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="SystemErrors has the dimensions TableName, Operation"):
        TABLE_SYSTEM_ERRORS.at(values)


def test_dimensions_keep_the_order_of_the_table() -> None:
    found = TABLE_SYSTEM_ERRORS.at({"Operation": "PutItem", "TableName": "t"})

    assert list(found.items()) == [("TableName", "t"), ("Operation", "PutItem")]


def lines_of_graphs() -> Iterator[tuple[str, list[Any]]]:
    """Return the title and each line of every graph of a dashboard."""
    for widget in widgets(WATCHED, "eu-west-1"):
        for line in widget["properties"].get("metrics", ()):
            yield widget["properties"]["title"], line


def test_every_line_of_the_dashboard_is_a_metric_of_the_table() -> None:
    found = [(line[0], line[1], frozenset(line[2:-1:2])) for _, line in lines_of_graphs()]

    assert len(found) > 50
    assert [each for each in found if each not in KNOWN] == []


def test_every_metric_of_an_alarm_is_in_a_graph() -> None:
    shown = {(line[0], line[1]) for _, line in lines_of_graphs()}
    watched = {(rule.metric.namespace, rule.metric.name) for rule in ALARMS}

    assert watched - shown == {("AWS/DynamoDB", "SystemErrors")}  # DynamoDB's own health


def test_every_counter_of_a_ledger_table_is_in_its_graph() -> None:
    shown = {line[1] for title, line in lines_of_graphs() if title == "Person: revisions"}

    assert shown == {metric.name for metric in TABLE_COUNTERS}


@pytest.fixture
def published(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    """What the function writes for a batch with every count above zero."""
    # Powertools keeps one logger for each service name, with the output of its first use.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", str(uuid.uuid4()))
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", METRICS_NAMESPACE)
    counts = BatchCounts(
        tables={
            "Person": TableCounts(
                applied=8,
                deleted=1,
                stale=2,
                superseded=3,
                redacted=4,
                unindexed=5,
                history=6,
                quarantined=7,
            )
        },
        ignored=Counter({IgnoredReason.UNCONFIGURED_TABLE: 1}),
        ignored_tables=Counter({"Car": 1}),
        quarantined=Counter({("refused", "Validation"): 7}),
        retried=Counter({"Throttling": 1}),
        lags=[0.5],
    )
    PowertoolsTelemetry("1.2.3").publish(counts)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def definitions(published: list[dict[str, Any]]) -> Iterator[tuple[Published, str]]:
    """Return each metric that CloudWatch makes of the lines, with its unit.

    CloudWatch user guide, "Specification: Embedded metric format".
    """
    for line in published:
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                assert all(isinstance(line[name], str) for name in dimensions)
                for metric in directive["Metrics"]:
                    name = metric["Name"]
                    assert name in line
                    yield (
                        (directive["Namespace"], name, frozenset(dimensions)),
                        metric["Unit"],
                    )


def test_the_function_publishes_exactly_the_metrics_of_the_table(
    published: list[dict[str, Any]],
) -> None:
    own = {key: unit for key, unit in KNOWN.items() if key[0] == METRICS_NAMESPACE}

    assert dict(definitions(published)) == own
    assert {key[1] for key in own} == set(HandlerMetric)


def test_alarms_and_graphs_of_one_stack_use_the_value_of_its_service() -> None:
    values = {line[line.index("service") + 1] for _, line in lines_of_graphs() if "service" in line}

    assert values == {SERVICE}

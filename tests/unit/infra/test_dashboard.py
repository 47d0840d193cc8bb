"""The dashboard: its widgets as plain data, and as registered with the engine.

test_metrics.py holds its metrics to the table. Cannot prove that CloudWatch draws it.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from infra import section
from infra.dashboard import Dashboard, DashboardProps, DashboardSettings, widgets
from infra.watched import WatchedTable
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import Deployment, deploy
from tests.support.watched import WATCHED

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
WITHOUT_OPTIONS = dataclasses.replace(
    WATCHED, tables={"Car": WatchedTable(name="car-1")}, history_table_name=None
)


def deployed() -> Deployment:
    def program() -> None:
        alarms = [f"arn:alarm-{n}" for n in range(2)]
        Dashboard("dashboard", DashboardProps(watched=WATCHED, alarm_arns=alarms), tags={})

    return deploy({}, upstream={}, program=program)


def titles(found: list[dict[str, Any]]) -> list[str]:
    """Return the questions and the titles of the graphs."""
    return [
        widget["properties"].get("markdown", widget["properties"].get("title")) for widget in found
    ]


def test_it_answers_three_questions_in_order() -> None:
    assert titles(widgets(WATCHED, "eu-west-1")) == [
        "## Is it keeping up?",
        "Age of the records that are read (ms)",
        "Replication lag: from the stream to the item (ms)",
        "Records",
        "Duration of an invocation (ms)",
        "Invocations",
        "## Is anything waiting?",
        "Failures that wait for a redrive",
        "Records that were not applied",
        "Refusals",
        "## What happens to each ledger table?",
        "Person: revisions",
        "Person: writes in DynamoDB",
        "Car: revisions",
        "Car: writes in DynamoDB",
        "History: revisions written",
        "History: writes in DynamoDB",
    ]


def test_without_history_there_is_nothing_about_it() -> None:
    found = titles(widgets(WITHOUT_OPTIONS, "eu-west-1"))

    assert found[-2:] == ["Car: revisions", "Car: writes in DynamoDB"]


def test_no_two_widgets_overlap_and_none_leaves_the_grid() -> None:
    arns = [f"arn:alarm-{n}" for n in range(101)]
    cells = [
        (x, y)
        for each in widgets(WATCHED, "eu-west-1", arns)
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]

    assert len(cells) == len(set(cells))
    assert {x for x, _ in cells} == set(range(24))


def test_the_states_of_all_alarms_come_first_a_hundred_in_a_widget() -> None:
    arns = [f"arn:alarm-{n}" for n in range(101)]

    found = widgets(WATCHED, "eu-west-1", arns)

    assert [each["type"] for each in found[:3]] == ["alarm", "alarm", "text"]
    assert [*found[0]["properties"]["alarms"], *found[1]["properties"]["alarms"]] == arns
    assert len(found[0]["properties"]["alarms"]) == 100


def test_every_graph_names_its_region_and_starts_at_zero() -> None:
    graphs = [each for each in widgets(WATCHED, "eu-west-1") if each["type"] == "metric"]

    assert {each["properties"]["region"] for each in graphs} == {"eu-west-1"}
    assert {each["properties"]["yAxis"]["left"]["min"] for each in graphs} == {0}


def limits(title: str) -> list[dict[str, Any]]:
    [graph] = [each for each in widgets(WATCHED, "r") if each["properties"].get("title") == title]
    found: list[dict[str, Any]] = graph["properties"]["annotations"]["horizontal"]
    return found


@pytest.mark.parametrize(
    "title",
    ["Age of the records that are read (ms)", "Replication lag: from the stream to the item (ms)"],
)
def test_the_tolerated_lag_is_a_line(title: str) -> None:
    assert limits(title) == [{"label": "tolerated", "value": 15 * 60_000}]


def test_the_time_out_is_a_line() -> None:
    assert limits("Duration of an invocation (ms)") == [{"label": "time-out", "value": 60_000}]


def test_the_throttles_of_each_index_are_in_the_graph_of_its_table() -> None:
    [graph] = [
        each
        for each in widgets(WATCHED, "r")
        if each["properties"].get("title") == "Person: writes in DynamoDB"
    ]

    indexes = [
        line[line.index("GlobalSecondaryIndexName") + 1]
        for line in graph["properties"]["metrics"]
        if "GlobalSecondaryIndexName" in line
    ]
    assert indexes == ["by-email", "by-city"]


def many_indexes(count: int) -> list[dict[str, Any]]:
    """Return the widgets of 100 tables with indexes, 26 metrics besides those of the tables."""
    indexes = tuple(f"by-{n}" for n in range(count))
    tables = {f"Table{n}": WatchedTable(name=f"t{n}", indexes=indexes) for n in range(100)}
    watched = dataclasses.replace(WATCHED, tables=tables, history_table_name=None)
    return widgets(watched, "eu-west-1")


def lines(found: list[dict[str, Any]]) -> list[list[Any]]:
    return [line for each in found for line in each["properties"].get("metrics", [])]


def test_as_many_indexes_are_shown_as_cloudwatch_allows() -> None:
    found = many_indexes(13)

    assert len(lines(found)) == 26 + 100 * (11 + 13) <= 2500
    assert "## What happens to each ledger table?" in titles(found)


def test_more_indexes_than_cloudwatch_allows_are_left_out_and_the_page_says_so() -> None:
    found = many_indexes(14)

    assert len(lines(found)) == 26 + 100 * 11
    assert not any("GlobalSecondaryIndexName" in line for line in lines(found))
    assert (
        "## What happens to each ledger table? (too many indexes for one dashboard: only the "
        "alarms show their throttles)"
    ) in titles(found)


def test_the_body_is_the_widgets_as_json() -> None:
    body = deployed().one(DASHBOARD).inputs["dashboardBody"]

    assert json.loads(body) == {
        "widgets": widgets(WATCHED, deployment.REGION, ["arn:alarm-0", "arn:alarm-1"])
    }


def test_the_same_stack_has_the_same_body_to_the_byte() -> None:
    first, second = (deployed().one(DASHBOARD).inputs for _ in range(2))

    assert first == second


def test_it_has_the_unique_name_of_the_function() -> None:
    assert deployed().one(DASHBOARD).inputs["dashboardName"] == "function"


def test_the_dashboard_is_on_or_off() -> None:
    problems: list[str] = []

    on = section.read(DashboardSettings, {"dashboard": "true"}, problems)
    off = section.read(DashboardSettings, {"dashboard": "false"}, problems)

    assert problems == []
    assert [each and each.dashboard for each in (on, off)] == [True, False]


def test_another_value_is_refused() -> None:
    problems: list[str] = []

    section.read(DashboardSettings, {"dashboard": "yes"}, problems)

    assert problems == [
        "dashboard is 'yes'; expected true or false: pulumi config set dashboard true"
    ]

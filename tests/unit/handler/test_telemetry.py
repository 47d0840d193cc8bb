"""The published counts of a batch: numbers, names and codes, in CloudWatch's embedded format."""

from __future__ import annotations

import json
import os
import uuid
from collections import Counter
from typing import Any

import pytest

from handler.contract import Metric
from handler.telemetry import BatchCounts, PowertoolsTelemetry, TableCounts
from journal.revisions import IgnoredReason

POWERTOOLS_FIELDS = {"level", "location", "message", "timestamp", "service"}


@pytest.fixture(autouse=True)
def _powertools(monkeypatch: pytest.MonkeyPatch) -> None:
    # Powertools keeps one logger for each service name, with the output of its first use.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", str(uuid.uuid4()))
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "QldbReplica")


def published(
    capsys: pytest.CaptureFixture[str], *batches: BatchCounts
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Publish batches; return the metric objects and the log lines."""
    telemetry = PowertoolsTelemetry("1.2.3")
    for counts in batches:
        telemetry.publish(counts)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line], [line for line in lines if "level" in line]


def full() -> BatchCounts:
    return BatchCounts(
        kinesis_records=9,
        redactions=9,
        tables={
            "Person": TableCounts(applied=2, deleted=1, stale=4, superseded=3, redacted=6),
            "Vehicle": TableCounts(applied=1, superseded=2, unindexed=1, history=8, quarantined=1),
        },
        ignored=Counter({IgnoredReason.CONTROL: 1, IgnoredReason.BLOCK_SUMMARY: 7}),
        ignored_tables=Counter({"Car": 2}),
        quarantined=Counter({("refused", "Validation"): 2}),
        retried=Counter({"Throttling": 1}),
        lags=[0.5, 1.25],
    )


def test_every_count_is_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, _ = published(capsys, full())

    totals = metrics[0]
    assert totals["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "QldbReplica"
    assert totals["service"] == os.environ["POWERTOOLS_SERVICE_NAME"]
    assert {name: totals[name] for name in totals if name[0] in "RH"} == {
        "RevisionsApplied": [3],
        "RevisionsDeleted": [1],
        "RevisionsStale": [4],
        "RevisionsSuperseded": [5],
        "RevisionsRedacted": [6],
        "RevisionsUnindexed": [1],
        "HistoryRevisionsWritten": [8],
        "RecordsQuarantined": [2],
        "RecordsRetried": [1],
        "ReplicationLag": [500, 1250],
    }


def counts_of(metrics: list[dict[str, Any]], dimension: str) -> dict[str, dict[str, list[int]]]:
    """Return the metrics of the objects with a dimension, by its value."""
    found = [line for line in metrics if dimension in line]
    assert {str(directive["Dimensions"]) for line in found for directive in directives(line)} == {
        str([["service", dimension]])
    }
    return {
        line[dimension]: {name: line[name] for name in line if name[0] in "RH"} for line in found
    }


def directives(line: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = line["_aws"]["CloudWatchMetrics"]
    return found


def test_the_totals_have_the_service_alone(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, _ = published(capsys, full())

    assert [each["Dimensions"] for each in directives(metrics[0])] == [[["service"]]]


def test_what_happened_to_a_ledger_table_is_counted_under_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics, _ = published(capsys, full())

    assert counts_of(metrics, "LedgerTable") == {
        "Person": {
            "RevisionsApplied": [2],
            "RevisionsDeleted": [1],
            "RevisionsStale": [4],
            "RevisionsSuperseded": [3],
            "RevisionsRedacted": [6],
        },
        "Vehicle": {
            "RevisionsApplied": [1],
            "RevisionsSuperseded": [2],
            "RevisionsUnindexed": [1],
            "HistoryRevisionsWritten": [8],
            "RecordsQuarantined": [1],
        },
        "Car": {"RecordsIgnored": [2]},
    }


def test_ignored_records_are_counted_by_reason(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, _ = published(capsys, full())

    assert counts_of(metrics, "reason") == {
        "control": {"RecordsIgnored": [1]},
        "block summary": {"RecordsIgnored": [7]},
    }


@pytest.mark.parametrize("name", ["", " ", "Zürich", "a b", "1st", "x" * 129, "a\nb", ":a"])
def test_what_cannot_name_a_ledger_table_is_in_no_metric_and_no_log(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = BatchCounts(
        ignored=Counter({IgnoredReason.UNCONFIGURED_TABLE: 3}), ignored_tables=Counter({name: 3})
    )

    metrics, (line,) = published(capsys, counts)

    assert [each.get("reason") for each in metrics] == [None, "unconfigured table"]
    assert line["ignored"] == {"unconfigured table": 3}
    assert line["ignoredTables"] == {}


def test_the_longest_name_of_a_ledger_table_is_a_dimension(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "_" + "x" * 127

    metrics, _ = published(capsys, BatchCounts(ignored_tables=Counter({name: 1})))

    assert metrics[-1]["LedgerTable"] == name


def test_of_a_batch_without_work_only_one_zero_is_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A ledger table whose counts were looked at only has none.
    metrics, _ = published(capsys, BatchCounts(tables={"Person": TableCounts()}))

    assert [{name: line[name] for name in line if name[0] in "RH"} for line in metrics] == [
        {"RevisionsApplied": [0]}
    ]


def test_no_metric_of_the_contract_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, _ = published(capsys, full())

    definitions = [each["_aws"]["CloudWatchMetrics"][0]["Metrics"] for each in metrics]
    assert {metric["Name"] for each in definitions for metric in each} == set(Metric)


def test_one_log_line_holds_all_counts(capsys: pytest.CaptureFixture[str]) -> None:
    _, (line,) = published(capsys, full())

    assert line["level"] == "WARNING"
    assert {name: line[name] for name in sorted(line) if name not in POWERTOOLS_FIELDS} == {
        "version": "1.2.3",
        "kinesisRecords": 9,
        "applied": 3,
        "deleted": 1,
        "stale": 4,
        "superseded": 5,
        "redacted": 6,
        "unindexed": 1,
        "history": 8,
        "redactions": 9,
        "ignored": {"control": 1, "block summary": 7},
        "ignoredTables": {"Car": 2},
        "quarantined": {"refused: Validation": 2},
        "retried": {"Throttling": 1},
        "longestLagSeconds": 1.25,
    }


def test_a_batch_without_faults_is_logged_as_info(capsys: pytest.CaptureFixture[str]) -> None:
    _, (line,) = published(capsys, BatchCounts(lags=[1.0]))
    assert line["level"] == "INFO"


def test_nothing_of_a_batch_is_published_twice(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, lines = published(capsys, full(), BatchCounts())

    assert metrics[-1]["RevisionsApplied"] == [0]
    assert "ReplicationLag" not in metrics[-1]
    assert len(lines) == 2


def test_many_lags_are_thinned_to_what_one_object_takes(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, _ = published(capsys, BatchCounts(lags=[float(n) for n in range(10_000)]))

    (totals,) = metrics
    lags = totals["ReplicationLag"]
    assert len(lags) <= 100
    assert max(lags) == 9_999_000
    assert min(lags) < 150_000

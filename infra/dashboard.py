"""A dashboard that answers three questions: is it keeping up, is anything waiting, what happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra import metrics
from infra.component import Component
from infra.section import Boolean, Section
from infra.watched import HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.metrics import Metric
    from infra.watched import Watched, WatchedTable

_WIDTH = 24
_GRAPH_HEIGHT = 6
_TEXT_HEIGHT = 1
_ALARM_HEIGHT = 4
_MAX_ALARMS = 100
"""Alarms in one widget (CloudWatch API reference, "Dashboard body structure and syntax")."""

_MAX_METRICS = 2500
"""Metrics in one dashboard (CloudWatch user guide, "CloudWatch service quotas")."""

_WITHOUT_INDEXES = " (too many indexes for one dashboard: only the alarms show their throttles)"

_PERIOD_SECONDS = 60
_MILLISECONDS_PER_SECOND = 1000
_MILLISECONDS_PER_MINUTE = 60 * _MILLISECONDS_PER_SECOND

Widget = dict[str, Any]


class DashboardSettings(Section):
    """Settings of the dashboard.

    Attributes
    ----------
    dashboard
        Whether there is a dashboard.
    """

    dashboard: Boolean


@dataclass(frozen=True, kw_only=True)
class DashboardProps:
    """Arguments of a `Dashboard`.

    Attributes
    ----------
    watched
        What the dashboard shows.
    alarm_arns
        The alarms whose states it shows.
    """

    watched: Watched
    alarm_arns: Sequence[pulumi.Input[str]] = ()


class Dashboard(Component):
    """A CloudWatch dashboard of the stack."""

    dashboard: aws.cloudwatch.Dashboard

    def __init__(
        self,
        name: str,
        props: DashboardProps,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("Dashboard", name, tags=tags, opts=opts)
        region = aws.get_region_output(opts=self.lookup).region
        self.dashboard = aws.cloudwatch.Dashboard(
            name,
            # Pulumi does not name this type, and CloudWatch would overwrite another dashboard of
            # the same name. The function's name is unique.
            dashboard_name=props.watched.function_name,
            dashboard_body=pulumi.Output.json_dumps(
                {"widgets": widgets(props.watched, region, props.alarm_arns)}
            ),
            opts=self.child(),
        )
        self.register_outputs({"dashboardName": self.dashboard.dashboard_name})


def widgets(
    watched: Watched, region: pulumi.Input[str], alarm_arns: Sequence[pulumi.Input[str]] = ()
) -> list[Widget]:
    """Return the widgets from top to bottom.

    CloudWatch API reference, "Dashboard body structure and syntax".

    Parameters
    ----------
    watched
        What is shown.
    region
        AWS region of the stack.
    alarm_arns
        The alarms whose states are shown.

    Returns
    -------
    list
        Plain data, in which names may be outputs. Indexes are left out where all of them would make
        more metrics than CloudWatch allows.
    """
    rows = _rows(watched, region, alarm_arns)
    if _metric_count(rows) > _MAX_METRICS:
        tables = {label: replace(table, indexes=()) for label, table in watched.tables.items()}
        rows = _rows(replace(watched, tables=tables), region, alarm_arns, note=_WITHOUT_INDEXES)
    return _placed(rows)


def _rows(
    watched: Watched,
    region: pulumi.Input[str],
    alarm_arns: Sequence[pulumi.Input[str]],
    *,
    note: str = "",
) -> list[list[Widget]]:
    """Return the widgets in rows, without their places; the note stands above the tables."""
    graph = _Graphs(region)
    rows = [
        *_alarm_rows(alarm_arns),
        [_text("## Is it keeping up?")],
        *_keeping_up(graph, watched),
        [_text("## Is anything waiting?")],
        *_waiting(graph, watched),
        [_text(f"## What happens to each ledger table?{note}")],
        *(_table_row(graph, watched, *each) for each in watched.tables.items()),
    ]
    if watched.history_table_name is not None:
        rows.append(_history_row(graph, watched))
    return rows


def _metric_count(rows: Sequence[Sequence[Widget]]) -> int:
    return sum(len(widget["properties"].get("metrics", ())) for row in rows for widget in row)


def _placed(rows: Sequence[Sequence[Widget]]) -> list[Widget]:
    """Return the widgets of rows with their places: those of a row are equally wide."""
    placed = []
    top = 0
    for row in rows:
        width = _WIDTH // len(row)
        placed += [
            {"x": column * width, "y": top, "width": width, **widget}
            for column, widget in enumerate(row)
        ]
        top += row[0]["height"]
    return placed


def _text(markdown: str) -> Widget:
    return {"type": "text", "height": _TEXT_HEIGHT, "properties": {"markdown": markdown}}


def _alarm_rows(arns: Sequence[pulumi.Input[str]]) -> list[list[Widget]]:
    return [
        [
            {
                "type": "alarm",
                "height": _ALARM_HEIGHT,
                "properties": {"title": "Alarms", "alarms": arns[start : start + _MAX_ALARMS]},
            }
        ]
        for start in range(0, len(arns), _MAX_ALARMS)
    ]


def _line(
    metric: Metric,
    values: Mapping[str, pulumi.Input[str]],
    label: str,
    statistic: str = "Sum",
    *,
    right: bool = False,
) -> list[Any]:
    """Return one line of a graph."""
    dimensions = [part for dimension in metric.at(values).items() for part in dimension]
    options: dict[str, str] = {"label": label, "stat": statistic}
    if right:
        options["yAxis"] = "right"
    return [metric.namespace, metric.name, *dimensions, options]


@dataclass(frozen=True)
class _Graphs:
    """Makes graphs of one region."""

    region: pulumi.Input[str]

    def __call__(
        self, title: str, lines: Sequence[list[Any]], *, limits: Mapping[str, float] | None = None
    ) -> Widget:
        """Return a graph with its lines, and horizontal lines for limits by their labels."""
        properties: dict[str, Any] = {
            "title": title,
            "region": self.region,
            "view": "timeSeries",
            "period": _PERIOD_SECONDS,
            "metrics": list(lines),
            "yAxis": {"left": {"min": 0}, "right": {"min": 0}},
        }
        if limits:
            properties["annotations"] = {
                "horizontal": [{"label": label, "value": value} for label, value in limits.items()]
            }
        return {"type": "metric", "height": _GRAPH_HEIGHT, "properties": properties}


def _keeping_up(graph: _Graphs, watched: Watched) -> list[list[Widget]]:
    stream = {"StreamName": watched.stream_name}
    function = {"FunctionName": watched.function_name}
    mapping = {"EventSourceMappingUUID": watched.event_source_mapping_id}
    service = {"service": watched.service}
    tolerated = {"tolerated": watched.tolerated_lag_minutes * _MILLISECONDS_PER_MINUTE}
    return [
        [
            graph(
                "Age of the records that are read (ms)",
                [
                    _line(metrics.STREAM_ITERATOR_AGE, stream, "stream", "Maximum"),
                    _line(metrics.FUNCTION_ITERATOR_AGE, function, "function", "Maximum"),
                ],
                limits=tolerated,
            ),
            graph(
                "Replication lag: from the stream to the item (ms)",
                [
                    _line(metrics.REPLICATION_LAG, service, statistic, statistic)
                    for statistic in ("p50", "p90", "Maximum")
                ],
                limits=tolerated,
            ),
        ],
        [
            graph(
                "Records",
                [
                    _line(metrics.STREAM_INCOMING_RECORDS, stream, "into the stream"),
                    _line(metrics.MAPPING_POLLED, mapping, "read"),
                    _line(metrics.MAPPING_INVOKED, mapping, "given to the function"),
                ],
            ),
            graph(
                "Duration of an invocation (ms)",
                [
                    _line(metrics.FUNCTION_DURATION, function, statistic, statistic)
                    for statistic in ("p50", "p90", "Maximum")
                ],
                limits={"time-out": watched.function_timeout_seconds * _MILLISECONDS_PER_SECOND},
            ),
            graph(
                "Invocations",
                [
                    _line(metrics.FUNCTION_INVOCATIONS, function, "invocations"),
                    _line(
                        metrics.FUNCTION_CONCURRENCY,
                        function,
                        "at the same time",
                        "Maximum",
                        right=True,
                    ),
                ],
            ),
        ],
    ]


def _waiting(graph: _Graphs, watched: Watched) -> list[list[Widget]]:
    stream = {"StreamName": watched.stream_name}
    function = {"FunctionName": watched.function_name}
    mapping = {"EventSourceMappingUUID": watched.event_source_mapping_id}
    queue = {"QueueName": watched.failure_queue_name}
    service = {"service": watched.service}
    return [
        [
            graph(
                "Failures that wait for a redrive",
                [
                    _line(metrics.QUEUE_VISIBLE, queue, "messages", "Maximum"),
                    _line(
                        metrics.QUEUE_OLDEST, queue, "age of the oldest (s)", "Maximum", right=True
                    ),
                ],
            ),
            graph(
                "Records that were not applied",
                [
                    _line(metrics.TOTAL_QUARANTINED, service, "quarantined"),
                    _line(metrics.TOTAL_RETRIED, service, "to be delivered again"),
                    _line(metrics.MAPPING_FAILED, mapping, "failed"),
                    _line(metrics.MAPPING_DELIVERED_TO_BUCKET, mapping, "given up: in the bucket"),
                    _line(metrics.MAPPING_DROPPED, mapping, "given up: lost"),
                ],
            ),
            graph(
                "Refusals",
                [
                    _line(metrics.FUNCTION_ERRORS, function, "function: errors"),
                    _line(metrics.FUNCTION_THROTTLES, function, "function: throttles"),
                    _line(metrics.FUNCTION_UNDELIVERED, function, "failure bucket: undelivered"),
                    _line(metrics.STREAM_READS_THROTTLED, stream, "stream: reads"),
                    _line(metrics.STREAM_WRITES_THROTTLED, stream, "stream: writes"),
                    _line(metrics.STREAM_PUT_FAILURES, stream, "stream: failures"),
                ],
            ),
        ]
    ]


_COUNTER_LABELS = {
    metrics.TABLE_APPLIED: "applied",
    metrics.TABLE_DELETED: "deleted",
    metrics.TABLE_STALE: "stale",
    metrics.TABLE_SUPERSEDED: "superseded",
    metrics.TABLE_REDACTED: "redacted",
    metrics.TABLE_UNINDEXED: "not in an index",
    metrics.TABLE_HISTORY: "written to the history",
    metrics.TABLE_IGNORED: "ignored",
    metrics.TABLE_QUARANTINED: "quarantined",
}


def _table_row(
    graph: _Graphs, watched: Watched, ledger_table: str, table: WatchedTable
) -> list[Widget]:
    at = {"service": watched.service, "LedgerTable": ledger_table}
    return [
        graph(
            f"{ledger_table}: revisions",
            [_line(metric, at, _COUNTER_LABELS[metric]) for metric in metrics.TABLE_COUNTERS],
        ),
        _writes(graph, ledger_table, table),
    ]


def _history_row(graph: _Graphs, watched: Watched) -> list[Widget]:
    return [
        graph(
            "History: revisions written",
            [_line(metrics.TOTAL_HISTORY, {"service": watched.service}, "written")],
        ),
        _writes(graph, "History", watched.all_tables[HISTORY_TABLE]),
    ]


def _writes(graph: _Graphs, title: str, table: WatchedTable) -> Widget:
    at = {"TableName": table.name}
    return graph(
        f"{title}: writes in DynamoDB",
        [
            _line(metrics.TABLE_CONSUMED_WRITES, at, "write units"),
            _line(metrics.TABLE_WRITE_THROTTLES, at, "throttled", right=True),
            *(
                _line(
                    metrics.INDEX_WRITE_THROTTLES,
                    {**at, "GlobalSecondaryIndexName": index},
                    f"throttled: {index}",
                    right=True,
                )
                for index in table.indexes
            ),
        ],
    )

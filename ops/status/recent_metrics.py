"""Reads the metrics of the last hour."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from infra import metrics
from ops.errors import OpsError
from ops.status.model import RecentMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from infra.metrics import Metric

MAX_QUERIES = 500
"""CloudWatch API reference, ``GetMetricData``."""

_COMPLETE = "Complete"
_HOUR = timedelta(hours=1)
_PERIOD_SECONDS = 60


class _Query(NamedTuple):
    """One metric with its dimensions and the statistic for each minute."""

    metric: Metric
    dimensions: Mapping[str, str]
    statistic: str


def read_recent(
    client: Any,  # noqa: ANN401 (boto3's clients share no type)
    *,
    stream_name: str,
    service: str,
    ledger_tables: Iterable[str],
    now: float,
) -> RecentMetrics:
    """Read what a stack published in the last hour.

    Parameters
    ----------
    client
        A CloudWatch client.
    stream_name
        The Kinesis stream.
    service
        Value of the dimension ``service`` of the function's own metrics.
    ledger_tables
        Names of the ledger tables.
    now
        Seconds since the epoch.

    Raises
    ------
    OpsError
        If CloudWatch does not have the whole answer for a metric.
    """
    at_service = {"service": service}
    age = _Query(metrics.STREAM_ITERATOR_AGE, {"StreamName": stream_name}, "Maximum")
    lag = _Query(metrics.REPLICATION_LAG, at_service, "Maximum")
    applied = _Query(metrics.TOTAL_APPLIED, at_service, "Sum")
    counters = {
        (table, metric): _Query(metric, {**at_service, "LedgerTable": table}, "Sum")
        for table in ledger_tables
        for metric in metrics.TABLE_COUNTERS
    }
    found = _values(client, [age, lag, applied, *counters.values()], now)
    ages, lags, total, *sums = found
    tables: dict[str, dict[str, int]] = defaultdict(dict)
    for (table, metric), values in zip(counters, sums, strict=True):
        if count := round(sum(values)):
            tables[table][metric.name] = count
    return RecentMetrics(
        iterator_age_milliseconds=ages[0] if ages else None,
        lag_milliseconds=lags[0] if lags else None,
        applied=round(sum(total)) if total else None,
        tables=dict(tables),
    )


def _values(
    client: Any,  # noqa: ANN401 (boto3's clients share no type)
    queries: Sequence[_Query],
    now: float,
) -> list[list[float]]:
    """Return the values of each query, the newest first."""
    found: list[list[float]] = [[] for _ in queries]
    for start in range(0, len(queries), MAX_QUERIES):
        part = queries[start : start + MAX_QUERIES]
        for number, values in _pages(client, part, now):
            found[start + number] += values
    return found


def _pages(
    client: Any,  # noqa: ANN401 (boto3's clients share no type)
    queries: Sequence[_Query],
    now: float,
) -> Iterator[tuple[int, list[float]]]:
    """Return values with the number of their query; a query may come again with more."""
    end = datetime.fromtimestamp(now, UTC)
    request: dict[str, Any] = {
        "StartTime": end - _HOUR,
        "EndTime": end,
        "ScanBy": "TimestampDescending",
        "MetricDataQueries": [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": query.metric.namespace,
                        "MetricName": query.metric.name,
                        "Dimensions": [
                            {"Name": name, "Value": value}
                            for name, value in query.metric.at(query.dimensions).items()
                        ],
                    },
                    "Period": _PERIOD_SECONDS,
                    "Stat": query.statistic,
                },
            }
            for number, query in enumerate(queries)
        ],
    }
    status: dict[int, str] = {}
    while True:
        answer = client.get_metric_data(**request)
        for result in answer["MetricDataResults"]:
            number = int(result["Id"].removeprefix("m"))
            status[number] = result["StatusCode"]
            yield number, result["Values"]
        if not answer.get("NextToken"):
            break
        request["NextToken"] = answer["NextToken"]
    _refuse_incomplete(queries, status)


def _refuse_incomplete(queries: Sequence[_Query], status: Mapping[int, str]) -> None:
    """Raise for a metric that CloudWatch could not read, which it says in an answer of status 200.

    CloudWatch API reference, ``MetricDataResult``: a status other than complete means that values
    are missing.
    """
    for number, query in enumerate(queries):
        code = status.get(number, "nothing")
        if code != _COMPLETE:
            raise OpsError(
                f"metrics: CloudWatch answered {code} for {query.metric.name}: run the command "
                "again, and check that you may read metrics"
            )

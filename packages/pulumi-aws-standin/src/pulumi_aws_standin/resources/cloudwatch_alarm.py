"""CloudWatch metric alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import ProviderError, applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import (
    Boolean,
    Integer,
    ListOf,
    Number,
    Object,
    Problem,
    Property,
    String,
    StringMap,
)
from pulumi_aws_standin.tags import CLOUDWATCH, TAGS
from pulumi_aws_standin.values import (
    as_boolean,
    as_integer,
    as_object,
    as_objects,
    as_string,
    as_strings,
    present,
)
from pulumi_aws_standin.wire import contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

_STATISTICS: Final = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_EXTENDED: Final = (
    r"(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)|IQM"
    r"|(TM|WM|PR|TC|TS)\((\d+(\.\d+)?%?)?:(\d+(\.\d+)?%?)?\)"
)
"""CloudWatch user guide, "CloudWatch statistics definitions"."""

_COMPARISONS: Final = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_BANDS: Final = _COMPARISONS[4:]
"""The comparisons with an anomaly detection band."""

_SIZES: Final = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS: Final = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_UNITS: Final = (
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *_SIZES,
    *_BITS,
    *(f"{unit}/Second" for unit in (*_SIZES, *_BITS)),
)
_PERIOD: Final = Integer(minimum=60, maximum=604_800, multiple=60, also=(10, 20, 30))
_QUERY_PERIOD: Final = Integer(minimum=60, maximum=604_800, multiple=60, also=(1, 5, 10, 20, 30))
_HOUR, _DAY, _WEEK = 3600, 86_400, 604_800
_NAME: Final = String(pattern=r"(?s).{1,255}")
_NAMESPACE: Final = String(pattern=r"[^:]{1,255}")
_ACTIONS: Final = ListOf(item=String(pattern=r"arn:.+"), ordered=False, maximum=5)
_MAX_DIMENSIONS: Final = 30

_METRIC: Final = Object(
    properties=(
        Property(name="metricName", type=_NAME, required=True),
        Property(name="namespace", type=_NAMESPACE),
        Property(name="dimensions", type=StringMap()),
        Property(name="period", type=_QUERY_PERIOD, required=True),
        Property(
            name="stat",
            type=String(pattern=f"{'|'.join(_STATISTICS)}|{_EXTENDED}"),
            required=True,
        ),
        Property(name="unit", type=String(values=_UNITS)),
    )
)
_QUERY: Final = Object(
    properties=(
        Property(name="id", type=String(pattern=r"[a-z][A-Za-z0-9_]{0,254}"), required=True),
        Property(name="accountId", type=String(pattern=r"(?s).{1,255}")),
        Property(name="expression", type=String(pattern=r"(?s).{1,1024}")),
        Property(name="label", type=String()),
        Property(name="metric", type=_METRIC),
        Property(name="period", type=_QUERY_PERIOD),
        Property(name="returnData", type=Boolean(), default=False),
    )
)
_WARM_UP: Final = Object(
    properties=(
        Property(
            name="warmUpPeriodDurationInMinutes",
            type=Integer(minimum=1, maximum=2880),
            required=True,
        ),
        Property(name="onlyStartEvaluatingAfterWarmUpPeriodEnds", type=Boolean()),
    )
)

_OF_ONE_METRIC: Final = (
    "metricName",
    "namespace",
    "dimensions",
    "period",
    "statistic",
    "extendedStatistic",
    "unit",
)
"""The properties that an alarm with `metricQueries` must not have (CloudWatch API,
PutMetricAlarm)."""


class MetricAlarm(Resource):
    """An alarm on one metric or on an expression over several. Its id is its name."""

    type_name: ClassVar[str] = "aws:cloudwatch/metricAlarm:MetricAlarm"
    properties = (
        Property(name="name", type=_NAME, force_new=True, autoname=Autoname(max_length=255)),
        Property(name="comparisonOperator", type=String(values=_COMPARISONS), required=True),
        Property(name="evaluationPeriods", type=Integer(minimum=1), required=True),
        Property(name="datapointsToAlarm", type=Integer(minimum=1)),
        Property(name="metricName", type=_NAME),
        Property(name="namespace", type=_NAMESPACE),
        Property(name="dimensions", type=StringMap()),
        Property(name="period", type=_PERIOD),
        Property(name="statistic", type=String(values=_STATISTICS)),
        Property(name="extendedStatistic", type=String(pattern=_EXTENDED)),
        Property(name="metricQueries", type=ListOf(item=_QUERY, ordered=False, maximum=20)),
        Property(name="threshold", type=Number()),
        Property(name="thresholdMetricId", type=String(pattern=r"(?s).{1,255}")),
        Property(
            name="treatMissingData",
            type=String(values=("breaching", "notBreaching", "ignore", "missing")),
            default="missing",
        ),
        Property(
            name="evaluateLowSampleCountPercentiles",
            type=String(values=("evaluate", "ignore")),
            sticky=True,
        ),
        Property(name="unit", type=String(values=_UNITS)),
        Property(name="actionsEnabled", type=Boolean(), default=True),
        Property(name="alarmActions", type=_ACTIONS),
        Property(name="okActions", type=_ACTIONS),
        Property(name="insufficientDataActions", type=_ACTIONS),
        Property(name="alarmDescription", type=String(pattern=r"(?s).{0,1024}")),
        Property(name="warmUpConfiguration", type=_WARM_UP),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = ("ResourceNotFound", "ResourceNotFoundException")
    tagging = CLOUDWATCH

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        queries = inputs.get("metricQueries")
        if queries and not contains_unknown(queries):
            yield from _query_problems(as_objects(queries))
        if queries:
            for name in _OF_ONE_METRIC:
                if inputs.get(name):
                    yield Problem(name, "must not be given with metricQueries")
        else:
            yield from _metric_problems(inputs)
        if inputs.get("threshold") is not None and inputs.get("thresholdMetricId") is not None:
            yield Problem("threshold", "must not be given with thresholdMetricId")
        band = inputs["comparisonOperator"] in _BANDS
        if not contains_unknown(inputs["comparisonOperator"]):
            if band and inputs.get("thresholdMetricId") is None:
                yield Problem("thresholdMetricId", "is required by this comparisonOperator")
            if not band and inputs.get("threshold") is None:
                yield Problem("threshold", "is required by this comparisonOperator")
        yield from _period_problems(inputs)

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        name = as_string(inputs["name"])
        # PutMetricAlarm would overwrite it.
        if _describe(session, name) is not None:
            raise ProviderError(f"there is an alarm {name} already")
        session.cloudwatch.put_metric_alarm(**_request(inputs))
        return name

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        alarm = _describe(session, identifier)
        if alarm is None:
            return None
        # The emulator reports a statistic and a period for an alarm on queries too.
        of_one = {} if known.inputs.get("metricQueries") else _observed_metric(alarm)
        return Observed(
            inputs={
                **dict.fromkeys(_OF_ONE_METRIC),
                **of_one,
                "name": alarm["AlarmName"],
                "comparisonOperator": alarm["ComparisonOperator"],
                "evaluationPeriods": alarm["EvaluationPeriods"],
                "datapointsToAlarm": alarm.get("DatapointsToAlarm"),
                "threshold": _number(alarm.get("Threshold"), known),
                "thresholdMetricId": alarm.get("ThresholdMetricId")
                or known.inputs.get("thresholdMetricId"),
                "treatMissingData": alarm.get("TreatMissingData", "missing"),
                "actionsEnabled": alarm.get("ActionsEnabled", True),
                "alarmActions": list(alarm.get("AlarmActions", [])),
                "okActions": list(alarm.get("OKActions", [])),
                "insufficientDataActions": list(alarm.get("InsufficientDataActions", [])),
                "alarmDescription": alarm.get("AlarmDescription"),
            },
            computed={"arn": alarm["AlarmArn"]},
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        with applying(*sorted(change.names)):
            session.cloudwatch.put_metric_alarm(**_request(change.wanted))

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.cloudwatch.delete_alarms(AlarmNames=[identifier])


def _query_problems(queries: list[dict[str, object]]) -> Iterator[Problem]:
    names = [query["id"] for query in queries]
    for position, query in enumerate(queries):
        path = f"metricQueries[{position}]"
        if query["id"] in names[:position]:
            yield Problem(f"{path}.id", "names a query twice")
        if bool(query.get("expression")) == bool(query.get("metric")):
            yield Problem(path, "must have either an expression or a metric")
        yield from _dimension_problems(
            f"{path}.metric.dimensions", as_object(query.get("metric")).get("dimensions")
        )
    if [query["returnData"] for query in queries].count(True) != 1:
        yield Problem("metricQueries", "must have exactly one member with returnData")


def _metric_problems(inputs: Mapping[str, object]) -> Iterator[Problem]:
    for name in ("metricName", "namespace", "period"):
        if inputs.get(name) is None:
            yield Problem(name, "is required without metricQueries")
    if (inputs.get("statistic") is None) == (inputs.get("extendedStatistic") is None):
        yield Problem("statistic", "is required, either it or extendedStatistic")
    yield from _dimension_problems("dimensions", inputs.get("dimensions"))


def _dimension_problems(path: str, dimensions: object) -> Iterator[Problem]:
    given = as_object(dimensions)
    if len(given) > _MAX_DIMENSIONS:
        yield Problem(path, f"expected at most {_MAX_DIMENSIONS}, got {len(given)}")
    for name, value in given.items():
        if value == "":
            yield Problem(f"{path}.{name}", "must not be empty")


def _period_problems(inputs: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what PutMetricAlarm refuses of the numbers of an alarm (CloudWatch API)."""
    periods, period = inputs["evaluationPeriods"], inputs.get("period")
    datapoints = inputs.get("datapointsToAlarm")
    if not isinstance(periods, int):
        return
    if isinstance(datapoints, int) and datapoints > periods:
        yield Problem("datapointsToAlarm", "must not exceed evaluationPeriods")
    if isinstance(period, int):
        limit = _DAY if period < _HOUR else _WEEK
        if periods * period > limit:
            yield Problem("evaluationPeriods", f"times period must not exceed {limit} s")


def _describe(session: Session, name: str) -> MetricAlarmTypeDef | None:
    found = session.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])
    return next(iter(found["MetricAlarms"]), None)


def _observed_metric(alarm: MetricAlarmTypeDef) -> dict[str, object]:
    extended = alarm.get("ExtendedStatistic")
    return {
        "metricName": alarm.get("MetricName"),
        "namespace": alarm.get("Namespace"),
        "dimensions": {pair["Name"]: pair["Value"] for pair in alarm.get("Dimensions", [])},
        "period": alarm.get("Period"),
        # The emulator reports one beside an extended one.
        "statistic": None if extended else alarm.get("Statistic"),
        "extendedStatistic": extended,
        "unit": alarm.get("Unit"),
    }


def _number(reported: float | None, known: Known) -> object:
    """Return a threshold; None for an alarm whose threshold is a band."""
    if reported is None or known.inputs.get("thresholdMetricId"):
        return None
    return int(reported) if reported.is_integer() else reported


def _request(inputs: Mapping[str, object]) -> dict[str, Any]:
    """Return all settings: PutMetricAlarm replaces an alarm as a whole."""
    queries = as_objects(inputs.get("metricQueries"))
    return present(
        {
            "AlarmName": inputs["name"],
            "ComparisonOperator": inputs["comparisonOperator"],
            "EvaluationPeriods": inputs["evaluationPeriods"],
            "DatapointsToAlarm": inputs.get("datapointsToAlarm"),
            "MetricName": inputs.get("metricName"),
            "Namespace": inputs.get("namespace"),
            "Dimensions": _dimensions(inputs.get("dimensions")),
            "Period": inputs.get("period"),
            "Statistic": inputs.get("statistic"),
            "ExtendedStatistic": inputs.get("extendedStatistic"),
            "Metrics": [_query(query) for query in queries] or None,
            "Threshold": inputs.get("threshold"),
            "ThresholdMetricId": inputs.get("thresholdMetricId"),
            "TreatMissingData": inputs["treatMissingData"],
            "EvaluateLowSampleCountPercentile": inputs.get("evaluateLowSampleCountPercentiles"),
            "Unit": inputs.get("unit"),
            "ActionsEnabled": as_boolean(inputs["actionsEnabled"]),
            "AlarmActions": as_strings(inputs.get("alarmActions")),
            "OKActions": as_strings(inputs.get("okActions")),
            "InsufficientDataActions": as_strings(inputs.get("insufficientDataActions")),
            "AlarmDescription": inputs.get("alarmDescription"),
            "WarmUpConfiguration": _warm_up(as_object(inputs.get("warmUpConfiguration"))),
        }
    )


def _warm_up(configuration: Mapping[str, object]) -> dict[str, Any] | None:
    wait = configuration.get("onlyStartEvaluatingAfterWarmUpPeriodEnds")
    return (
        present(
            {
                "WarmUpPeriodDurationInMinutes": configuration.get("warmUpPeriodDurationInMinutes"),
                "OnlyStartEvaluatingAfterWarmUpPeriodEnds": (
                    None if wait is None else as_boolean(wait)
                ),
            }
        )
        or None
    )


def _query(query: Mapping[str, object]) -> dict[str, Any]:
    metric = as_object(query.get("metric"))
    return present(
        {
            "Id": query["id"],
            "AccountId": query.get("accountId"),
            "Expression": query.get("expression"),
            "Label": query.get("label"),
            "MetricStat": _metric_stat(metric) if metric else None,
            "Period": query.get("period"),
            "ReturnData": as_boolean(query["returnData"]),
        }
    )


def _metric_stat(metric: Mapping[str, object]) -> dict[str, Any]:
    return present(
        {
            "Metric": present(
                {
                    "MetricName": metric["metricName"],
                    "Namespace": metric.get("namespace"),
                    "Dimensions": _dimensions(metric.get("dimensions")),
                }
            ),
            "Period": as_integer(metric["period"]),
            "Stat": metric["stat"],
            "Unit": metric.get("unit"),
        }
    )


def _dimensions(dimensions: object) -> list[dict[str, object]] | None:
    pairs = as_object(dimensions).items()
    return [{"Name": name, "Value": value} for name, value in pairs] or None

"""Event source mappings of Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.quirks import KINESIS_BATCH_SIZE
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Boolean, Integer, ListOf, Object, Property, String
from pulumi_aws_standin.tags import LAMBDA, TAGS
from pulumi_aws_standin.values import as_boolean, as_object, as_strings, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationResponseTypeDef

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session


class EventSourceMapping(Resource):
    """A mapping from a Kinesis stream to a function. Its id is its UUID."""

    type_name: ClassVar[str] = "aws:lambda/eventSourceMapping:EventSourceMapping"
    properties = (
        Property(
            name="eventSourceArn",
            type=String(pattern=r"arn:[^:]+:kinesis:[^:]+:\d{12}:stream/.+"),
            required=True,
            force_new=True,
        ),
        Property(
            name="functionName",
            type=String(meaning=lambda name: name.rsplit(":function:", 1)[-1]),
            required=True,
        ),
        Property(
            name="startingPosition",
            type=String(values=("TRIM_HORIZON", "LATEST")),
            required=True,
            force_new=True,
        ),
        Property(name="enabled", type=Boolean(), default=True),
        Property(
            name="batchSize", type=Integer(minimum=1, maximum=10_000), default=KINESIS_BATCH_SIZE
        ),
        Property(name="maximumBatchingWindowInSeconds", type=Integer(maximum=300), default=0),
        Property(name="bisectBatchOnFunctionError", type=Boolean(), default=False),
        Property(name="parallelizationFactor", type=Integer(minimum=1, maximum=10), default=1),
        Property(
            name="maximumRecordAgeInSeconds",
            type=Integer(minimum=60, maximum=604_800, also=(-1,)),
            default=-1,
        ),
        Property(name="maximumRetryAttempts", type=Integer(maximum=10_000, also=(-1,)), default=-1),
        Property(name="tumblingWindowInSeconds", type=Integer(maximum=900), default=0),
        Property(
            name="functionResponseTypes",
            type=ListOf(item=String(values=("ReportBatchItemFailures",)), ordered=False),
        ),
        Property(
            name="destinationConfig",
            type=Object(
                properties=(
                    Property(
                        name="onFailure",
                        type=Object(
                            properties=(
                                Property(
                                    name="destinationArn",
                                    type=String(pattern=r"arn:[^:]+:[^:]+:.*"),
                                    required=True,
                                ),
                            )
                        ),
                    ),
                )
            ),
        ),
        Property(
            name="metricsConfig",
            type=Object(
                properties=(
                    Property(
                        name="metrics",
                        # The other two are Kafka's (Lambda API, EventSourceMappingMetricsConfig).
                        type=ListOf(item=String(values=("EventCount",)), ordered=False, minimum=1),
                        required=True,
                    ),
                )
            ),
        ),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="functionArn", stable=False),
        Computed(name="lastModified", stable=False),
        Computed(name="lastProcessingResult", stable=False),
        Computed(name="region"),
        Computed(name="state", stable=False),
        Computed(name="stateTransitionReason", stable=False),
        Computed(name="uuid"),
    )
    identity = ("eventSourceArn", "functionName")
    missing = ("ResourceNotFoundException",)
    tagging = LAMBDA

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        request = present(
            {
                "EventSourceArn": inputs["eventSourceArn"],
                "StartingPosition": inputs["startingPosition"],
                **_request(inputs),
            }
        )
        return session.lambda_.create_event_source_mapping(**request)["UUID"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        mapping = session.lambda_.get_event_source_mapping(UUID=identifier)
        arn = mapping.get("EventSourceMappingArn") or session.arn(
            "lambda", f"event-source-mapping:{identifier}"
        )
        state = mapping["State"]
        return Observed(
            inputs=_inputs(mapping),
            computed={
                "arn": arn,
                "functionArn": mapping["FunctionArn"],
                "lastModified": mapping["LastModified"].isoformat(),
                "lastProcessingResult": mapping.get("LastProcessingResult", ""),
                "state": state,
                "stateTransitionReason": mapping.get("StateTransitionReason", ""),
                "uuid": mapping["UUID"],
            },
            pending=None if state in ("Enabled", "Disabled") else state,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        request = _request(change.wanted)
        # An absent setting is removed only when it is sent empty.
        request.setdefault("FunctionResponseTypes", [])
        request.setdefault("DestinationConfig", {"OnFailure": {}})
        request.setdefault("MetricsConfig", {"Metrics": []})
        with applying(*sorted(change.names)):
            session.lambda_.update_event_source_mapping(UUID=identifier, **request)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        def deleted() -> bool:
            try:
                session.lambda_.delete_event_source_mapping(UUID=identifier)
            except session.lambda_.exceptions.ResourceInUseException:
                return False  # an update is under way; the AWS provider retries as well
            return True

        session.wait("it is still in use", deleted, self.timeout_seconds)


def _request(inputs: Mapping[str, object]) -> dict[str, Any]:
    failure = as_object(as_object(inputs.get("destinationConfig")).get("onFailure"))
    destination = {"OnFailure": {"Destination": failure["destinationArn"]}} if failure else None
    metrics = as_strings(as_object(inputs.get("metricsConfig")).get("metrics"))
    return present(
        {
            "FunctionName": inputs["functionName"],
            "Enabled": as_boolean(inputs["enabled"]),
            "BatchSize": inputs["batchSize"],
            "MaximumBatchingWindowInSeconds": inputs["maximumBatchingWindowInSeconds"],
            "BisectBatchOnFunctionError": inputs["bisectBatchOnFunctionError"],
            "ParallelizationFactor": inputs["parallelizationFactor"],
            "MaximumRecordAgeInSeconds": inputs["maximumRecordAgeInSeconds"],
            "MaximumRetryAttempts": inputs["maximumRetryAttempts"],
            "TumblingWindowInSeconds": inputs["tumblingWindowInSeconds"],
            "FunctionResponseTypes": inputs.get("functionResponseTypes"),
            "DestinationConfig": destination,
            "MetricsConfig": {"Metrics": metrics} if metrics else None,
        }
    )


def _inputs(mapping: EventSourceMappingConfigurationResponseTypeDef) -> dict[str, object]:
    destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return {
        "eventSourceArn": mapping.get("EventSourceArn"),
        "functionName": mapping["FunctionArn"],
        "startingPosition": mapping.get("StartingPosition"),
        "enabled": mapping["State"] not in ("Disabled", "Disabling"),
        "batchSize": mapping.get("BatchSize"),
        "maximumBatchingWindowInSeconds": mapping.get("MaximumBatchingWindowInSeconds", 0),
        "bisectBatchOnFunctionError": mapping.get("BisectBatchOnFunctionError", False),
        "parallelizationFactor": mapping.get("ParallelizationFactor", 1),
        "maximumRecordAgeInSeconds": mapping.get("MaximumRecordAgeInSeconds", -1),
        "maximumRetryAttempts": mapping.get("MaximumRetryAttempts", -1),
        "tumblingWindowInSeconds": mapping.get("TumblingWindowInSeconds", 0),
        "functionResponseTypes": list(mapping.get("FunctionResponseTypes", [])),
        "destinationConfig": (
            {"onFailure": {"destinationArn": destination}} if destination else None
        ),
    }

"""Lambda functions and their event source mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pulumi_aws_standin.archives import code_hash, zip_bytes
from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.quirks import KINESIS_BATCH_SIZE
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import (
    Code,
    Flag,
    ListOf,
    Problem,
    Property,
    Record,
    Text,
    TextMap,
    Whole,
)
from pulumi_aws_standin.tags import LAMBDA, TAGS
from pulumi_aws_standin.values import flag, number, present, record, texts
from pulumi_aws_standin.wire import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_lambda.type_defs import (
        EventSourceMappingConfigurationResponseTypeDef,
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )

    from pulumi_aws_standin.session import Session

_MISSING = "ResourceNotFoundException"
_NO_RESERVATION = -1
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")


class Function(Resource):
    """A function from a zip archive. Its id is its name."""

    type_name: ClassVar[str] = "aws:lambda/function:Function"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[A-Za-z0-9_-]{1,64}"),
            force_new=True,
            autoname=Autoname(longest=64),
        ),
        Property(name="code", type=Code(), required=True),
        Property(name="handler", type=Text(pattern=r"\S{1,128}"), required=True),
        Property(
            name="runtime",
            type=Text(pattern=r"(python|nodejs|java|dotnet|ruby|provided)[a-z0-9.]*"),
            required=True,
        ),
        Property(
            name="role",
            type=Text(pattern=r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[\w+=,.@/-]+"),
            required=True,
        ),
        Property(
            name="architectures",
            type=ListOf(item=Text(values=("x86_64", "arm64")), minimum=1),
            default=["x86_64"],
        ),
        Property(name="description", type=Text(pattern=r"(?s).{0,256}")),
        Property(name="timeout", type=Whole(minimum=1, maximum=900), default=3),
        Property(name="memorySize", type=Whole(minimum=128, maximum=10_240), default=128),
        Property(
            name="reservedConcurrentExecutions",
            type=Whole(minimum=0, also=(_NO_RESERVATION,)),
            default=_NO_RESERVATION,
        ),
        Property(
            name="environment",
            type=Record(properties=(Property(name="variables", type=TextMap()),)),
        ),
        Property(
            name="tracingConfig",
            type=Record(
                properties=(
                    Property(
                        name="mode", type=Text(values=("Active", "PassThrough")), required=True
                    ),
                )
            ),
            default={"mode": "PassThrough"},
        ),
        Property(
            name="loggingConfig",
            type=Record(
                properties=(
                    Property(name="logFormat", type=Text(values=("JSON", "Text")), required=True),
                    Property(name="logGroup", type=Text(pattern=r"[A-Za-z0-9_./#-]{1,512}")),
                    Property(name="applicationLogLevel", type=Text(values=_LEVELS)),
                    Property(name="systemLogLevel", type=Text(values=_SYSTEM_LEVELS)),
                )
            ),
            default={"logFormat": "Text"},
        ),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="codeSha256", stable=False),
        Computed(name="invokeArn"),
        Computed(name="lastModified", stable=False),
        Computed(name="qualifiedArn"),
        Computed(name="qualifiedInvokeArn"),
        Computed(name="region"),
        Computed(name="responseStreamingInvokeArn"),
        Computed(name="sourceCodeSize", stable=False),
        Computed(name="version"),
    )
    missing = (_MISSING,)
    tagging = LAMBDA

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """See the base class."""
        logging = record(inputs["loggingConfig"])
        if logging.get("logFormat") == "Text":
            for name in ("applicationLogLevel", "systemLogLevel"):
                if logging.get(name) is not None:
                    yield Problem(f"loggingConfig.{name}", "is possible with logFormat JSON only")

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        request = present(
            {
                "FunctionName": inputs["name"],
                "Code": {"ZipFile": zip_bytes(_archive(inputs))},
                "Architectures": inputs["architectures"],
                **_configuration(inputs),
            }
        )
        return session.lambda_.create_function(**request)["FunctionName"]

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        with missing_is_fine(_MISSING):
            answer = session.lambda_.get_function(FunctionName=identifier)
            configuration = answer["Configuration"]
            reserved = session.lambda_.get_function_concurrency(FunctionName=identifier).get(
                "ReservedConcurrentExecutions", _NO_RESERVATION
            )
            inputs = _function_inputs(answer, known) | {"reservedConcurrentExecutions": reserved}
            pending, failure = _function_state(configuration)
            return Observed(
                inputs=inputs,
                computed=_function_outputs(session, configuration),
                pending=pending,
                failure=failure,
            )
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        client = session.lambda_
        if changed.any("code", "architectures"):
            with applying(*[name for name in ("code", "architectures") if name in changed]):
                client.update_function_code(
                    FunctionName=identifier,
                    ZipFile=zip_bytes(_archive(wanted)),
                    Architectures=texts(wanted["architectures"]),  # type: ignore[arg-type]
                )
            self._wait(session, identifier)
        settings = _CONFIGURATION.intersection(changed.names)
        if settings:
            with applying(*sorted(settings)):
                client.update_function_configuration(
                    FunctionName=identifier, **{"Description": "", **_configuration(wanted)}
                )
            self._wait(session, identifier)
        if "reservedConcurrentExecutions" in changed:
            reserved = number(wanted["reservedConcurrentExecutions"])
            with applying("reservedConcurrentExecutions"):
                if reserved == _NO_RESERVATION:
                    client.delete_function_concurrency(FunctionName=identifier)
                else:
                    client.put_function_concurrency(
                        FunctionName=identifier, ReservedConcurrentExecutions=reserved
                    )

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            session.lambda_.delete_function(FunctionName=identifier)

    def _wait(self, session: Session, identifier: str) -> None:
        def usable() -> bool:
            configuration = session.lambda_.get_function_configuration(FunctionName=identifier)
            return _function_state(configuration)[0] is None

        session.wait("the function's update did not end", usable, self.timeout_seconds)


#: The properties that UpdateFunctionConfiguration sets.
_CONFIGURATION: Final = frozenset(
    {
        "description",
        "environment",
        "handler",
        "loggingConfig",
        "memorySize",
        "role",
        "runtime",
        "timeout",
        "tracingConfig",
    }
)


class EventSourceMapping(Resource):
    """A mapping from a Kinesis stream to a function. Its id is its UUID."""

    type_name: ClassVar[str] = "aws:lambda/eventSourceMapping:EventSourceMapping"
    properties = (
        Property(
            name="eventSourceArn",
            type=Text(pattern=r"arn:[^:]+:kinesis:[^:]+:\d{12}:stream/.+"),
            required=True,
            force_new=True,
        ),
        Property(
            name="functionName",
            type=Text(meaning=lambda name: name.rsplit(":function:", 1)[-1]),
            required=True,
        ),
        Property(
            name="startingPosition",
            type=Text(values=("TRIM_HORIZON", "LATEST")),
            required=True,
            force_new=True,
        ),
        Property(name="enabled", type=Flag(), default=True),
        Property(
            name="batchSize", type=Whole(minimum=1, maximum=10_000), default=KINESIS_BATCH_SIZE
        ),
        Property(name="maximumBatchingWindowInSeconds", type=Whole(maximum=300), default=0),
        Property(name="bisectBatchOnFunctionError", type=Flag(), default=False),
        Property(name="parallelizationFactor", type=Whole(minimum=1, maximum=10), default=1),
        Property(
            name="maximumRecordAgeInSeconds",
            type=Whole(minimum=60, maximum=604_800, also=(-1,)),
            default=-1,
        ),
        Property(name="maximumRetryAttempts", type=Whole(maximum=10_000, also=(-1,)), default=-1),
        Property(name="tumblingWindowInSeconds", type=Whole(maximum=900), default=0),
        Property(
            name="functionResponseTypes",
            type=ListOf(item=Text(values=("ReportBatchItemFailures",)), ordered=False),
        ),
        Property(
            name="destinationConfig",
            type=Record(
                properties=(
                    Property(
                        name="onFailure",
                        type=Record(
                            properties=(
                                Property(
                                    name="destinationArn",
                                    type=Text(pattern=r"arn:[^:]+:[^:]+:.*"),
                                    required=True,
                                ),
                            )
                        ),
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
    missing = (_MISSING,)
    tagging = LAMBDA

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        request = present(
            {
                "EventSourceArn": inputs["eventSourceArn"],
                "StartingPosition": inputs["startingPosition"],
                **_mapping(inputs),
            }
        )
        return session.lambda_.create_event_source_mapping(**request)["UUID"]

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            mapping = session.lambda_.get_event_source_mapping(UUID=identifier)
            arn = mapping.get("EventSourceMappingArn") or _mapping_arn(session, identifier)
            state = mapping["State"]
            return Observed(
                inputs=_mapping_inputs(mapping),
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
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        request = _mapping(wanted)
        # What is absent is removed only when it is sent empty.
        request.setdefault("FunctionResponseTypes", [])
        request.setdefault("DestinationConfig", {"OnFailure": {}})
        with applying(*sorted(changed.names)):
            session.lambda_.update_event_source_mapping(UUID=identifier, **request)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known

        def deleted() -> bool:
            try:
                session.lambda_.delete_event_source_mapping(UUID=identifier)
            except session.lambda_.exceptions.ResourceInUseException:
                return False  # an update is under way; the AWS provider tries again as well
            return True

        with missing_is_fine(_MISSING):
            session.wait("the mapping stays in use", deleted, self.timeout_seconds)


def _archive(inputs: Mapping[str, object]) -> Archive:
    code = inputs["code"]
    return code if isinstance(code, Archive) else Archive()


def _configuration(inputs: Mapping[str, object]) -> dict[str, Any]:
    logging = record(inputs["loggingConfig"])
    return present(
        {
            "Runtime": inputs["runtime"],
            "Role": inputs["role"],
            "Handler": inputs["handler"],
            "Timeout": inputs["timeout"],
            "MemorySize": inputs["memorySize"],
            "Description": inputs.get("description"),
            "Environment": {
                "Variables": record(record(inputs.get("environment")).get("variables"))
            },
            "TracingConfig": {"Mode": record(inputs["tracingConfig"])["mode"]},
            "LoggingConfig": present(
                {
                    "LogFormat": logging["logFormat"],
                    "LogGroup": logging.get("logGroup"),
                    "ApplicationLogLevel": logging.get("applicationLogLevel"),
                    "SystemLogLevel": logging.get("systemLogLevel"),
                }
            ),
        }
    )


def _function_state(
    configuration: FunctionConfigurationTypeDef | FunctionConfigurationResponseTypeDef,
) -> tuple[str | None, str | None]:
    state = configuration.get("State", "Active")
    last_update = configuration.get("LastUpdateStatus", "Successful")
    if state == "Failed":
        return None, f"the function is Failed: {configuration.get('StateReason', 'no reason')}"
    if last_update == "Failed":
        reason = configuration.get("LastUpdateStatusReason", "no reason")
        return None, f"the function's last update is Failed: {reason}"
    if state == "Pending":
        return "Pending", None
    return ("InProgress" if last_update == "InProgress" else None), None


def _function_inputs(answer: GetFunctionResponseTypeDef, known: Known) -> dict[str, object]:
    configuration = answer["Configuration"]
    name = configuration["FunctionName"]
    logging = configuration.get("LoggingConfig", {})
    log_group = logging.get("LogGroup")
    return {
        "name": name,
        "code": _deployed_code(configuration["CodeSha256"], known),
        "handler": configuration.get("Handler"),
        "runtime": configuration.get("Runtime"),
        "role": configuration["Role"],
        "architectures": list(configuration.get("Architectures", ["x86_64"])),
        "description": configuration.get("Description"),
        "timeout": configuration["Timeout"],
        "memorySize": configuration["MemorySize"],
        "environment": {"variables": configuration.get("Environment", {}).get("Variables", {})},
        "tracingConfig": {
            "mode": configuration.get("TracingConfig", {}).get("Mode", "PassThrough")
        },
        "loggingConfig": present(
            {
                "logFormat": logging.get("LogFormat", "Text"),
                # Absent and the group that Lambda takes by itself are the same.
                "logGroup": None if log_group == f"/aws/lambda/{name}" else log_group,
                "applicationLogLevel": logging.get("ApplicationLogLevel"),
                "systemLogLevel": logging.get("SystemLogLevel"),
            }
        ),
    }


def _deployed_code(deployed: str, known: Known) -> object:
    """Return the known archive where it is what is deployed, else None."""
    code = known.inputs.get("code")
    if not isinstance(code, Archive):
        return None
    if code.complete:
        return code if code_hash(zip_bytes(code)) == deployed else None
    return code if known.outputs.get("codeSha256") == deployed else None


def _function_outputs(
    session: Session, configuration: FunctionConfigurationTypeDef
) -> dict[str, object]:
    arn = configuration["FunctionArn"]
    qualified = f"{arn}:{configuration['Version']}"
    gateway = f"arn:{session.partition}:apigateway:{session.region}:lambda:path"
    return {
        "arn": arn,
        "codeSha256": configuration["CodeSha256"],
        "invokeArn": f"{gateway}/2015-03-31/functions/{arn}/invocations",
        "lastModified": configuration["LastModified"],
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": f"{gateway}/2015-03-31/functions/{qualified}/invocations",
        "responseStreamingInvokeArn": (
            f"{gateway}/2021-11-15/functions/{arn}/response-streaming-invocations"
        ),
        "sourceCodeSize": configuration["CodeSize"],
        "version": configuration["Version"],
    }


def _mapping(inputs: Mapping[str, object]) -> dict[str, Any]:
    failure = record(record(inputs.get("destinationConfig")).get("onFailure"))
    destination = {"OnFailure": {"Destination": failure["destinationArn"]}} if failure else None
    return present(
        {
            "FunctionName": inputs["functionName"],
            "Enabled": flag(inputs["enabled"]),
            "BatchSize": inputs["batchSize"],
            "MaximumBatchingWindowInSeconds": inputs["maximumBatchingWindowInSeconds"],
            "BisectBatchOnFunctionError": inputs["bisectBatchOnFunctionError"],
            "ParallelizationFactor": inputs["parallelizationFactor"],
            "MaximumRecordAgeInSeconds": inputs["maximumRecordAgeInSeconds"],
            "MaximumRetryAttempts": inputs["maximumRetryAttempts"],
            "TumblingWindowInSeconds": inputs["tumblingWindowInSeconds"],
            "FunctionResponseTypes": inputs.get("functionResponseTypes"),
            "DestinationConfig": destination,
        }
    )


def _mapping_inputs(mapping: EventSourceMappingConfigurationResponseTypeDef) -> dict[str, object]:
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


def _mapping_arn(session: Session, identifier: str) -> str:
    prefix = f"arn:{session.partition}:lambda:{session.region}:{session.account}"
    return f"{prefix}:event-source-mapping:{identifier}"

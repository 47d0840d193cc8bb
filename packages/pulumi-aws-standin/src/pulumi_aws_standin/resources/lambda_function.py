"""Lambda functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.archives import code_hash, zip_bytes
from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.quirks import not_runnable
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import (
    Code,
    Integer,
    ListOf,
    Object,
    Problem,
    Property,
    String,
    StringMap,
)
from pulumi_aws_standin.tags import LAMBDA, TAGS
from pulumi_aws_standin.values import as_integer, as_object, as_strings, present
from pulumi_aws_standin.wire import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

_NO_RESERVATION = -1
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")

_CONFIGURATION: Final = frozenset(
    {
        "description",
        "environment",
        "handler",
        "kmsKeyArn",
        "loggingConfig",
        "memorySize",
        "role",
        "runtime",
        "timeout",
        "tracingConfig",
    }
)
"""The properties that UpdateFunctionConfiguration sets."""


class Function(Resource):
    """A function from a zip archive. Its id is its name."""

    type_name: ClassVar[str] = "aws:lambda/function:Function"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_-]{1,64}"),
            force_new=True,
            autoname=Autoname(max_length=64),
        ),
        Property(name="code", type=Code(), required=True),
        Property(name="handler", type=String(pattern=r"\S{1,128}"), required=True),
        Property(
            name="runtime",
            type=String(pattern=r"(python|nodejs|java|dotnet|ruby|provided)[a-z0-9.]*"),
            required=True,
        ),
        Property(
            name="role",
            type=String(pattern=r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[\w+=,.@/-]+"),
            required=True,
        ),
        Property(
            name="architectures",
            type=ListOf(item=String(values=("x86_64", "arm64")), minimum=1),
            default=["x86_64"],
        ),
        Property(name="description", type=String(pattern=r"(?s).{0,256}")),
        Property(name="timeout", type=Integer(minimum=1, maximum=900), default=3),
        Property(name="memorySize", type=Integer(minimum=128, maximum=10_240), default=128),
        Property(
            name="reservedConcurrentExecutions",
            type=Integer(minimum=0, also=(_NO_RESERVATION,)),
            default=_NO_RESERVATION,
        ),
        Property(name="kmsKeyArn", type=String(pattern=r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+")),
        Property(
            name="environment",
            type=Object(properties=(Property(name="variables", type=StringMap()),)),
        ),
        Property(
            name="tracingConfig",
            type=Object(
                properties=(
                    Property(
                        name="mode", type=String(values=("Active", "PassThrough")), required=True
                    ),
                )
            ),
            default={"mode": "PassThrough"},
        ),
        Property(
            name="loggingConfig",
            type=Object(
                properties=(
                    Property(name="logFormat", type=String(values=("JSON", "Text")), required=True),
                    Property(name="logGroup", type=String(pattern=r"[A-Za-z0-9_./#-]{1,512}")),
                    Property(name="applicationLogLevel", type=String(values=_LEVELS)),
                    Property(name="systemLogLevel", type=String(values=_SYSTEM_LEVELS)),
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
    missing = ("ResourceNotFoundException",)
    tagging = LAMBDA

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        for name, reason in not_runnable(inputs["runtime"], inputs["architectures"]):
            yield Problem(name, reason)
        logging = as_object(inputs["loggingConfig"])
        if logging.get("logFormat") == "Text":
            for name in ("applicationLogLevel", "systemLogLevel"):
                if logging.get(name) is not None:
                    yield Problem(f"loggingConfig.{name}", "is possible with logFormat JSON only")

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        request = present(
            {
                "FunctionName": inputs["name"],
                "Code": {"ZipFile": zip_bytes(_archive(inputs))},
                "Architectures": inputs["architectures"],
                **_configuration(inputs),
            }
        )
        return session.lambda_.create_function(**request)["FunctionName"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        answer = session.lambda_.get_function(FunctionName=identifier)
        configuration = answer["Configuration"]
        reserved = session.lambda_.get_function_concurrency(FunctionName=identifier).get(
            "ReservedConcurrentExecutions", _NO_RESERVATION
        )
        inputs = _inputs(answer, known) | {"reservedConcurrentExecutions": reserved}
        pending, failure = _state(configuration)
        return Observed(
            inputs=inputs,
            computed=_outputs(session, configuration),
            pending=pending,
            failure=failure,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        client = session.lambda_
        if change.any("code", "architectures"):
            with applying(*[name for name in ("code", "architectures") if name in change]):
                client.update_function_code(
                    FunctionName=identifier,
                    ZipFile=zip_bytes(_archive(change.wanted)),
                    Architectures=as_strings(change.wanted["architectures"]),  # type: ignore[arg-type]
                )
            self.wait_until_usable(session, identifier)
        settings = _CONFIGURATION.intersection(change.names)
        if settings:
            with applying(*sorted(settings)):
                client.update_function_configuration(
                    FunctionName=identifier,
                    # Absent settings are removed only when they are sent empty.
                    **{"Description": "", "KMSKeyArn": "", **_configuration(change.wanted)},
                )
            self.wait_until_usable(session, identifier)
        if "reservedConcurrentExecutions" in change:
            reserved = as_integer(change.wanted["reservedConcurrentExecutions"])
            with applying("reservedConcurrentExecutions"):
                if reserved == _NO_RESERVATION:
                    client.delete_function_concurrency(FunctionName=identifier)
                else:
                    client.put_function_concurrency(
                        FunctionName=identifier, ReservedConcurrentExecutions=reserved
                    )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.lambda_.delete_function(FunctionName=identifier)


def _archive(inputs: Mapping[str, object]) -> Archive:
    code = inputs["code"]
    return code if isinstance(code, Archive) else Archive()


def _configuration(inputs: Mapping[str, object]) -> dict[str, Any]:
    logging = as_object(inputs["loggingConfig"])
    return present(
        {
            "Runtime": inputs["runtime"],
            "Role": inputs["role"],
            "Handler": inputs["handler"],
            "Timeout": inputs["timeout"],
            "MemorySize": inputs["memorySize"],
            "Description": inputs.get("description"),
            "KMSKeyArn": inputs.get("kmsKeyArn"),
            "Environment": {
                "Variables": as_object(as_object(inputs.get("environment")).get("variables"))
            },
            "TracingConfig": {"Mode": as_object(inputs["tracingConfig"])["mode"]},
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


def _state(
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


def _inputs(answer: GetFunctionResponseTypeDef, known: Known) -> dict[str, object]:
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
        "kmsKeyArn": configuration.get("KMSKeyArn"),
        "timeout": configuration["Timeout"],
        "memorySize": configuration["MemorySize"],
        "environment": {"variables": configuration.get("Environment", {}).get("Variables", {})},
        "tracingConfig": {
            "mode": configuration.get("TracingConfig", {}).get("Mode", "PassThrough")
        },
        "loggingConfig": present(
            {
                "logFormat": logging.get("LogFormat", "Text"),
                # Absent means the same as the group that Lambda uses by default.
                "logGroup": None if log_group == f"/aws/lambda/{name}" else log_group,
                "applicationLogLevel": logging.get("ApplicationLogLevel"),
                "systemLogLevel": logging.get("SystemLogLevel"),
            }
        ),
    }


def _deployed_code(deployed: str, known: Known) -> object:
    """Return the known archive if it is the deployed one, else None."""
    code = known.inputs.get("code")
    if not isinstance(code, Archive):
        return None
    if code.complete:
        return code if code_hash(zip_bytes(code)) == deployed else None
    return code if known.outputs.get("codeSha256") == deployed else None


def _outputs(session: Session, configuration: FunctionConfigurationTypeDef) -> dict[str, object]:
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

"""SQS queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Boolean, Integer, Problem, Property, String
from pulumi_aws_standin.tags import SQS_QUEUE, TAGS
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

MISSING: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""The error codes of a queue that does not exist."""

_ATTRIBUTES: Final = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
"""The attributes' names in the SQS API by their property."""

_TEXTS: Final = frozenset({"kmsMasterKeyId"})
"""The attributes that are neither numbers nor booleans."""


class Queue(Resource):
    """A standard queue. Its id is its URL."""

    type_name: ClassVar[str] = "aws:sqs/queue:Queue"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_-]{1,80}"),
            force_new=True,
            autoname=Autoname(max_length=80),
        ),
        Property(name="delaySeconds", type=Integer(maximum=900), default=0),
        Property(
            name="maxMessageSize", type=Integer(minimum=1024, maximum=1_048_576), default=262_144
        ),
        Property(
            name="messageRetentionSeconds",
            type=Integer(minimum=60, maximum=1_209_600),
            default=345_600,
        ),
        Property(name="receiveWaitTimeSeconds", type=Integer(maximum=20), default=0),
        Property(name="sqsManagedSseEnabled", type=Boolean(), sticky=True),
        Property(name="kmsMasterKeyId", type=String()),
        Property(
            name="kmsDataKeyReusePeriodSeconds",
            type=Integer(minimum=60, maximum=86_400),
            sticky=True,
        ),
        Property(name="visibilityTimeoutSeconds", type=Integer(maximum=43_200), default=30),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="region"),
        Computed(name="url"),
    )
    missing = MISSING
    tagging = SQS_QUEUE

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        if inputs.get("kmsMasterKeyId") and inputs.get("sqsManagedSseEnabled") is not None:
            yield Problem("kmsMasterKeyId", "must not be given with sqsManagedSseEnabled")

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        answer = session.sqs.create_queue(
            QueueName=as_string(inputs["name"]),
            Attributes=_attributes(
                inputs, [name for name in _ATTRIBUTES if inputs.get(name) is not None]
            ),
        )
        return answer["QueueUrl"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        reported: dict[str, str] = session.sqs.get_queue_attributes(
            QueueUrl=identifier, AttributeNames=["All"]
        )["Attributes"]  # type: ignore[assignment]
        inputs: dict[str, object] = {
            name: reported[attribute] if name in _TEXTS else _value(reported[attribute])
            for name, attribute in _ATTRIBUTES.items()
            if attribute in reported
        }
        inputs.setdefault("kmsMasterKeyId", None)
        # AWS's default, which a key of one's own replaces (SQS API, SetQueueAttributes).
        inputs.setdefault("sqsManagedSseEnabled", not inputs["kmsMasterKeyId"])
        arn = reported["QueueArn"]
        inputs["name"] = arn.rsplit(":", 1)[-1]
        return Observed(inputs=inputs, computed={"arn": arn, "url": identifier})

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        names = [name for name in _ATTRIBUTES if name in change]
        with applying(*names):
            session.sqs.set_queue_attributes(
                QueueUrl=identifier, Attributes=_attributes(change.wanted, names)
            )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.sqs.delete_queue(QueueUrl=identifier)


def _attributes(inputs: Mapping[str, object], names: Any) -> Any:  # noqa: ANN401 (the stubs' type has one literal key per attribute)
    return {_ATTRIBUTES[name]: _text(inputs.get(name)) for name in names}


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(reported: str) -> object:
    return reported == "true" if reported in ("true", "false") else int(reported)

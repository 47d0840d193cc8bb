"""SQS queues and their policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.quirks import from_emulator, resource_policy_for_emulator
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Flag, Policy, Property, Text, Whole, policy_text
from pulumi_aws_standin.tags import SQS_QUEUE, TAGS
from pulumi_aws_standin.values import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.session import Session

_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
#: The queue's attributes in the SQS API by their property.
_ATTRIBUTES: Final = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


class Queue(Resource):
    """A standard queue. Its id is its URL."""

    type_name: ClassVar[str] = "aws:sqs/queue:Queue"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[A-Za-z0-9_-]{1,80}"),
            force_new=True,
            autoname=Autoname(longest=80),
        ),
        Property(name="delaySeconds", type=Whole(maximum=900), default=0),
        Property(
            name="maxMessageSize", type=Whole(minimum=1024, maximum=1_048_576), default=262_144
        ),
        Property(
            name="messageRetentionSeconds",
            type=Whole(minimum=60, maximum=1_209_600),
            default=345_600,
        ),
        Property(name="receiveWaitTimeSeconds", type=Whole(maximum=20), default=0),
        Property(name="sqsManagedSseEnabled", type=Flag(), default=True),
        Property(name="visibilityTimeoutSeconds", type=Whole(maximum=43_200), default=30),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="region"),
        Computed(name="url"),
    )
    missing = _MISSING
    tagging = SQS_QUEUE

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        answer = session.sqs.create_queue(
            QueueName=text(inputs["name"]),
            Attributes=_attributes(inputs, _ATTRIBUTES),
        )
        return answer["QueueUrl"]

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_MISSING):
            told: dict[str, str] = session.sqs.get_queue_attributes(
                QueueUrl=identifier, AttributeNames=["All"]
            )["Attributes"]  # type: ignore[assignment]
            inputs: dict[str, object] = {
                name: _value(told[attribute])
                for name, attribute in _ATTRIBUTES.items()
                if attribute in told
            }
            arn = told["QueueArn"]
            inputs["name"] = arn.rsplit(":", 1)[-1]
            return Observed(inputs=inputs, computed={"arn": arn, "url": identifier})
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        names = [name for name in _ATTRIBUTES if name in changed]
        with applying(*names):
            session.sqs.set_queue_attributes(
                QueueUrl=identifier, Attributes=_attributes(wanted, names)
            )

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_MISSING):
            session.sqs.delete_queue(QueueUrl=identifier)


class QueuePolicy(Resource):
    """The policy of a queue. Its id is the queue's URL."""

    type_name: ClassVar[str] = "aws:sqs/queuePolicy:QueuePolicy"
    properties = (
        Property(name="queueUrl", type=Text(), required=True, force_new=True),
        Property(name="policy", type=Policy(), required=True),
    )
    computed = (Computed(name="region"),)
    identity = ("queueUrl",)

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        identifier = text(inputs["queueUrl"])
        self._put(session, identifier, policy_text(inputs["policy"]))
        return identifier

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_MISSING):
            told: dict[str, str] = session.sqs.get_queue_attributes(
                QueueUrl=identifier, AttributeNames=["Policy"]
            ).get("Attributes", {})  # type: ignore[assignment]
            if told.get("Policy"):
                policy = from_emulator(told["Policy"], resource_policy_for_emulator)
                return Observed(inputs={"queueUrl": identifier, "policy": policy})
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        del changed
        with applying("policy"):
            self._put(session, identifier, policy_text(wanted["policy"]))

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_MISSING):
            self._put(session, identifier, "")

    def _put(self, session: Session, identifier: str, policy: str) -> None:
        session.sqs.set_queue_attributes(
            QueueUrl=identifier,
            Attributes={"Policy": policy and resource_policy_for_emulator(policy)},
        )


def _attributes(inputs: Mapping[str, object], names: Any) -> Any:  # noqa: ANN401  the stubs' type has one literal key per attribute
    return {_ATTRIBUTES[name]: _text(inputs[name]) for name in names}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(told: str) -> object:
    return told == "true" if told in ("true", "false") else int(told)

"""Policies of SQS queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.quirks import from_emulator, policy_for_emulator
from pulumi_aws_standin.resource import Computed, Observed, Setting
from pulumi_aws_standin.resources.sqs_queue import MISSING
from pulumi_aws_standin.schema import Policy, Property, String, policy_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


class QueuePolicy(Setting):
    """The policy of a queue. Its id is the queue's URL."""

    type_name: ClassVar[str] = "aws:sqs/queuePolicy:QueuePolicy"
    properties = (
        Property(name="queueUrl", type=String(), required=True, force_new=True),
        Property(name="policy", type=Policy(), required=True),
    )
    computed = (Computed(name="region"),)
    identity = ("queueUrl",)
    missing = MISSING

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        reported: dict[str, str] = session.sqs.get_queue_attributes(
            QueueUrl=identifier, AttributeNames=["Policy"]
        ).get("Attributes", {})  # type: ignore[assignment]
        if not reported.get("Policy"):
            return None
        policy = from_emulator(reported["Policy"])
        return Observed(inputs={"queueUrl": identifier, "policy": policy})

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.sqs.set_queue_attributes(QueueUrl=identifier, Attributes={"Policy": ""})

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        policy = policy_for_emulator(policy_text(inputs["policy"]))
        session.sqs.set_queue_attributes(QueueUrl=identifier, Attributes={"Policy": policy})

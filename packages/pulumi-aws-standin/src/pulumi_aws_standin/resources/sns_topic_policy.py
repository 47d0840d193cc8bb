"""Policies of SNS topics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.quirks import from_emulator, policy_for_emulator
from pulumi_aws_standin.resource import Computed, Observed, Setting
from pulumi_aws_standin.resources.sns_topic import MISSING
from pulumi_aws_standin.schema import Policy, Property, String, policy_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session

_OWNERS_ACTIONS: Final = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)
"""What a new topic's policy allows its owner (SNS developer guide, "Access control")."""


class TopicPolicy(Setting):
    """The policy of a topic. Its id is the topic's ARN."""

    type_name: ClassVar[str] = "aws:sns/topicPolicy:TopicPolicy"
    properties = (
        Property(
            name="arn",
            type=String(pattern=r"arn:[^:]+:sns:[^:]+:\d{12}:.+"),
            required=True,
            force_new=True,
        ),
        Property(name="policy", type=Policy(), required=True),
    )
    computed = (Computed(name="owner"), Computed(name="region"))
    identity = ("arn",)
    missing = MISSING
    # A topic always has a policy: after the deletion the default one.
    vanishes = False

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        reported = session.sns.get_topic_attributes(TopicArn=identifier)["Attributes"]
        policy = from_emulator(reported["Policy"])
        return Observed(
            inputs={"arn": reported["TopicArn"], "policy": policy},
            computed={"owner": reported["Owner"]},
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        self._set(session, identifier, _default(identifier))

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        self._set(session, identifier, policy_for_emulator(policy_text(inputs["policy"])))

    def _set(self, session: Session, identifier: str, policy: str) -> None:
        session.sns.set_topic_attributes(
            TopicArn=identifier, AttributeName="Policy", AttributeValue=policy
        )


def _default(arn: str) -> str:
    """Return the policy of a new topic."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(_OWNERS_ACTIONS),
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
    }
    return json.dumps(
        {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    )

"""Subscriptions of SNS topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.resources.sns_topic import MISSING
from pulumi_aws_standin.schema import Property, String
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


class TopicSubscription(Resource):
    """A subscription by email. Its id is its ARN.

    On AWS it is pending until the receiver follows the link in a mail.
    """

    type_name: ClassVar[str] = "aws:sns/topicSubscription:TopicSubscription"
    properties = (
        Property(
            name="topic",
            type=String(pattern=r"arn:[^:]+:sns:[^:]+:\d{12}:.+"),
            required=True,
            force_new=True,
        ),
        Property(
            name="protocol",
            type=String(values=("email", "email-json")),
            required=True,
            force_new=True,
        ),
        Property(
            name="endpoint", type=String(pattern=r"[^@\s]+@[^@\s]+"), required=True, force_new=True
        ),
    )
    computed = (
        Computed(name="arn"),
        Computed(name="confirmationWasAuthenticated", stable=False),
        Computed(name="ownerId"),
        Computed(name="pendingConfirmation", stable=False),
        Computed(name="region"),
    )
    identity = ("topic", "protocol", "endpoint")
    missing = MISSING

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        return session.sns.subscribe(
            TopicArn=as_string(inputs["topic"]),
            Protocol=as_string(inputs["protocol"]),
            Endpoint=as_string(inputs["endpoint"]),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        reported = session.sns.get_subscription_attributes(SubscriptionArn=identifier)["Attributes"]
        return Observed(
            inputs={
                "topic": reported["TopicArn"],
                "protocol": reported["Protocol"],
                "endpoint": reported["Endpoint"],
            },
            computed={
                "arn": reported["SubscriptionArn"],
                "confirmationWasAuthenticated": (
                    reported.get("ConfirmationWasAuthenticated") == "true"
                ),
                "ownerId": reported["Owner"],
                "pendingConfirmation": reported.get("PendingConfirmation") == "true",
            },
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.sns.unsubscribe(SubscriptionArn=identifier)

"""SNS topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Property, String
from pulumi_aws_standin.tags import SNS_TOPIC, TAGS
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

MISSING: Final = ("NotFound", "NotFoundException")
"""The error codes of a topic or subscription that does not exist."""

_ATTRIBUTES: Final = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}
"""The attributes' names in the SNS API by their property."""


class Topic(Resource):
    """A standard topic. Its id is its ARN."""

    type_name: ClassVar[str] = "aws:sns/topic:Topic"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_-]{1,256}"),
            force_new=True,
            autoname=Autoname(max_length=256),
        ),
        Property(name="displayName", type=String(pattern=r"(?s).{0,100}")),
        Property(name="kmsMasterKeyId", type=String()),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="owner"), Computed(name="region"))
    missing = MISSING
    tagging = SNS_TOPIC

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        return session.sns.create_topic(Name=as_string(inputs["name"]))["TopicArn"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        reported = session.sns.get_topic_attributes(TopicArn=identifier)["Attributes"]
        inputs: dict[str, object] = {
            name: reported.get(attribute) for name, attribute in _ATTRIBUTES.items()
        }
        return Observed(
            inputs={**inputs, "name": identifier.rsplit(":", 1)[-1]},
            computed={"arn": reported["TopicArn"], "owner": reported["Owner"]},
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        for name in sorted(_ATTRIBUTES.keys() & change.names):
            with applying(name):
                session.sns.set_topic_attributes(
                    TopicArn=identifier,
                    AttributeName=_ATTRIBUTES[name],
                    AttributeValue=as_string(change.wanted.get(name) or ""),
                )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.sns.delete_topic(TopicArn=identifier)

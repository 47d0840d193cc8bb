"""CloudWatch log groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Property, Text, TextMap, Whole
from pulumi_aws_standin.values import number, own_tags, present, removed, tag_map, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.session import Session

_MISSING = "ResourceNotFoundException"
# CloudWatch Logs API, PutRetentionPolicy; the AWS provider writes 0 for no expiry.
_RETENTION_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)


class LogGroup(Resource):
    """A log group. Its id is its name."""

    type_name: ClassVar[str] = "aws:cloudwatch/logGroup:LogGroup"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[A-Za-z0-9_./#-]{1,512}"),
            force_new=True,
            autoname=Autoname(longest=512),
        ),
        Property(name="retentionInDays", type=Whole(values=_RETENTION_DAYS), default=0),
        Property(name="tags", type=TextMap()),
    )
    computed = (Computed(name="arn"), Computed(name="region"), Computed(name="tagsAll"))

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        name = text(inputs["name"])
        request = present({"logGroupName": name, "tags": inputs.get("tags") or None})
        session.logs.create_log_group(**request)
        return name

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        groups = session.logs.describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
        for group in groups:
            if group["logGroupName"] != identifier:
                continue
            arn = group["arn"].removesuffix(":*")
            with missing_is_fine(_MISSING):
                tags = session.logs.list_tags_for_resource(resourceArn=arn).get("tags", {})
                return Observed(
                    inputs={
                        "name": identifier,
                        "retentionInDays": group.get("retentionInDays", 0),
                        "tags": own_tags(tags),
                    },
                    computed={"arn": arn},
                )
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        if "retentionInDays" in changed:
            days = number(wanted["retentionInDays"])
            with applying("retentionInDays"):
                if days:
                    session.logs.put_retention_policy(logGroupName=identifier, retentionInDays=days)
                else:
                    session.logs.delete_retention_policy(logGroupName=identifier)
        if "tags" in changed:
            arn = f"arn:{session.partition}:logs:{session.region}:{session.account}:log-group:"
            with applying("tags"):
                gone = removed(changed.before.get("tags"), wanted.get("tags"))
                if gone:
                    session.logs.untag_resource(resourceArn=arn + identifier, tagKeys=gone)
                if wanted.get("tags"):
                    session.logs.tag_resource(
                        resourceArn=arn + identifier, tags=tag_map(wanted["tags"])
                    )

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            session.logs.delete_log_group(logGroupName=identifier)

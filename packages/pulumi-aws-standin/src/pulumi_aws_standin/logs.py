"""CloudWatch log groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Property, Text, Whole
from pulumi_aws_standin.tags import LOGS, TAGS
from pulumi_aws_standin.values import number, text

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
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = (_MISSING,)
    tagging = LOGS

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        name = text(inputs["name"])
        session.logs.create_log_group(logGroupName=name)
        return name

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        groups = session.logs.describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
        for group in groups:
            if group["logGroupName"] != identifier:
                continue
            arn = group["arn"].removesuffix(":*")
            return Observed(
                inputs={"name": identifier, "retentionInDays": group.get("retentionInDays", 0)},
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

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            session.logs.delete_log_group(logGroupName=identifier)

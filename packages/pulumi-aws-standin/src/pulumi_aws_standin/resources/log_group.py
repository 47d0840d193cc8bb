"""CloudWatch log groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.quirks import lacking
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Integer, Property, String
from pulumi_aws_standin.tags import LOGS, TAGS
from pulumi_aws_standin.values import as_integer, as_string, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

_RETENTION_DAYS: Final = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""CloudWatch Logs API, PutRetentionPolicy; the AWS provider writes 0 for no expiry."""


class LogGroup(Resource):
    """A log group. Its id is its name."""

    type_name: ClassVar[str] = "aws:cloudwatch/logGroup:LogGroup"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_./#-]{1,512}"),
            force_new=True,
            autoname=Autoname(max_length=512),
        ),
        Property(name="retentionInDays", type=Integer(values=_RETENTION_DAYS), default=0),
        Property(name="kmsKeyId", type=String(pattern=r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+")),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = ("ResourceNotFoundException",)
    tagging = LOGS

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        name = as_string(inputs["name"])
        session.logs.create_log_group(
            **present({"logGroupName": name, "kmsKeyId": inputs.get("kmsKeyId")})
        )
        return name

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        groups = session.logs.describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
        for group in groups:
            if group["logGroupName"] == identifier:
                return Observed(
                    inputs={
                        "name": identifier,
                        "retentionInDays": group.get("retentionInDays", 0),
                        "kmsKeyId": group.get("kmsKeyId"),
                    },
                    computed={"arn": group["arn"].removesuffix(":*")},
                )
        return None

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        days = as_integer(change.wanted["retentionInDays"])
        key = change.wanted.get("kmsKeyId")
        if "retentionInDays" in change:
            with applying("retentionInDays"):
                if days:
                    session.logs.put_retention_policy(logGroupName=identifier, retentionInDays=days)
                else:
                    session.logs.delete_retention_policy(logGroupName=identifier)
        if "kmsKeyId" in change:
            with applying("kmsKeyId"), lacking("AssociateKmsKey", "DisassociateKmsKey"):
                if key:
                    session.logs.associate_kms_key(logGroupName=identifier, kmsKeyId=as_string(key))
                else:
                    session.logs.disassociate_kms_key(logGroupName=identifier)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.logs.delete_log_group(logGroupName=identifier)

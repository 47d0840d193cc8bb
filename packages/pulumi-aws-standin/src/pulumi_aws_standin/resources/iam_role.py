"""IAM roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Boolean, Integer, Policy, Property, String, policy_text
from pulumi_aws_standin.tags import IAM_ROLE, TAGS
from pulumi_aws_standin.values import as_boolean, as_integer, as_string, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session


class Role(Resource):
    """A role. Its id is its name."""

    type_name: ClassVar[str] = "aws:iam/role:Role"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[\w+=,.@-]{1,64}"),
            force_new=True,
            autoname=Autoname(max_length=64),
        ),
        Property(name="assumeRolePolicy", type=Policy(), required=True),
        Property(name="description", type=String(pattern=r"(?s).{0,1000}")),
        Property(name="path", type=String(pattern=r"/(.*/)?"), default="/", force_new=True),
        Property(
            name="maxSessionDuration", type=Integer(minimum=3600, maximum=43200), default=3600
        ),
        Property(name="forceDetachPolicies", type=Boolean(), default=False),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="createDate"),
        Computed(name="uniqueId"),
    )
    state_only = frozenset({"forceDetachPolicies"})
    missing = ("NoSuchEntity",)
    tagging = IAM_ROLE

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        request = present(
            {
                "RoleName": inputs["name"],
                "AssumeRolePolicyDocument": policy_text(inputs["assumeRolePolicy"]),
                "Description": inputs.get("description"),
                "Path": inputs["path"],
                "MaxSessionDuration": inputs["maxSessionDuration"],
            }
        )
        return session.iam.create_role(**request)["Role"]["RoleName"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        role = session.iam.get_role(RoleName=identifier)["Role"]
        return Observed(
            inputs={
                "name": role["RoleName"],
                "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
                "description": role.get("Description"),
                "path": role["Path"],
                "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            },
            computed={
                "arn": role["Arn"],
                "createDate": role["CreateDate"].isoformat(),
                "uniqueId": role["RoleId"],
            },
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        if "assumeRolePolicy" in change:
            with applying("assumeRolePolicy"):
                session.iam.update_assume_role_policy(
                    RoleName=identifier,
                    PolicyDocument=policy_text(change.wanted["assumeRolePolicy"]),
                )
        if change.any("description", "maxSessionDuration"):
            with applying("description", "maxSessionDuration"):
                session.iam.update_role(
                    RoleName=identifier,
                    Description=as_string(change.wanted.get("description") or ""),
                    MaxSessionDuration=as_integer(change.wanted["maxSessionDuration"]),
                )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        if as_boolean(known.inputs.get("forceDetachPolicies")):
            self._detach(session, identifier)
        session.iam.delete_role(RoleName=identifier)

    def _detach(self, session: Session, name: str) -> None:
        for attached in session.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            session.iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        for inline in session.iam.list_role_policies(RoleName=name)["PolicyNames"]:
            session.iam.delete_role_policy(RoleName=name, PolicyName=inline)

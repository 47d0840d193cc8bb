"""IAM roles and their inline policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin import quirks
from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Flag, Policy, Property, Text, Whole, policy_text
from pulumi_aws_standin.tags import IAM_ROLE, TAGS
from pulumi_aws_standin.values import flag, number, present, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.session import Session

_MISSING = "NoSuchEntity"


class Role(Resource):
    """A role. Its id is its name."""

    type_name: ClassVar[str] = "aws:iam/role:Role"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[\w+=,.@-]{1,64}"),
            force_new=True,
            autoname=Autoname(longest=64),
        ),
        Property(name="assumeRolePolicy", type=Policy(), required=True),
        Property(name="description", type=Text(pattern=r"(?s).{0,1000}")),
        Property(name="path", type=Text(pattern=r"/(.*/)?"), default="/", force_new=True),
        Property(name="maxSessionDuration", type=Whole(minimum=3600, maximum=43200), default=3600),
        Property(name="forceDetachPolicies", type=Flag(), default=False),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="createDate"),
        Computed(name="uniqueId"),
    )
    state_only = frozenset({"forceDetachPolicies"})
    missing = (_MISSING,)
    tagging = IAM_ROLE

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
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

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
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
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        if "assumeRolePolicy" in changed:
            with applying("assumeRolePolicy"):
                session.iam.update_assume_role_policy(
                    RoleName=identifier, PolicyDocument=policy_text(wanted["assumeRolePolicy"])
                )
        if changed.any("description", "maxSessionDuration"):
            with applying("description", "maxSessionDuration"):
                session.iam.update_role(
                    RoleName=identifier,
                    Description=text(wanted.get("description") or ""),
                    MaxSessionDuration=number(wanted["maxSessionDuration"]),
                )

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        with missing_is_fine(_MISSING):
            if flag(known.inputs.get("forceDetachPolicies")):
                self._detach(session, identifier)
            session.iam.delete_role(RoleName=identifier)

    def _detach(self, session: Session, name: str) -> None:
        for attached in session.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            session.iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        for inline in session.iam.list_role_policies(RoleName=name)["PolicyNames"]:
            session.iam.delete_role_policy(RoleName=name, PolicyName=inline)


class RolePolicy(Resource):
    """An inline policy of a role. Its id is the role's name, a colon and its own name."""

    type_name: ClassVar[str] = "aws:iam/rolePolicy:RolePolicy"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[\w+=,.@-]{1,128}"),
            force_new=True,
            autoname=Autoname(longest=128),
        ),
        Property(
            name="role", type=Text(pattern=r"[\w+=,.@-]{1,64}"), required=True, force_new=True
        ),
        Property(name="policy", type=Policy(), required=True),
    )
    computed = ()
    identity = ("role", "name")

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        identifier = f"{inputs['role']}:{inputs['name']}"
        self._put(session, identifier, inputs)
        return identifier

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        role, name = identifier.split(":", 1)
        with missing_is_fine(_MISSING):
            answer = session.iam.get_role_policy(RoleName=role, PolicyName=name)
            document = quirks.from_emulator(
                json.dumps(answer["PolicyDocument"]), quirks.identity_policy_for_emulator
            )
            return Observed(
                inputs={
                    "role": answer["RoleName"],
                    "name": answer["PolicyName"],
                    "policy": document,
                }
            )
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        del changed
        with applying("policy"):
            self._put(session, identifier, wanted)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        role, name = identifier.split(":", 1)
        with missing_is_fine(_MISSING):
            session.iam.delete_role_policy(RoleName=role, PolicyName=name)

    def _put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        role, name = identifier.split(":", 1)
        session.iam.put_role_policy(
            RoleName=role,
            PolicyName=name,
            PolicyDocument=quirks.identity_policy_for_emulator(policy_text(inputs["policy"])),
        )

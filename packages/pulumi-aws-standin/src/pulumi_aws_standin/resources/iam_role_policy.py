"""Inline policies of IAM roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.quirks import from_emulator, policy_for_emulator
from pulumi_aws_standin.resource import Observed, Setting
from pulumi_aws_standin.schema import Policy, Property, String, policy_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


class RolePolicy(Setting):
    """An inline policy of a role. Its id is the role's name, a colon and its own name."""

    type_name: ClassVar[str] = "aws:iam/rolePolicy:RolePolicy"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[\w+=,.@-]{1,128}"),
            force_new=True,
            autoname=Autoname(max_length=128),
        ),
        Property(
            name="role", type=String(pattern=r"[\w+=,.@-]{1,64}"), required=True, force_new=True
        ),
        Property(name="policy", type=Policy(), required=True),
    )
    computed = ()
    identity = ("role", "name")
    missing = ("NoSuchEntity",)

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        role, name = identifier.split(":", 1)
        answer = session.iam.get_role_policy(RoleName=role, PolicyName=name)
        document = from_emulator(json.dumps(answer["PolicyDocument"]))
        return Observed(
            inputs={
                "role": answer["RoleName"],
                "name": answer["PolicyName"],
                "policy": document,
            }
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        role, name = identifier.split(":", 1)
        session.iam.delete_role_policy(RoleName=role, PolicyName=name)

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        role, name = identifier.split(":", 1)
        session.iam.put_role_policy(
            RoleName=role,
            PolicyName=name,
            PolicyDocument=policy_for_emulator(policy_text(inputs["policy"])),
        )

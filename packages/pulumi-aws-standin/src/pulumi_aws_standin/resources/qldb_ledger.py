"""QLDB ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.resources.qldb import MISSING, NAME_PATTERN, delete_when_unused
from pulumi_aws_standin.schema import Boolean, Property, String
from pulumi_aws_standin.tags import QLDB, TAGS
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session


class Ledger(Resource):
    """A ledger. Its id is its name."""

    type_name: ClassVar[str] = "aws:qldb/ledger:Ledger"
    properties = (
        Property(
            name="name",
            type=String(pattern=NAME_PATTERN),
            force_new=True,
            autoname=Autoname(max_length=32),
        ),
        Property(
            name="permissionsMode", type=String(values=("ALLOW_ALL", "STANDARD")), required=True
        ),
        Property(name="deletionProtection", type=Boolean(), default=True),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = MISSING
    tagging = QLDB

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        body = {
            "Name": inputs["name"],
            "PermissionsMode": inputs["permissionsMode"],
            "DeletionProtection": inputs["deletionProtection"],
        }
        session.qldb.call("POST", "ledgers", body=body)
        return as_string(inputs["name"])

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        ledger = session.qldb.call("GET", "ledgers", identifier)
        state = as_string(ledger["State"])
        arn = as_string(ledger["Arn"])
        if state == "DELETED":
            return None
        return Observed(
            inputs={
                "name": ledger["Name"],
                "permissionsMode": ledger["PermissionsMode"],
                "deletionProtection": ledger["DeletionProtection"],
            },
            computed={"arn": arn},
            pending=None if state == "ACTIVE" else state,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        if "deletionProtection" in change:
            with applying("deletionProtection"):
                body = {"DeletionProtection": change.wanted["deletionProtection"]}
                session.qldb.call("PATCH", "ledgers", identifier, body=body)
        if "permissionsMode" in change:
            with applying("permissionsMode"):
                body = {"PermissionsMode": change.wanted["permissionsMode"]}
                session.qldb.call("PATCH", "ledgers", identifier, "permissions-mode", body=body)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        delete_when_unused(self, session, "ledgers", identifier)

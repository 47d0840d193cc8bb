"""Step Functions state machines."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import JsonObject, Problem, Property, String
from pulumi_aws_standin.tags import SFN, TAGS
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

_MAX_NAME_LENGTH: Final = 80
_MAX_DEFINITION_LENGTH: Final = 1024 * 1024
"""Step Functions API, CreateStateMachine."""


class _Definition(JsonObject):
    """The text of a definition in the Amazon States Language, compared by meaning.

    Only what every definition has is checked (Amazon States Language, "Top-level fields").
    """

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        malformed = list(super().problems(path, value))
        yield from malformed
        if malformed:
            return
        text = as_string(value)
        if len(text) > _MAX_DEFINITION_LENGTH:
            yield Problem(path, f"must have at most {_MAX_DEFINITION_LENGTH} characters")
        definition = json.loads(text)
        states, start = definition.get("States"), definition.get("StartAt")
        if not isinstance(states, dict) or not states:
            yield Problem(path, "must have an object States with at least one state")
        elif not isinstance(start, str) or start not in states:
            yield Problem(path, "must have a StartAt that names one of its States")


class StateMachine(Resource):
    """A state machine without published versions. Its id is its ARN."""

    type_name: ClassVar[str] = "aws:sfn/stateMachine:StateMachine"
    properties = (
        Property(
            name="name",
            type=String(pattern=rf"[A-Za-z0-9_-]{{1,{_MAX_NAME_LENGTH}}}"),
            force_new=True,
            autoname=Autoname(max_length=_MAX_NAME_LENGTH),
        ),
        Property(name="definition", type=_Definition(), required=True),
        Property(
            name="roleArn",
            type=String(pattern=r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/.+"),
            required=True,
        ),
        Property(
            name="type",
            type=String(values=("STANDARD", "EXPRESS")),
            default="STANDARD",
            force_new=True,
        ),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="creationDate"),
        Computed(name="region"),
        Computed(name="revisionId", stable=False),
        Computed(name="status"),
    )
    missing = ("StateMachineDoesNotExist",)
    tagging = SFN

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        return session.sfn.create_state_machine(
            name=as_string(inputs["name"]),
            definition=as_string(inputs["definition"]),
            roleArn=as_string(inputs["roleArn"]),
            type=inputs["type"],  # type: ignore[arg-type]
        )["stateMachineArn"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        machine = session.sfn.describe_state_machine(stateMachineArn=identifier)
        computed: dict[str, object] = {
            "arn": machine["stateMachineArn"],
            "creationDate": _rfc3339(machine["creationDate"]),
            "revisionId": machine.get("revisionId"),
            "status": machine["status"],
        }
        if machine["status"] == "DELETING":
            return Observed(inputs={}, computed=computed, pending="DELETING")
        return Observed(
            inputs={
                "name": machine["name"],
                "definition": machine["definition"],
                "roleArn": machine["roleArn"],
                "type": machine["type"],
            },
            computed=computed,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        with applying(*sorted(change.names)):
            session.sfn.update_state_machine(
                stateMachineArn=identifier,
                definition=as_string(change.wanted["definition"]),
                roleArn=as_string(change.wanted["roleArn"]),
            )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.sfn.delete_state_machine(stateMachineArn=identifier)


def _rfc3339(moment: datetime) -> str:
    """Return a time in the form that the AWS provider gives it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

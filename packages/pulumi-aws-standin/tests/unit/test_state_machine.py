"""Proves what the emulator cannot show of a state machine: the time in which AWS deletes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError
from pulumi_aws_standin import lifecycle
from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.resource import Known
from pulumi_aws_standin.resources.state_machine import StateMachine
from pulumi_aws_standin.session import Session

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
INPUTS = {
    "name": "m",
    "definition": '{"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}',
    "roleArn": "arn:aws:iam::000000000000:role/r",
    "type": "STANDARD",
}


class BusyMachine:
    """A service with one state machine, which runs a few descriptions longer than it is deleted.

    Parameters
    ----------
    descriptions
        How often it is described as DELETING before it is gone.
    """

    def __init__(self, descriptions: int) -> None:
        self.descriptions = descriptions
        self.deleting = False
        self.created = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

    @property
    def exists(self) -> bool:
        return not self.deleting or self.descriptions > 0

    def describe_state_machine(self, **request: str) -> dict[str, object]:
        assert request["stateMachineArn"] == ARN
        if not self.exists:
            raise ClientError(
                {"Error": {"Code": "StateMachineDoesNotExist", "Message": "it is gone"}},
                "DescribeStateMachine",
            )
        self.descriptions -= self.deleting
        return {
            **INPUTS,
            "stateMachineArn": ARN,
            "creationDate": self.created,
            "status": "DELETING" if self.deleting else "ACTIVE",
        }

    def list_tags_for_resource(self, **request: str) -> dict[str, object]:
        assert not self.deleting, f"{request['resourceArn']} is being deleted"
        return {"tags": []}

    def delete_state_machine(self, **request: str) -> None:
        assert request["stateMachineArn"] == ARN
        self.deleting = True


def session_of(machine: BusyMachine) -> Session:
    session = Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")
    session.sfn = machine  # type: ignore[assignment]
    return session


def test_a_deletion_ends_when_the_executions_have_ended() -> None:
    # given a machine that AWS still describes for a while after its deletion
    machine = BusyMachine(descriptions=3)
    # when it is deleted / then the deletion ends only when it is gone
    lifecycle.delete(StateMachine(), session_of(machine), ARN, Known(inputs=INPUTS))
    assert not machine.exists


def test_a_machine_that_is_being_deleted_cannot_be_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = BusyMachine(descriptions=1000)
    machine.deleting = True
    monkeypatch.setattr(StateMachine, "timeout_seconds", 0.1)
    known = Known(inputs=INPUTS)
    with pytest.raises(ProviderError, match="DELETING"):
        lifecycle.update(StateMachine(), session_of(machine), ARN, old=known, new=INPUTS)


def test_the_creation_date_is_the_same_in_every_time_zone() -> None:
    machine = BusyMachine(descriptions=0)
    machine.created = machine.created.astimezone(timezone(timedelta(hours=9)))
    state = lifecycle.read(StateMachine(), session_of(machine), ARN, Known(inputs=INPUTS))
    assert state.outputs["creationDate"] == "2026-01-02T03:04:05Z"

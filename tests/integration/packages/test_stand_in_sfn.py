"""Proves the stand-in provider's state machines against the emulator.

Cannot prove that AWS accepts a definition, or that the role permits what the states do: the
emulator checks neither.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import ACCOUNT, Case, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import STATES_TRUST, definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_aws_standin.testing import ManagedResource

    from tests.support.stand_in import ConnectedProvider

pytestmark = pytest.mark.emulator

MACHINE = "aws:sfn/stateMachine:StateMachine"


@pytest.fixture
def role(provider: ConnectedProvider) -> Iterator[str]:
    """The ARN of a role of Step Functions."""
    held = provider.engine.create(
        urn_of("aws:iam/role:Role", "executor"), {"assumeRolePolicy": STATES_TRUST}
    )
    yield str(held.outputs["arn"])
    provider.engine.delete(held)


@pytest.fixture
def other_role(provider: ConnectedProvider) -> Iterator[str]:
    """The ARN of another role of Step Functions."""
    held = provider.engine.create(
        urn_of("aws:iam/role:Role", "other"), {"assumeRolePolicy": STATES_TRUST}
    )
    yield str(held.outputs["arn"])
    provider.engine.delete(held)


def described(provider: ConnectedProvider, held: ManagedResource) -> dict[str, object]:
    """Return a state machine as the service itself describes it."""
    answer: dict[str, object] = provider.client("stepfunctions").describe_state_machine(
        stateMachineArn=held.identifier
    )
    return answer


def executed(provider: ConnectedProvider, held: ManagedResource) -> object:
    """Return the output of an execution of a state machine."""
    client = provider.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=held.identifier)["executionArn"]
    deadline = time.monotonic() + 30
    while (answer := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline, "the execution does not end"
        time.sleep(0.05)
    return json.loads(answer["output"])


def test_a_state_machine_is_created_updated_and_deleted(
    provider: ConnectedProvider, role: str, other_role: str
) -> None:
    case = Case(
        type_name=MACHINE,
        inputs={"definition": definition("one"), "roleArn": role, "tags": {"a": "b"}},
        changed={"definition": definition("two"), "roleArn": other_role, "tags": {"c": "d"}},
        outputs=("arn", "name", "creationDate", "region", "revisionId", "status"),
    )
    held = assert_lifecycle(provider, case)
    assert held.identifier == held.outputs["arn"]
    assert held.outputs["status"] == "ACTIVE"
    assert described(provider, held)["roleArn"] == other_role
    assert executed(provider, held) == "two"
    assert_deletable(provider, case, held)


def test_an_express_state_machine_is_one_for_the_service(
    provider: ConnectedProvider, role: str
) -> None:
    inputs: dict[str, object] = {
        "definition": definition("one"),
        "roleArn": role,
        "type": "EXPRESS",
        "name": "quick_One-1",
    }
    case = Case(type_name=MACHINE, inputs=inputs, changed=inputs)
    held = assert_lifecycle(provider, case)
    assert described(provider, held)["type"] == "EXPRESS"
    assert held.identifier == f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:quick_One-1"
    assert_deletable(provider, case, held)


def test_an_update_of_one_property_leaves_the_other(provider: ConnectedProvider, role: str) -> None:
    # given a state machine
    inputs = {"definition": definition("one"), "roleArn": role}
    held = provider.engine.create(urn_of(MACHINE), inputs)
    revision = held.outputs["revisionId"]
    # when its definition changes
    held = provider.engine.update(held, {**inputs, "definition": definition("two")})
    # then it keeps its role, and the service counts a revision
    assert executed(provider, held) == "two"
    assert described(provider, held)["roleArn"] == role
    assert held.outputs["revisionId"] not in (None, revision)
    provider.engine.delete(held)


def test_a_definition_that_somebody_changed_is_a_drift_and_restored(
    provider: ConnectedProvider, role: str
) -> None:
    # given a state machine that the program no longer describes, not even with JSON
    inputs = {"definition": definition("one"), "roleArn": role}
    held = provider.engine.create(urn_of(MACHINE), inputs)
    provider.client("stepfunctions").update_state_machine(
        stateMachineArn=held.identifier, definition="{"
    )
    # when it is refreshed / then the definition differs
    read = provider.engine.refresh(held)
    assert read.inputs["definition"] == "{"
    again = provider.engine.checked(held.urn, inputs, read.inputs)
    assert list(provider.engine.diff(read, again).diffs) == ["definition"]
    # and the next deployment restores it
    held = provider.engine.update(read, inputs)
    assert executed(provider, held) == "one"
    provider.engine.delete(held)


def test_a_state_machine_that_somebody_deleted_is_gone(
    provider: ConnectedProvider, role: str
) -> None:
    inputs = {"definition": definition("one"), "roleArn": role}
    held = provider.engine.create(urn_of(MACHINE), inputs)
    provider.client("stepfunctions").delete_state_machine(stateMachineArn=held.identifier)
    assert provider.engine.refresh(held).identifier == ""


def test_an_import_reads_a_state_machine_by_its_arn(provider: ConnectedProvider, role: str) -> None:
    inputs: dict[str, object] = {"definition": definition("one"), "roleArn": role, "name": "known"}
    held = provider.engine.create(urn_of(MACHINE), {**inputs, "tags": {"a": "b"}})
    read = provider.engine.imported(held.urn, held.identifier)
    assert read.inputs == {**inputs, "type": "STANDARD", "tags": {"a": "b"}}
    assert read.outputs == held.outputs
    provider.engine.delete(held)


def test_a_role_that_does_not_exist_is_refused_at_the_creation(provider: ConnectedProvider) -> None:
    inputs = {
        "definition": definition("one"),
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody",
        "name": "refused",
    }
    with pytest.raises(CallError, match="nobody cannot be found") as raised:
        provider.engine.create(urn_of(MACHINE), inputs)
    assert raised.value.detail is None  # nothing was created


def test_another_type_replaces_a_named_state_machine_after_its_deletion(
    provider: ConnectedProvider, role: str
) -> None:
    inputs = {"definition": definition("one"), "roleArn": role, "name": "same"}
    held = provider.engine.create(urn_of(MACHINE), inputs)
    wanted = {**inputs, "type": "EXPRESS"}
    difference = provider.engine.diff(held, provider.engine.checked(held.urn, wanted, held.inputs))
    assert list(difference.replaces) == ["type"]
    assert difference.deleteBeforeReplace
    provider.engine.delete(held)
    held = provider.engine.create(urn_of(MACHINE), wanted)
    assert described(provider, held)["type"] == "EXPRESS"
    provider.engine.delete(held)

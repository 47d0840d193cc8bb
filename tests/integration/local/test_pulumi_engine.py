"""The stand-in provider with Pulumi's real engine.

Proves that a failed step keeps its resource in the state and is repaired by the next deployment,
that a fixed name is freed before it is reused, that a secret is not written into the state, and
that an unknown type stops the deployment by name. The engine runs an inline program, without a
language host. This project's own program is deployed by the end-to-end tests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from local.emulator import Emulator
from local.environment import Endpoints, environment
from local.pulumi_cli import ensure_pulumi
from local.service_process import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

SECRET = "not for the state file"
NO_QLDB = "http://127.0.0.1:9"
"""Nothing here uses QLDB, so nothing needs to listen."""


def program(*, mode: str = "PROVISIONED", key: str = "pk", unknown: bool = False) -> None:
    aws.kinesis.Stream(
        "stream",
        shard_count=1 if mode == "PROVISIONED" else None,
        stream_mode_details={"stream_mode": mode},
    )
    aws.dynamodb.Table(
        "table",
        name="fixed",
        attributes=[{"name": key, "type": "S"}],
        hash_key=key,
        billing_mode="PAY_PER_REQUEST",
    )
    aws.sqs.Queue("queue", tags={"Hidden": pulumi.Output.secret(SECRET)})
    if unknown:
        aws.sns.Topic("topic")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of Pulumi's state."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def engine(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[automation.Stack]:
    """A stack of the real engine on a separate emulator."""
    pulumi_bin = ensure_pulumi(print)
    folder = tmp_path_factory.mktemp("engine")
    with (
        Emulator(free_port(), folder / "emulator.log") as emulator,
        pytest.MonkeyPatch.context() as process,
    ):
        endpoints = Endpoints(emulator=emulator.endpoint, qldb=NO_QLDB)
        variables = environment(endpoints, pulumi_bin, state, stack="dev")
        process.setenv("PATH", variables["PATH"])
        stack = automation.create_or_select_stack(
            "dev",
            "engine-and-provider",
            program,
            opts=automation.LocalWorkspaceOptions(
                env_vars={**os.environ, **variables}, work_dir=str(folder)
            ),
        )
        yield stack
        stack.destroy(on_output=print)


@pytest.fixture
def stack(engine: automation.Stack) -> automation.Stack:
    """The stack with the program deployed, regardless of the previous test."""
    up(engine, program)
    return engine


def resources(stack: automation.Stack) -> list[str]:
    """Return the types of the AWS resources in the state."""
    exported = stack.export_stack().deployment or {}
    return sorted(
        resource["type"] for resource in exported.get("resources", []) if "aws:" in resource["type"]
    )


def up(stack: automation.Stack, wanted: Callable[[], None]) -> dict[str, int]:
    """Deploy; return the number of resources by kind of change."""
    result = stack.up(program=wanted, on_output=print)
    changes = result.summary.resource_changes or {}
    return {str(kind): number for kind, number in changes.items() if str(kind) != "same"}


def test_a_program_deployed_again_changes_nothing(stack: automation.Stack) -> None:
    assert up(stack, program) == {}
    assert resources(stack) == [
        "aws:dynamodb/table:Table",
        "aws:kinesis/stream:Stream",
        "aws:sqs/queue:Queue",
    ]


def test_a_secret_is_not_written_into_the_state(stack: automation.Stack, state: Path) -> None:
    assert "aws:sqs/queue:Queue" in resources(stack)
    files = [path for path in state.rglob("*.json") if path.is_file()]
    assert files
    assert [path for path in files if SECRET in path.read_text()] == []


def test_a_failed_update_keeps_its_resource_until_the_next_deployment_repairs_it(
    stack: automation.Stack,
) -> None:
    # given
    deployed = resources(stack)
    # when an update fails half-way
    with pytest.raises(automation.CommandError, match="streamModeDetails: InvalidAction"):
        up(stack, lambda: program(mode="ON_DEMAND"))
    # then the resource stays in the state
    assert resources(stack) == deployed
    # and the next deployment repairs it
    assert up(stack, program) == {"update": 1}
    assert up(stack, program) == {}


def test_a_fixed_name_is_freed_before_it_is_reused(stack: automation.Stack) -> None:
    # when the table needs another key under the same name
    changes = up(stack, lambda: program(key="id"))
    # then it is deleted before it is made again, which otherwise would fail
    assert changes == {"replace": 1}
    assert up(stack, lambda: program(key="id")) == {}


def test_an_unknown_type_stops_the_deployment_by_its_name(stack: automation.Stack) -> None:
    with pytest.raises(automation.CommandError, match="resource type aws:sns/topic:Topic"):
        stack.preview(program=lambda: program(unknown=True))


def test_a_destroyed_stack_leaves_nothing_in_the_state(stack: automation.Stack) -> None:
    assert stack.destroy(on_output=print).summary.result == "succeeded"
    assert resources(stack) == []

"""The stand-in provider with Pulumi's real engine.

Proves that a failed step keeps its resource in the state and is repaired by the next deployment,
that a fixed name is freed before it is reused, that a secret is not written into the state, that a
retained table stays and can be adopted, and that an unknown type stops the deployment by name. The
engine runs an inline program, without a language host. This project's own program is deployed by
the end-to-end tests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from local.aws import client
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


def program(*, shards: int = 1, key: str = "pk", unknown: bool = False) -> None:
    aws.kinesis.Stream("stream", shard_count=shards)
    table("fixed", key=key)
    aws.sqs.Queue("queue", tags={"Hidden": pulumi.Output.secret(SECRET)})
    if unknown:
        aws.ssm.Parameter("parameter", type="String", value="any")


def table(name: str, *, key: str = "pk", opts: pulumi.ResourceOptions | None = None) -> None:
    aws.dynamodb.Table(
        f"table-{name}",
        name=name,
        attributes=[{"name": key, "type": "S"}],
        hash_key=key,
        billing_mode="PAY_PER_REQUEST",
        opts=opts,
    )


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
    with pytest.raises(automation.CommandError, match="applying shardCount: the emulator's"):
        up(stack, lambda: program(shards=2))
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


def test_a_retained_table_stays_and_is_adopted(stack: automation.Stack) -> None:
    dynamodb = client("dynamodb", stack.workspace.env_vars["AWS_ENDPOINT_URL"])

    def with_archive(opts: pulumi.ResourceOptions) -> Callable[[], None]:
        def wanted() -> None:
            program()
            table("archive", opts=opts)

        return wanted

    adopting = with_archive(pulumi.ResourceOptions(import_="archive"))
    # given a table that is to be retained, with an item
    assert up(stack, with_archive(pulumi.ResourceOptions(retain_on_delete=True))) == {"create": 1}
    dynamodb.put_item(TableName="archive", Item={"pk": {"S": "kept"}})
    # when the program no longer has it / then it is there still
    assert up(stack, program) == {"delete": 1}
    assert dynamodb.scan(TableName="archive")["Items"] == [{"pk": {"S": "kept"}}]
    # when the program adopts it / then it is imported, and the next deployment changes nothing
    assert up(stack, adopting) == {"import": 1}
    assert up(stack, adopting) == {}
    assert dynamodb.scan(TableName="archive")["Items"] == [{"pk": {"S": "kept"}}]
    # and it goes like any other
    assert up(stack, program) == {"delete": 1}
    assert dynamodb.list_tables()["TableNames"] == ["fixed"]


def test_an_unknown_type_stops_the_deployment_by_its_name(stack: automation.Stack) -> None:
    with pytest.raises(automation.CommandError, match="resource type aws:ssm/parameter:Parameter"):
        stack.preview(program=lambda: program(unknown=True))


def test_a_destroyed_stack_leaves_nothing_in_the_state(stack: automation.Stack) -> None:
    assert stack.destroy(on_output=print).summary.result == "succeeded"
    assert resources(stack) == []

"""Proves what only Pulumi's real engine can show of the stand-in provider.

A failed step keeps its resource in the state and is made good by the next deployment; a fixed name
is freed before it is taken again; a secret is not written into the state; an unknown type stops the
deployment by name. The engine runs an inline program, so no language host takes part. The life of
this project's own program is the concern of the end-to-end tests.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from local.emulator import Emulator
from local.environment import Endpoints, environment
from local.pulumi_cli import ensure_pulumi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

SECRET = "not for the state file"
#: Nothing here uses QLDB, so nobody has to listen.
NO_QLDB = "http://127.0.0.1:9"


@pytest.fixture
def variables(tmp_path: Path) -> Iterator[dict[str, str]]:
    pulumi_bin = ensure_pulumi(print)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Emulator(port, tmp_path / "emulator.log") as emulator:
        endpoints = Endpoints(emulator=emulator.endpoint, qldb=NO_QLDB)
        yield environment(endpoints, pulumi_bin, tmp_path / "state", stack="dev")


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


def resources(stack: automation.Stack) -> list[str]:
    exported = stack.export_stack().deployment or {}
    return sorted(
        resource["type"] for resource in exported["resources"] if "aws:" in resource["type"]
    )


def up(stack: automation.Stack, wanted: Callable[[], None]) -> dict[str, int]:
    result = stack.up(program=wanted, on_output=print)
    changes = result.summary.resource_changes or {}
    return {str(kind): number for kind, number in changes.items() if str(kind) != "same"}


def test_the_engine_and_the_provider(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", variables["PATH"])
    stack = automation.create_or_select_stack(
        "dev",
        "engine-and-provider",
        program,
        opts=automation.LocalWorkspaceOptions(
            env_vars={**os.environ, **variables}, work_dir=str(tmp_path)
        ),
    )
    # Given a deployed stack with a secret
    assert up(stack, program) == {"create": 4}
    deployed = resources(stack)
    written = [path for path in (tmp_path / "state").rglob("*.json") if path.is_file()]
    assert written
    assert not [path for path in written if SECRET in path.read_text()]

    # When an update fails half-way, then it fails visibly and the resource stays in the state
    with pytest.raises(automation.CommandError, match="streamModeDetails: InvalidAction"):
        up(stack, lambda: program(mode="ON_DEMAND"))
    assert resources(stack) == deployed

    # When the next deployment wants what is there, and another key under the same table name,
    # then both succeed: the first is made good, the table is deleted before it is made again
    changes = up(stack, lambda: program(key="id"))
    assert changes.pop("update") == 1
    assert changes == {"replace": 1}
    assert up(stack, lambda: program(key="id")) == {}

    # When a type is not implemented, then its name is what the user sees
    with pytest.raises(automation.CommandError, match="resource type aws:sns/topic:Topic"):
        stack.preview(program=lambda: program(key="id", unknown=True))

    assert stack.destroy(on_output=print).summary.result == "succeeded"

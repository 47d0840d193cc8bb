"""Runs the program against Pulumi's mocks and records everything that it registers.

Tests assert on what reached the engine, never inside an output's callback: a callback that is not
awaited would let a wrong program pass. The code archive is not built (`lambda_package.build` is
replaced, its arguments are kept): tests of that module build it.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import runpy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pulumi.runtime
import yaml
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks, rpc, stack
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.settings import SETTINGS

from infra import lambda_package
from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT = "qldb-kinesis-lambda-dynamodb"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
PARTITION = "aws-test"
LEDGER = "ledger-1a2b3c4"
UPSTREAM = "organization/apigw-lambda-qldb/dev"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
"""A customer managed key in the region of the stack."""

KEY = {
    "keyManager": "CUSTOMER",
    "keySpec": "SYMMETRIC_DEFAULT",
    "keyState": "Enabled",
    "keyUsage": "ENCRYPT_DECRYPT",
}
"""Every customer managed key that is looked up."""

INDEXES = ["by-age"]
"""Indexes of every DynamoDB table that is looked up."""

SERVED = {"readUnitsPerSecond": 12_000, "writeUnitsPerSecond": 9_000}
"""Warm throughput of every DynamoDB table that is looked up, and of its indexes."""

OPEN_SHARDS = ["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"]
"""Shards of every Kinesis stream that is looked up."""

CODE = Path("handler.zip")
STACK = "test"
OWN_STACK = f"organization/{PROJECT}/{STACK}"
TAGS = {"project": PROJECT, "stack": STACK}
"""Tags of every taggable resource, regardless of the settings."""


@dataclass(frozen=True)
class Secret:
    """An output of another stack that is secret."""

    value: str


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as it was registered with the engine."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    dependencies: tuple[str, ...]
    ignored: tuple[str, ...]
    creation_timeout: str
    delete_before_replace: bool
    protect: bool
    retain_on_delete: bool
    former_names: tuple[str, ...]
    former_parents: tuple[str, ...]
    provider: str
    urn: str


@dataclass(kw_only=True)
class Deployment:
    """Everything that a program registered with the engine."""

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    builds: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def all(self, type_: str) -> list[Registration]:
        """Return the resources of a type, in the order of their names.

        A program's own order does not last: a resource is registered when its inputs are known.
        """
        found = (resource for resource in self.resources if resource.type == type_)
        return sorted(found, key=lambda resource: resource.name)

    def one(self, type_: str, name: str | None = None) -> Registration:
        """Return the only resource of a type (and name)."""
        found = [r for r in self.all(type_) if name is None or r.name == name]
        assert len(found) == 1, (
            f"{len(found)} resources {type_} {name or ''} in {sorted(map(_label, self.resources))}"
        )
        return found[0]


def _label(resource: Registration) -> str:
    return f"{resource.type} {resource.name}"


def arn(resource: Registration) -> str:
    """Return the ARN that the mocks give a resource."""
    return f"arn:{resource.type}/{resource.name}"


def physical_name(resource: Registration) -> str:
    """Return the name that the mocks give a resource."""
    return f"{resource.name}-physical"


class Mocks(mocks.Mocks):
    """An AWS in which the id, name and ARN of a resource derive from its type and name."""

    def __init__(self, upstream: Mapping[str, Any], objects: Mapping[str, str]) -> None:
        self._upstream = upstream
        self._objects = objects

    def call(self, args: mocks.MockCallArgs) -> Any:  # noqa: ANN401 (Pulumi's own signature)
        """Return account, region and partition, an object, or the outputs of a stack."""
        if args.token == "pulumi:pulumi:readStackOutputs":
            name = args.args["name"]
            if name != OWN_STACK and name not in self._upstream:
                return {}, [("name", f"unknown stack {name!r}")]
            return self._stack_outputs(name)
        if args.token == "aws:s3/getObject:getObject":
            location = f"s3://{args.args['bucket']}/{args.args['key']}"
            if location not in self._objects:
                return {}, [("key", f"{location}: not found")]
            return {"body": self._objects[location]}
        return {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": REGION},
            "aws:index/getPartition:getPartition": {"partition": PARTITION},
            "aws:kinesis/getStream:getStream": {"openShards": OPEN_SHARDS},
            "aws:kms/getKey:getKey": KEY,
            "aws:dynamodb/getTable:getTable": {
                "globalSecondaryIndexes": [
                    {"name": name, "warmThroughputs": [SERVED]} for name in INDEXES
                ],
                "warmThroughputs": [SERVED],
            },
        }[args.token]

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return the id and properties of a resource."""
        if args.typ == "pulumi:pulumi:StackReference":
            return args.resource_id, self._stack_outputs(args.inputs["name"])
        names = ("bucket",) if args.typ == "aws:s3/bucket:Bucket" else ("name",)
        computed = {
            "arn": f"arn:{args.typ}/{args.name}",
            "url": f"https://queue/{args.name}",
            "codeSha256": f"{args.name}-code",
            "pendingConfirmation": True,
            **dict.fromkeys(names, f"{args.name}-physical"),
        }
        return f"{args.name}-id", {**computed, **args.inputs}

    def _stack_outputs(self, name: str) -> dict[str, Any]:
        """Return what the engine knows of a stack; the own one was never deployed by default."""
        outputs = self._upstream.get(name, {})
        secrets = [key for key, value in outputs.items() if isinstance(value, Secret)]
        values = {key: getattr(value, "value", value) for key, value in outputs.items()}
        return {"name": name, "outputs": values, "secretOutputNames": secrets}


class Engine(mocks.MockEngine):
    """Keeps the warnings that it would show."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(None)
        self._deployment = deployment

    def Log(self, request: Any) -> Any:  # noqa: ANN401, N802 (the protocol's name)
        """Log a message."""
        if request.severity == engine_pb2.WARNING:
            self._deployment.warnings.append(request.message)
        return empty_pb2.Empty()


class Monitor(mocks.MockMonitor):
    """Records the whole request of each registration, dependencies and options included."""

    def __init__(self, mocks_: Mocks, deployment: Deployment) -> None:
        super().__init__(mocks_)
        self._deployment = deployment

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 (the protocol's name)
        """Register a resource."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._keep(request, response.urn, request.object)
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: ANN401, N802 (the protocol's name)
        """Read a resource: the stack reference."""
        response = super().ReadResource(request)  # type: ignore[no-untyped-call]
        self._keep(request, response.urn, request.properties)
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 (see above)
        """Register outputs: the stack's; a component's cannot be read."""
        if "::pulumi:pulumi:Stack::" in request.urn:
            self._deployment.outputs = rpc.deserialize_properties(request.outputs)
        return empty_pb2.Empty()

    def _keep(self, request: Any, urn: str, inputs: Any) -> None:  # noqa: ANN401 (messages)
        archives = "code" in inputs
        self._deployment.resources.append(
            Registration(
                type=request.type,
                name=request.name,
                inputs=MessageToDict(inputs) if archives else rpc.deserialize_properties(inputs),
                parent=request.parent,
                dependencies=tuple(sorted(request.dependencies)),
                ignored=tuple(getattr(request, "ignoreChanges", ())),
                creation_timeout=(
                    request.customTimeouts.create if hasattr(request, "customTimeouts") else ""
                ),
                delete_before_replace=getattr(request, "deleteBeforeReplace", False),
                protect=getattr(request, "protect", False),
                retain_on_delete=getattr(request, "retainOnDelete", False),
                former_names=tuple(
                    alias.spec.name
                    for alias in getattr(request, "aliases", ())
                    if alias.spec.name  # pulumi-aws has aliases of its own, for renamed types
                ),
                former_parents=tuple(
                    alias.spec.parentUrn
                    for alias in getattr(request, "aliases", ())
                    if alias.spec.parentUrn
                ),
                provider=request.provider,
                urn=urn,
            )
        )


def dev_settings(project: Path = REPOSITORY) -> dict[str, str]:
    """Return the dev stack's settings as text, as the engine merges both files.

    The stack of this project has a ledger's stack besides.
    """
    ledger = {"ledgerStack": UPSTREAM} if project == REPOSITORY else {}
    return {**_dev_settings(project), **ledger}


@functools.cache
def _dev_settings(project: Path) -> Mapping[str, str]:
    described = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))
    configured = yaml.safe_load((project / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    settings = {
        name: as_text(setting["default"])
        for name, setting in described["config"].items()
        if "default" in setting
    }
    for key, value in configured["config"].items():
        settings[key.removeprefix(f"{described['name']}:")] = as_text(value)
    return settings


def as_text(value: object) -> str:
    """Return a setting in the form in which the engine passes it to a program."""
    return value if isinstance(value, str) else json.dumps(value)


def deploy(
    settings: Mapping[str, str],
    *,
    upstream: Mapping[str, Any],
    project: str = PROJECT,
    program: Path | Callable[[], None] = REPOSITORY / "__main__.py",
    into: Deployment | None = None,
    objects: Mapping[str, str] | None = None,
) -> Deployment:
    """Run a program: a file, as the engine would, or a function.

    Parameters
    ----------
    settings
        Settings without the project's prefix.
    upstream
        Outputs of other stacks by full stack name.
    project, program
        The program to run.
    into
        Receives the registrations even if the program fails.
    objects
        Texts in S3 by their location, such as ``s3://bucket/key``.
    """
    deployment = into or Deployment()

    # The mocks read messages in worker threads, each with a loop, created here to be closed here.
    loops: list[asyncio.AbstractEventLoop] = []

    def start_worker() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def run() -> None:
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(initializer=start_worker)
        )
        # A failed program leaves outputs of its closed loop behind.
        SETTINGS.outputs.clear()
        pulumi.runtime.set_all_config({f"{project}:{k}": v for k, v in settings.items()})
        monitor = Monitor(Mocks(upstream, objects or {}), deployment)
        features = monitor.GetDeploymentInfo(None)  # type: ignore[no-untyped-call]
        # Like set_mocks, except for the stack: this one collects the outputs.
        pulumi.runtime.configure(
            mocks.MockSettings(  # type: ignore[no-untyped-call]
                monitor=monitor,
                monitor_features=set(features.supportedFeatures),
                engine=Engine(deployment),
                project=project,
                stack=STACK,
                dry_run=False,
                organization="organization",
            )
        )
        await stack.run_in_stack(run_program)

    def build(**target: str) -> Path:
        deployment.builds.append(target)
        return CODE

    def run_program() -> None:
        if callable(program):
            program()
            return
        with patch.object(lambda_package, "build", build):
            runpy.run_path(str(program), run_name="__main__")

    # A context and a loop for each run: nothing of one test reaches another.
    def run_alone() -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(run())
        finally:
            for loop in loops:
                loop.close()

    contextvars.copy_context().run(run_alone)
    return deployment


def deploy_dev(**changed: object) -> Deployment:
    """Run the program with the dev stack's settings, some of them changed."""
    return deploy_dev_again({}, changed)


def deploy_dev_again(
    last_outputs: Mapping[str, Any],
    changed: Mapping[str, object],
    *,
    into: Deployment | None = None,
    objects: Mapping[str, str] | None = None,
) -> Deployment:
    """Run the program on a stack that was deployed before.

    Parameters
    ----------
    last_outputs
        Outputs of the last deployment.
    changed
        Settings in which the stack differs from the dev stack.
    into
        Receives the registrations even if the program fails.
    objects
        Texts in S3 by their location, such as ``s3://bucket/key``.
    """
    settings = dev_settings() | {name: as_text(value) for name, value in changed.items()}
    stacks = {UPSTREAM: {"ledgerName": LEDGER}, OWN_STACK: last_outputs}
    return deploy(settings, upstream=stacks, into=into, objects=objects)


def statements(policy: str) -> list[dict[str, Any]]:
    """Return the statements of a policy."""
    document = json.loads(policy)
    assert document["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = document["Statement"]
    return found

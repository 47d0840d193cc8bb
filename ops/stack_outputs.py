"""Reads the outputs of a deployed stack."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handler.contract import Variable
from handler.settings import HandlerSettings, SettingsError
from handler.version import project_version
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
"""The folder of ``Pulumi.yaml``, from which Pulumi finds the project."""

_HANDLER_ENVIRONMENT = "handlerEnvironment"
_REPLICA_TABLES = "replicaTables"
"""Stacks of version 0.1.0 have the tables in the environment instead."""

_RETIRED_LIFETIME = "TOMBSTONE_LIFETIME_DAYS"
"""Variable of stacks of earlier versions; if it were ignored, tombstones would seem permanent."""

_VERSION = "version"
_ARN_PARTS = 6


@dataclass(frozen=True, kw_only=True)
class StackOutputs:
    """The outputs that the commands need.

    Attributes
    ----------
    version
        Version of this project that deployed the stack.
    region
        AWS region of the stack, from the stream's ARN: the operator's default may differ.
    failure_queue_url
        URL of the failure queue.
    settings
        The configuration of the deployed handler.
    environment
        The function's environment variables.
    values
        All outputs by name, of which `text` reads one.
    """

    version: str
    region: str
    failure_queue_url: str
    settings: HandlerSettings
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


def version_difference(version: object) -> str | None:
    """Return advice for a stack that another version deployed; None if this version did.

    Parameters
    ----------
    version
        The version that deployed the stack.
    """
    own = project_version()
    if version == own:
        return None
    return (
        f"version {version} deployed the stack and this is version {own}: "
        f"use version {version}, or deploy with version {own}"
    )


def parse(outputs: Mapping[str, Any]) -> StackOutputs:
    """Read the output of ``pulumi stack output --json``.

    Raises
    ------
    OpsError
        If an output is missing or is not what this version exports.
    """
    region = _region(outputs)
    if _HANDLER_ENVIRONMENT not in outputs and _VERSION not in outputs:
        raise OpsError(
            f"the stack has no output {_HANDLER_ENVIRONMENT}: an earlier version deployed it. "
            f"Run `pulumi up` with this version, {project_version()}, first"
        )
    environment = _handler_environment(outputs)
    if _RETIRED_LIFETIME in environment:
        raise OpsError(
            f"the stack output {_HANDLER_ENVIRONMENT} has {_RETIRED_LIFETIME}: an earlier version "
            f"deployed the stack. Run `pulumi up` with this version, {project_version()}, first"
        )
    try:
        settings = HandlerSettings.from_environment(environment)
    except SettingsError as error:
        problem = (
            f"the stack outputs {_HANDLER_ENVIRONMENT} and {_REPLICA_TABLES} are wrong: {error}"
        )
        raise _misfit(outputs, problem) from None
    return StackOutputs(
        version=text(outputs, _VERSION),
        region=region,
        failure_queue_url=text(outputs, "failureQueueUrl"),
        settings=settings,
        environment=environment,
        values=outputs,
    )


def from_file(file: Path) -> StackOutputs:
    """Read a file with the output of ``pulumi stack output --json``."""
    return parse(content(file))


def content(file: Path) -> dict[str, Any]:
    """Return all outputs of a file with the output of ``pulumi stack output --json``.

    Raises
    ------
    OpsError
        If the file cannot be read, or is no JSON object.
    """
    try:
        outputs = json.loads(file.read_text())
    except OSError as error:
        raise OpsError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        outputs = None
    if not isinstance(outputs, dict):
        raise OpsError(
            f"{file} is not a JSON object: make it with `pulumi stack output --json > {file}`"
        )
    return outputs


def from_pulumi(stack: str) -> StackOutputs:
    """Read the outputs from the backend that the environment or `pulumi login` selects."""
    from pulumi.automation import LocalWorkspace  # noqa: PLC0415 (slow to import)
    from pulumi.automation.errors import (  # noqa: PLC0415 (slow to import)
        CommandError,
        StackNotFoundError,
    )

    try:
        found = LocalWorkspace(work_dir=str(PROJECT_FOLDER)).stack_outputs(stack)
    except FileNotFoundError:
        raise OpsError(
            "`pulumi` is not on the PATH: install it, or run `pulumi stack output --json > FILE` "
            "where it is and pass that with --outputs FILE"
        ) from None
    except StackNotFoundError:
        raise OpsError(f"stack {stack} does not exist: `pulumi stack ls` lists them") from None
    except (CommandError, subprocess.CalledProcessError) as error:
        raise OpsError(
            f"Pulumi cannot read the outputs of stack {stack}: {_cause(error)}"
        ) from None
    return parse({name: output.value for name, output in found.items()})


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if "error: " in line]
    return (causes or lines or [type(error).__name__])[0].rpartition("error: ")[2]


def _misfit(outputs: Mapping[str, Any], problem: str) -> OpsError:
    """Return the error for outputs that this version cannot use."""
    remedy = None if _VERSION not in outputs else version_difference(outputs[_VERSION])
    if remedy is None:
        remedy = "deploy the stack with `pulumi up`, or choose the stack of this project"
    return OpsError(f"{problem}; {remedy}")


def text(outputs: Mapping[str, Any], name: str) -> str:
    """Return an output that every stack has, and that is a text.

    Raises
    ------
    OpsError
        If it is missing, empty or something else.
    """
    value = outputs.get(name)
    if not isinstance(value, str) or not value:
        raise _misfit(outputs, f"the stack has no output {name}")
    return value


def _handler_environment(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the function's environment variables, together with its tables.

    The program exports an object of strings, but tools between Pulumi and a file may have encoded
    an object as a JSON string, or decoded one.
    """
    value = outputs.get(_HANDLER_ENVIRONMENT)
    try:
        variables = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        variables = None
    if not isinstance(variables, dict):
        raise _misfit(outputs, f"the stack output {_HANDLER_ENVIRONMENT} is not an object")
    if _REPLICA_TABLES in outputs:
        variables = {**variables, Variable.REPLICA_TABLES: outputs[_REPLICA_TABLES]}
    return {
        name: text if isinstance(text, str) else json.dumps(text)
        for name, text in variables.items()
    }


def _region(outputs: Mapping[str, Any]) -> str:
    parts = text(outputs, "streamArn").split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or not parts[3]:
        raise _misfit(outputs, "the stack output streamArn is not an ARN with a region")
    return parts[3]

"""The outputs of a deployed stack: where things are, and how the handler is configured."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handler.settings import HandlerSettings, SettingsError
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
"""Where ``Pulumi.yaml`` is: it tells Pulumi the project of a stack."""

_ARN_PARTS = 6


@dataclass(frozen=True, kw_only=True)
class StackOutputs:
    """What the commands need of a stack's outputs.

    Parameters
    ----------
    region
        AWS region of the stack, from the stream's ARN: the operator's own default may be another.
    failure_bucket
        Name of the failure bucket.
    failure_queue_url
        URL of the failure queue.
    settings
        The configuration of the deployed handler.
    """

    region: str
    failure_bucket: str
    failure_queue_url: str
    settings: HandlerSettings


def parse(outputs: Mapping[str, Any]) -> StackOutputs:
    """Read what ``pulumi stack output --json`` prints.

    Raises
    ------
    OpsError
        An output is missing or is not what this program exports.
    """
    bucket = _text(outputs, "failureBucketName")
    variables = {
        "REPLICA_TABLES": _replica_tables(outputs),
        "FAILURE_BUCKET": bucket,
        "TOMBSTONE_LIFETIME_DAYS": _days(outputs.get("tombstoneLifetimeDays")),
    }
    try:
        settings = HandlerSettings.from_environment(variables)
    except SettingsError as error:
        raise OpsError(
            f"the stack outputs are not those of this version of the program ({error}): "
            "use the version that deployed the stack"
        ) from None
    return StackOutputs(
        region=_region(_text(outputs, "streamArn")),
        failure_bucket=bucket,
        failure_queue_url=_text(outputs, "failureQueueUrl"),
        settings=settings,
    )


def from_file(file: Path) -> StackOutputs:
    """Read the outputs from a file with what ``pulumi stack output --json`` printed."""
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
    return parse(outputs)


def from_pulumi(stack: str) -> StackOutputs:
    """Ask Pulumi, with the backend that the environment or `pulumi login` chose."""
    # Takes a second: only for those who need it.
    from pulumi.automation import LocalWorkspace  # noqa: PLC0415
    from pulumi.automation.errors import CommandError, StackNotFoundError  # noqa: PLC0415

    try:
        found = LocalWorkspace(work_dir=str(PROJECT_FOLDER)).stack_outputs(stack)
    except FileNotFoundError:
        raise OpsError(
            "`pulumi` is not on the PATH: install it, or run `pulumi stack output --json > FILE` "
            "where it is and give that with --outputs FILE"
        ) from None
    except StackNotFoundError:
        raise OpsError(f"there is no stack {stack}: `pulumi stack ls` lists them") from None
    except (CommandError, subprocess.CalledProcessError) as error:
        raise OpsError(
            f"Pulumi cannot tell the outputs of stack {stack}: {_cause(error)}"
        ) from None
    return parse({name: output.value for name, output in found.items()})


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if "error: " in line]
    return (causes or lines or [type(error).__name__])[0].rpartition("error: ")[2]


def _text(outputs: Mapping[str, Any], name: str) -> str:
    value = outputs.get(name)
    if not isinstance(value, str) or not value:
        raise OpsError(
            f"the stack has no output {name}: deploy it with `pulumi up`, "
            "or choose the stack of this project"
        )
    return value


def _replica_tables(outputs: Mapping[str, Any]) -> str:
    value = outputs.get("replicaTables")
    # A JSON text in the program; tools between Pulumi and a file like to take it apart.
    return json.dumps(value) if isinstance(value, dict) else _text(outputs, "replicaTables")


def _days(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _region(arn: str) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or not parts[3]:
        raise OpsError("the stack output streamArn is not an ARN with a region: deploy the stack")
    return parts[3]

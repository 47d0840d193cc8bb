"""The settings files of the stacks on the local AWS, derived from ``Pulumi.dev.yaml``."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import yaml

from local.errors import LocalError
from local.projects import LEDGER, PIPELINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.projects import Project

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def machine_settings() -> dict[str, str]:
    """Return the settings in which a stack on this machine differs from ``Pulumi.dev.yaml``.

    The emulator runs a function's code with its own interpreter, so the package must contain
    the wheels of that interpreter and of this machine's architecture.

    Returns
    -------
    dict
        ``lambdaRuntime`` and ``lambdaArchitecture``.

    Raises
    ------
    LocalError
        If AWS Lambda does not have this machine's architecture.
    """
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise LocalError(
            f"this machine's architecture is {machine}, Lambda packages are built for "
            f"{' and '.join(sorted(set(_ARCHITECTURES.values())))} only: use a machine with one"
        )
    return {
        "lambdaRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "lambdaArchitecture": _ARCHITECTURES[machine],
    }


def write_settings(
    project: Project, stack: str, settings: Mapping[str, object], *, folder: Path
) -> None:
    """Write a stack's settings file.

    Existing content of the file is kept: the user's `pulumi config set`, and the salt of encrypted
    values, without which Pulumi could not open the stack again.

    Parameters
    ----------
    project
        The project, whose ``Pulumi.dev.yaml`` supplies the other settings.
    stack
        The stack's name.
    settings
        Settings that override both files, by name without the project's prefix.
    folder
        Folder of the file.
    """
    development = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    file = folder / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(file.read_text()) if file.is_file() else {}
    config = {
        **development.get("config", {}),
        **document.get("config", {}),
        **{f"{project.name}:{name}": value for name, value in settings.items()},
    }
    file.write_text(yaml.safe_dump({**document, "config": config}, sort_keys=False))


def remove_settings(stack: str) -> None:
    """Remove the settings files of a stack from both projects, if they exist."""
    for project in (LEDGER, PIPELINE):
        (project.folder / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)

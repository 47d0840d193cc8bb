"""The settings files of the stacks on the local AWS, derived from ``Pulumi.dev.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pulumi_aws_standin import machine

from local.errors import LocalError
from local.projects import LEDGER, PIPELINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.projects import Project

_ARCHITECTURES = ("arm64", "x86_64")
"""Those of AWS Lambda."""

DERIVED = ("lambdaRuntime", "lambdaArchitecture", "ledgerStack")
"""Settings of the pipeline that follow from the machine and the stack."""


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
    architecture = machine.architecture()
    if architecture not in _ARCHITECTURES:
        raise LocalError(
            f"this machine's architecture is {architecture}, Lambda packages are built for "
            f"{' and '.join(_ARCHITECTURES)} only: use a machine with one"
        )
    return {"lambdaRuntime": machine.runtime(), "lambdaArchitecture": architecture}


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
    development = _document(project.folder / "Pulumi.dev.yaml")
    file = folder / f"Pulumi.{stack}.yaml"
    document = _document(file)
    config = {
        **development.get("config", {}),
        **document.get("config", {}),
        **{f"{project.name}:{name}": value for name, value in settings.items()},
    }
    _write(file, {**document, "config": config})


def remove_settings(stack: str) -> None:
    """Remove the settings files of a stack from both projects, if they exist."""
    for project in (LEDGER, PIPELINE):
        _file(project, stack).unlink(missing_ok=True)


def keep_own_settings(stack: str) -> list[Path]:
    """Remove from a stack's settings files what `write_settings` writes again.

    A file without settings of the user's own is removed.

    Parameters
    ----------
    stack
        The stack's name.

    Returns
    -------
    list of pathlib.Path
        The files that are left.
    """
    left = []
    for project in (LEDGER, PIPELINE):
        file = _file(project, stack)
        document = _document(file)
        development = _document(project.folder / "Pulumi.dev.yaml")["config"]
        own = {
            name: value
            for name, value in document.get("config", {}).items()
            if name not in {f"{project.name}:{setting}" for setting in DERIVED}
            and not (name in development and _as_stored(development[name]) == _as_stored(value))
        }
        if own:
            _write(file, {**document, "config": own})
            left.append(file)
        else:
            file.unlink(missing_ok=True)
    return left


def _as_stored(value: object) -> object:
    """Return a value as Pulumi writes it back, with texts for numbers and booleans."""
    match value:
        case dict():
            return {name: _as_stored(member) for name, member in value.items()}
        case list():
            return [_as_stored(member) for member in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _file(project: Project, stack: str) -> Path:
    return project.folder / f"Pulumi.{stack}.yaml"


def _document(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    document: dict[str, Any] | None = yaml.safe_load(file.read_text())
    return document or {}


def _write(file: Path, document: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(dict(document), sort_keys=False))

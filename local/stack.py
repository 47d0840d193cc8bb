"""Both stacks on the local AWS: the one place that calls Pulumi's Automation API."""

from __future__ import annotations

import json
import os
import platform
import runpy
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from local.errors import LocalError
from local.pulumi_command import PulumiCommand

REPOSITORY = Path(__file__).resolve().parent.parent
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

OnOutput = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Project:
    """One of the two Pulumi projects of this repository.

    Parameters
    ----------
    name
        The project's name in its ``Pulumi.yaml``.
    folder
        Where that file is.
    """

    name: str
    folder: Path


LEDGER = Project(name="apigw-lambda-qldb", folder=REPOSITORY / "ledger")
PIPELINE = Project(name="qldb-kinesis-lambda-dynamodb", folder=REPOSITORY)


def machine_settings() -> dict[str, str]:
    """Return the settings in which a stack on this machine differs from ``Pulumi.dev.yaml``.

    The emulator runs a function's code with its own interpreter, so the package has to hold the
    wheels of that interpreter and of this machine's processor.

    Returns
    -------
    dict
        ``lambdaRuntime`` and ``lambdaArchitecture``.

    Raises
    ------
    LocalError
        For a processor that AWS Lambda does not have.
    """
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise LocalError(
            f"this machine's processor is {machine}, Lambda packages are built for "
            f"{' and '.join(sorted(set(ARCHITECTURES.values())))} only: use a machine with one"
        )
    return {
        "lambdaRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "lambdaArchitecture": ARCHITECTURES[machine],
    }


class Stacks:
    """The ledger's stack and the pipeline's, under one name, in a Pulumi file backend.

    Parameters
    ----------
    variables
        The environment of every Pulumi call (`local.environment`).
    stack
        Name of both stacks.
    settings
        Settings of the pipeline's stack, over those of ``Pulumi.dev.yaml``.
    inline_folder
        Where given, programs run inside this process and the projects' files are copied there:
        needs the engine only, and leaves nothing in the work tree. Otherwise they run through the
        Python language host, as from a shell.
    """

    def __init__(
        self,
        *,
        variables: Mapping[str, str],
        stack: str = "local",
        settings: Mapping[str, Any] | None = None,
        inline_folder: Path | None = None,
    ) -> None:
        self._variables = dict(variables)
        self._stack = stack
        self._settings = dict(settings or {})
        self._inline_folder = inline_folder
        self._opened: dict[str, automation.Stack] = {}

    def prepare(self) -> None:
        """Write both stacks' settings and create the stacks where they do not exist."""
        self._write_settings(LEDGER, {})
        self._write_settings(
            PIPELINE,
            {
                **machine_settings(),
                **self._settings,
                "ledgerStack": f"organization/{LEDGER.name}/{self._stack}",
            },
        )
        for project in (LEDGER, PIPELINE):
            self._open(project)

    def change(self, **settings: object) -> None:
        """Change settings of the pipeline's stack; the next `up` deploys them."""
        self._settings.update(settings)
        self.prepare()

    def up(self, *, on_output: OnOutput | None = None) -> dict[str, Any]:
        """Deploy the ledger's stack, then the pipeline's.

        Returns
        -------
        dict
            The pipeline's stack outputs.
        """
        self.up_project(LEDGER, on_output=on_output)
        self.up_project(PIPELINE, on_output=on_output)
        return self.outputs()

    def up_project(
        self, project: Project, *, on_output: OnOutput | None = None
    ) -> automation.UpResult:
        """Deploy one project and return Pulumi's own result, with its counts of changes."""
        return self._open(project).up(on_output=on_output)

    def preview(self, project: Project) -> automation.PreviewResult:
        """Return what `up_project` would change."""
        return self._open(project).preview()

    def refresh(self, project: Project) -> automation.RefreshResult:
        """Read a project's resources back and return what had drifted."""
        return self._open(project).refresh()

    def destroy(self, *, on_output: OnOutput | None = None) -> None:
        """Destroy the pipeline's stack, then the ledger's, and forget both."""
        for project in (PIPELINE, LEDGER):
            stack = self._open(project)
            stack.destroy(on_output=on_output)
            stack.workspace.remove_stack(stack.name)
            del self._opened[project.name]

    def outputs(self, project: Project = PIPELINE) -> dict[str, Any]:
        """Return a project's stack outputs as plain values."""
        outputs = self._open(project).outputs()
        return {name: output.value for name, output in outputs.items()}

    def _open(self, project: Project) -> automation.Stack:
        if project.name not in self._opened:
            folder = self._folder(project)
            options = automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                env_vars=self._variables,
                pulumi_command=_command(self._variables["PATH"]),
            )
            if self._inline_folder is None:
                stack = automation.create_or_select_stack(
                    stack_name=self._stack, work_dir=str(folder), opts=options
                )
            else:
                program = project.folder / "__main__.py"
                stack = automation.create_or_select_stack(
                    stack_name=self._stack,
                    project_name=project.name,
                    program=lambda: _run(program),
                    opts=options,
                )
            self._opened[project.name] = stack
        return self._opened[project.name]

    def _folder(self, project: Project) -> Path:
        if self._inline_folder is None:
            return project.folder
        folder = self._inline_folder / project.name
        if not folder.is_dir():
            folder.mkdir(parents=True)
            shutil.copy(project.folder / "Pulumi.yaml", folder)
        return folder

    def _write_settings(self, project: Project, settings: Mapping[str, object]) -> None:
        """Derive the stack's settings file from ``Pulumi.dev.yaml``.

        What the file holds already stays: the user's `pulumi config set`, and the salt of
        encrypted values, without which Pulumi could not open the stack again.
        """
        development = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
        file = self._folder(project) / f"Pulumi.{self._stack}.yaml"
        document = yaml.safe_load(file.read_text()) if file.is_file() else {}
        config = {
            **development.get("config", {}),
            **document.get("config", {}),
            **{f"{project.name}:{name}": value for name, value in settings.items()},
        }
        file.write_text(yaml.safe_dump({**document, "config": config}, sort_keys=False))


def _command(path: str) -> PulumiCommand:
    """Return the `pulumi` of that PATH; the class asks this process's own for its version."""
    own = os.environ["PATH"]
    os.environ["PATH"] = path
    try:
        return PulumiCommand()
    finally:
        os.environ["PATH"] = own


def remove_settings(stack: str) -> None:
    """Remove the settings files that `Stacks.prepare` wrote for a stack, where there are any."""
    for project in (LEDGER, PIPELINE):
        (project.folder / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)


def _run(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def write_outputs(outputs: Mapping[str, object]) -> str:
    """Return stack outputs as the aligned lines that a terminal shows."""
    width = max(map(len, outputs))
    return "\n".join(
        f"  {name:<{width}}  {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in outputs.items()
    )

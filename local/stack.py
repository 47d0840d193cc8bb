"""Deploys both stacks to the local AWS with Pulumi's Automation API."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from pulumi import automation

from local.errors import LocalError
from local.projects import LEDGER, PIPELINE, Project
from local.pulumi_command import PulumiCommand
from local.stack_settings import machine_settings, write_settings

if TYPE_CHECKING:
    from pathlib import Path

OnOutput = Callable[[str], None]


@contextlib.contextmanager
def _failures_as_local_errors(on_output: OnOutput | None = None) -> Iterator[None]:
    """Raise Pulumi's failure as a `LocalError`, with the output that nobody has seen yet."""
    try:
        yield
    except automation.CommandError as error:
        if on_output is not None:
            raise LocalError("Pulumi failed; its output above says why") from error
        raise LocalError(f"Pulumi failed:\n{error}") from error


class Stacks:
    """The ledger's stack and the pipeline's, under one name, in a Pulumi file backend.

    Every method raises a `LocalError` with Pulumi's output if Pulumi fails.

    Parameters
    ----------
    variables
        The environment of every Pulumi call (`local.environment`).
    stack
        Name of both stacks.
    settings
        Settings of the pipeline's stack, which override those of ``Pulumi.dev.yaml``.
    has_ledger
        Whether the pipeline reads a ledger's journal. Otherwise its Kinesis stream is the input,
        and the ledger's stack is not deployed.
    inline_folder
        If given, programs run inside this process and the projects' files are copied there. This
        needs the engine only, and leaves nothing in the work tree. Otherwise programs run in the
        Python language host, as from a shell.
    """

    def __init__(
        self,
        *,
        variables: Mapping[str, str],
        stack: str = "local",
        settings: Mapping[str, Any] | None = None,
        has_ledger: bool = True,
        inline_folder: Path | None = None,
    ) -> None:
        self._variables = dict(variables)
        self._stack = stack
        self._settings = dict(settings or {})
        self._has_ledger = has_ledger
        self._inline_folder = inline_folder
        self._opened: dict[str, automation.Stack] = {}

    @_failures_as_local_errors()
    def prepare(self) -> None:
        """Write the stacks' settings and create the stacks that do not exist."""
        ledger_stack = f"organization/{LEDGER.name}/{self._stack}" if self._has_ledger else ""
        settings: dict[Project, dict[str, Any]] = {LEDGER: {}} if self._has_ledger else {}
        settings[PIPELINE] = {
            **machine_settings(),
            "ledgerStack": ledger_stack,
            **self._settings,
        }
        for project, values in settings.items():
            write_settings(project, self._stack, values, folder=self._folder(project))
        for project in settings:
            self._open(project)

    def change(self, **settings: object) -> None:
        """Change settings of the pipeline's stack; the next `up` deploys them."""
        self._settings.update(settings)
        self.prepare()

    def up(
        self,
        *,
        on_output: OnOutput | None = None,
        refresh: bool = False,
        suppress_outputs: bool = False,
    ) -> dict[str, Any]:
        """Deploy the ledger's stack, if there is one, then the pipeline's.

        Parameters
        ----------
        on_output
            Receives each line that Pulumi prints.
        refresh
            Whether to look first which resources still exist.
        suppress_outputs
            Whether Pulumi does not print the pipeline's stack outputs.

        Returns
        -------
        dict
            The pipeline's stack outputs.
        """
        if self._has_ledger:
            self.up_project(LEDGER, on_output=on_output, refresh=refresh)
        self.up_project(
            PIPELINE, on_output=on_output, refresh=refresh, suppress_outputs=suppress_outputs
        )
        return self.outputs()

    def up_project(
        self,
        project: Project,
        *,
        on_output: OnOutput | None = None,
        replace: Sequence[str] = (),
        refresh: bool = False,
        suppress_outputs: bool = False,
    ) -> automation.UpResult:
        """Deploy one project and return Pulumi's result, with its counts of changes.

        Parameters
        ----------
        project
            The project.
        on_output
            Receives each line that Pulumi prints.
        replace
            URNs of resources to replace, with wildcards.
        refresh
            Whether to look first which resources still exist.
        suppress_outputs
            Whether Pulumi does not print the stack outputs.
        """
        with _failures_as_local_errors(on_output):
            return self._open(project).up(
                on_output=on_output,
                on_error=on_output,
                replace=list(replace),
                refresh=refresh,
                suppress_outputs=suppress_outputs,
            )

    @_failures_as_local_errors()
    def preview(self, project: Project) -> automation.PreviewResult:
        """Return the changes that `up_project` would make."""
        return self._open(project).preview()

    @_failures_as_local_errors()
    def refresh(self, project: Project) -> automation.RefreshResult:
        """Refresh a project's resources and return the drift."""
        return self._open(project).refresh()

    def destroy(self, *, on_output: OnOutput | None = None) -> None:
        """Destroy and remove the pipeline's stack, then the ledger's, if there is one."""
        for project in (PIPELINE, LEDGER) if self._has_ledger else (PIPELINE,):
            with _failures_as_local_errors(on_output):
                stack = self._open(project)
                stack.destroy(on_output=on_output, on_error=on_output)
                stack.workspace.remove_stack(stack.name)
            del self._opened[project.name]

    @_failures_as_local_errors()
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
            document = yaml.safe_load((project.folder / "Pulumi.yaml").read_text())
            # The program runs with this interpreter, without a virtual environment.
            document["runtime"] = document["runtime"]["name"]
            (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return folder


def _command(path: str) -> PulumiCommand:
    """Return the `pulumi` of a PATH, because the class itself uses the PATH of this process."""
    own = os.environ["PATH"]
    os.environ["PATH"] = path
    try:
        return PulumiCommand()
    finally:
        os.environ["PATH"] = own


def _run(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def format_outputs(outputs: Mapping[str, object]) -> str:
    """Return stack outputs as aligned lines for a terminal."""
    width = max(map(len, outputs))
    return "\n".join(
        f"  {name:<{width}}  {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in outputs.items()
    )

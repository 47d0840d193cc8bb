"""A shell in a copy of the work tree, for commands that users type."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND_SECONDS = 240


class Shell:
    """A shell in the folder of a copy of this repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def in_copy(cls, folder: Path) -> Shell:
        """Return a shell in a copy of the files that git would have, with nothing running."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (REPOSITORY / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, folder / name)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
        # The language host runs the program in the virtual environment that Pulumi.yaml names.
        (folder / ".git" / "info" / "exclude").write_text(".venv\n")
        (folder / ".venv").symlink_to(sys.prefix)
        return cls(folder)

    def run(self, command: str, *, local: bool = False, status: int = 0) -> str:
        """Run a command line and return what it printed.

        Parameters
        ----------
        command
            Command line for bash.
        local
            Whether to set the environment of the local AWS first.
        status
            The expected exit status.
        """
        python = sys.executable
        lines = ["set -e", f'python() {{ "{python}" "$@"; }}']
        if local:
            lines.append('exports="$(python -m local env)"; eval "$exports"')
        done = subprocess.run(
            ["bash", "-c", "\n".join([*lines, command])],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m local` as the leader of a process group, with one output pipe."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", *arguments],
            cwd=self.folder,
            env=environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def changed(self) -> list[str]:
        """Return the files in the copy that git did not see at the start."""
        status = subprocess.run(
            ["git", "status", "--short", "--untracked-files"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return [line for line in status.stdout.splitlines() if not line.startswith("A ")]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the tests, extended by variables."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}

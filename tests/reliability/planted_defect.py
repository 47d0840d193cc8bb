"""Plants a defect in a copy of the program's source, and looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.reliability.findings import BROKEN
from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULES = 400
_FOLDERS = ("handler", "journal", "ops")
"""Folders in a copy: the code of the function, and of the operator's commands."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One defect of the function.

    Attributes
    ----------
    name
        Effect of the defect.
    file
        The source file, from the repository's root.
    old, new
        The text to be replaced, which occurs exactly once, and its replacement.
    finder
        The module in this folder that must detect the defect.
    """

    name: str
    file: str
    old: str
    new: str
    finder: str = "first_failure"


class MutationError(Exception):
    """The list of mutations no longer fits the function's source."""


def mutated(mutation: Mutation | None, folder: Path) -> None:
    """Write a copy of the function's code to a folder, with a defect or, to compare, without one.

    Raises
    ------
    MutationError
        If the text to be replaced does not occur exactly once.
    """
    for name in _FOLDERS:
        shutil.copytree(
            REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.txt")
        )
    if mutation is None:
        return
    source = folder / mutation.file
    text = source.read_text()
    found = text.count(mutation.old)
    if found != 1:
        raise MutationError(
            f"mutation {mutation.name!r}: its text is {found} times in {mutation.file}, "
            f"not once; let the list in mutations.py follow the code: {mutation.old!r}"
        )
    source.write_text(text.replace(mutation.old, mutation.new))


def first_broken_promise(
    mutation: Mutation | None,
    *,
    schedules: int = SCHEDULES,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Run the mutation's finder on a copy of the function; return its finding, if any.

    Parameters
    ----------
    mutation
        The defect in the copy; None for none.
    schedules
        Maximum number of schedules, if schedules search for it.
    environment
        Environment of the finder's process; by default that of this process.
    """
    finder = "first_failure" if mutation is None else mutation.finder
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mutated(mutation, folder)
        # The folder comes before the repository, so its code is the one that is imported.
        path = os.pathsep.join((str(folder), str(REPOSITORY)))
        run = subprocess.run(
            [sys.executable, "-m", f"tests.reliability.{finder}", str(schedules)],
            cwd=folder,
            env={
                **(environment or os.environ),
                "PYTHONPATH": path,
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode not in {0, BROKEN}:
        raise RuntimeError(f"no schedule could run: {run.stderr[-2000:]}")
    return run.stdout.strip() or None

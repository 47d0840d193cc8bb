"""`python -m tests.reliability.mutations`: defects planted in the handler, which must be found.

Each mutation replaces one place of a copy of the handler's source; schedules that run on the copy
must then break a promise. A search text that is not there exactly once is an error: the list has
to follow the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEDULES = 400
_PROCESSES = 2


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One defect: in `file` of the handler, `old` becomes `new`."""

    name: str
    file: str
    old: str
    new: str


class MutationError(Exception):
    """The list of mutations no longer fits the handler's source."""


MUTATIONS: tuple[Mutation, ...] = ()


def mutated(mutation: Mutation | None, folder: Path) -> None:
    """Put a copy of the handler into a folder, with a defect or, for comparison, without one.

    Raises
    ------
    MutationError
        The text to be replaced is not there exactly once.
    """
    package = folder / "handler"
    shutil.copytree(
        REPOSITORY / "handler", package, ignore=shutil.ignore_patterns("__pycache__", "*.txt")
    )
    if mutation is None:
        return
    source = package / mutation.file
    text = source.read_text()
    found = text.count(mutation.old)
    if found != 1:
        raise MutationError(
            f"mutation {mutation.name!r}: its text is {found} times in handler/{mutation.file}, "
            f"not once; let the list in {Path(__file__).name} follow the code: {mutation.old!r}"
        )
    source.write_text(text.replace(mutation.old, mutation.new))


def first_broken_promise(mutation: Mutation | None, schedules: int = SCHEDULES) -> str | None:
    """Run schedules on a copy of the handler until one breaks a promise; tell which, if any."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mutated(mutation, folder)
        # The folder comes before the repository, so its handler is the one that is imported.
        path = os.pathsep.join((str(folder), str(REPOSITORY)))
        run = subprocess.run(
            [sys.executable, "-m", "tests.reliability.first_failure", str(schedules)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode not in {0, 1}:
        raise RuntimeError(f"no schedule could run: {run.stderr[-2000:]}")
    return run.stdout.strip() or None


def main() -> int:
    """Print each mutation and what found it."""
    with ThreadPoolExecutor(_PROCESSES) as pool:
        sound, *results = pool.map(first_broken_promise, (None, *MUTATIONS))
    if sound is not None:
        print(f"the handler itself breaks a promise: {sound}")  # noqa: T201 - a command
        return 1
    missed = 0
    for mutation, result in zip(MUTATIONS, results, strict=True):
        missed += result is None
        print(f"{mutation.name}: {result or 'NOT FOUND'}")  # noqa: T201 - a command
    print(f"{len(MUTATIONS) - missed} of {len(MUTATIONS)} mutations found")  # noqa: T201 - a command
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

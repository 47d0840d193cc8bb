"""Runs tests on every other supported Python that this machine has.

All unit tests run on the function's default runtime, and what writes to DynamoDB against a real
engine: the oldest and the newest Python show what differs between versions. On one in between, the
unit tests of what runs in Lambda do.

``python -m tests.versions``, or ``make test-versions``. Each version gets a separate virtual
environment beside ``.venv``, with the older one of the two urllib3 that the function may meet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import yaml

from infra.consumer import ConsumerSettings
from tests.support.paths import REPOSITORY

_RUNTIMES = get_args(ConsumerSettings.model_fields["lambda_runtime"].annotation)
VERSIONS = tuple(runtime.removeprefix("python") for runtime in _RUNTIMES)
"""Versions of the Lambda runtimes that the setting ``lambdaRuntime`` allows."""

_PROJECT = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text(encoding="utf-8"))
DEFAULT: str = _PROJECT["config"]["lambdaRuntime"]["default"].removeprefix("python")
"""Version of the function's default runtime, which must be present on CI."""


def targets(version: str) -> tuple[str, ...]:
    """Return the targets of the Makefile that run on a version."""
    return ("unit", "dynamodb") if version == DEFAULT else ("function",)


OLDER_URLLIB3 = "urllib3==1.26.20"
"""botocore accepts urllib3 1.26 as well as 2, and which one the function gets is the runtime's
choice; they differ in what they pass on and in what they check."""


def find(version: str) -> Path | None:
    """Return an interpreter of a version: from the PATH, or the newest that pyenv installed."""
    on_path = shutil.which(f"python{version}")
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    of_pyenv = sorted(
        root.glob(f"versions/{version}.*/bin/python{version}"),
        key=lambda path: int(path.parts[-3].rpartition(".")[2]),
    )
    candidates = [*reversed(of_pyenv), *([Path(on_path)] if on_path else [])]
    return next((path for path in candidates if _runs(path, version)), None)


def _runs(interpreter: Path, version: str) -> bool:
    """Return whether an interpreter starts: pyenv's shim exists for inactive versions too."""
    try:
        done = subprocess.run(
            [interpreter, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def main() -> int:
    """Run the tests on each version except that of this process; return the exit status."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {version: find(version) for version in VERSIONS}
    for version, interpreter in found.items():
        note = " (tested already: it runs this)" if version == own else ""
        print(f"Python {version}: {interpreter or 'not found'}{note}", flush=True)
    if os.environ.get("CI") and found[DEFAULT] is None and own != DEFAULT:
        print(f"error: Python {DEFAULT}, the function's default runtime, is missing on CI")
        return 1
    for version, interpreter in found.items():
        if interpreter is None or version == own:
            continue
        make = ["make", f"VENV=.venv-{version}", f"PYTHON={interpreter}"]
        pip = [f".venv-{version}/bin/python", "-m", "pip", "install", "--quiet", OLDER_URLLIB3]
        for command in ([*make, "venv"], pip, [*make, *targets(version)]):
            print(f"\nPython {version}: {' '.join(command)}", flush=True)
            done = subprocess.run(command, cwd=REPOSITORY, check=False)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())

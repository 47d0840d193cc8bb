"""`python -m tests.reliability.first_leak`: finds a line in which the function leaks a document.

Prints the line and exits with `BROKEN`; without one, prints nothing and exits with 0. The mutations
run it.
"""

from __future__ import annotations

import subprocess
import sys

from tests.reliability.findings import BROKEN
from tests.support.sentinel import leak

_SECONDS = 120


def output() -> str:
    """Run the function's process and return everything that it prints."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.reliability.function_process"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"the function's process ended badly: {run.stdout[-2000:]}")
    return run.stdout


def main() -> int:
    """Search for a leak and return the exit status."""
    line = leak(output())
    if line is None:
        return 0
    print(f"leaked: {line[:500]}")  # noqa: T201 (read by the mutations)
    return BROKEN


if __name__ == "__main__":
    sys.exit(main())

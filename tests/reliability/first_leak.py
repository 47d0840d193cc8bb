"""`python -m tests.reliability.first_leak`: the first line with which the function tells a secret.

Prints nothing and ends with 0 if there is none; else ends with `BROKEN`. The mutations run it.
"""

from __future__ import annotations

import subprocess
import sys

from tests.reliability.first_failure import BROKEN
from tests.support.sentinel import leak

_SECONDS = 120


def told() -> str:
    """Run the function's process and give all that it tells."""
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
    """Look for a line."""
    line = leak(told())
    if line is None:
        return 0
    print(f"told: {line[:500]}")  # noqa: T201 - read by the mutations
    return BROKEN


if __name__ == "__main__":
    sys.exit(main())

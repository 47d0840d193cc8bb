"""`python -m tests.reliability.first_failure N`: runs up to N schedules, up to a broken promise.

Prints the promise and exits with `BROKEN`; without one, prints nothing and exits with 0. The
mutations run it.
"""

from __future__ import annotations

import sys

from tests.reliability.plan import Plan
from tests.reliability.schedule import run

BROKEN = 3
"""Exit code of a broken promise; 1 is that of an exception."""


def main(schedules: int) -> int:
    """Run the schedules of the first seeds."""
    for seed in range(schedules):
        violations = run(Plan.from_seed(seed)).violations
        if violations:
            print(f"seed {seed}: {violations[0]}")  # noqa: T201 (read by the mutations)
            return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

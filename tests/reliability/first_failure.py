"""`python -m tests.reliability.first_failure N`: up to N schedules; print the first broken promise.

Prints nothing and ends with 0 if all are kept; else ends with 1. The mutations run it.
"""

from __future__ import annotations

import sys

from tests.reliability.plan import Plan
from tests.reliability.schedule import run


def main(schedules: int) -> int:
    """Run the schedules of the first seeds."""
    for seed in range(schedules):
        violations = run(Plan.from_seed(seed)).violations
        if violations:
            print(f"seed {seed}: {violations[0]}")  # noqa: T201 - read by the mutations
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""`python -m tests.reliability.first_failure N`: runs up to N schedules, up to a broken promise.

Prints the promise and exits with `BROKEN`; without one, prints nothing and exits with 0. The
mutations run it, which are of the function: no export is replayed, which would take half as long
again.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.reliability.findings import print_first
from tests.reliability.plan import Plan
from tests.reliability.schedule import run


def main(schedules: int) -> int:
    """Run the schedules of the first seeds."""
    return print_first(
        f"seed {seed}: {violation}"
        for seed in range(schedules)
        for violation in run(replace(Plan.from_seed(seed), exports=0, late_redactions=0)).violations
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

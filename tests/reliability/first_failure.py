"""`python -m tests.reliability.first_failure N`: runs up to N schedules, up to a broken promise.

Prints the promise and exits with `BROKEN`; without one, prints nothing and exits with 0. The
mutations run it, which are of the function: no export is replayed, which would take half as long
again.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.reliability.plan import Plan
from tests.reliability.violations import print_first_violation


def plan(seed: int) -> Plan:
    """Return a plan without exports."""
    return replace(Plan.from_seed(seed), exports=0, late_redactions=0)


if __name__ == "__main__":
    sys.exit(print_first_violation(plan, int(sys.argv[1])))

"""`python -m tests.reliability.first_superseded_copy N`: like `first_failure`, with overlaps.

Only schedules in which exports overlap, and in which few documents are redacted often, also after
the stream has ended: so redactions that only a superseded copy tells are frequent.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.reliability.plan import Plan
from tests.reliability.violations import print_first_violation


def plan(seed: int) -> Plan:
    """Return a plan whose exports overlap."""
    return replace(
        Plan.from_seed(seed),
        commits=15,
        documents=3,
        wide=0,
        projected_history=True,
        whole_history=True,
        projected_lifetime=0,
        whole_lifetime=0,
        exports=1,
        overlaps=3,
        late_redactions=3,
    )


if __name__ == "__main__":
    sys.exit(print_first_violation(plan, int(sys.argv[1])))

"""`python -m tests.reliability.first_redaction_race N`: like `first_failure`, with more redactions.

Only schedules in which few documents are redacted often, and each record comes several times to
several consumers: so different redactions of one revision meet at the item of the history table.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.reliability.plan import Plan
from tests.reliability.violations import print_first_violation


def plan(seed: int) -> Plan:
    """Return a plan whose redactions meet."""
    return replace(
        Plan.from_seed(seed),
        commits=25,
        documents=3,
        copies=2,
        shuffle=True,
        live=True,
        replay=True,
        projected_history=True,
        whole_history=True,
        consumers=4,
        mappings=2,
        batch_size=3,
        parallelization_factor=10,
        timeout=60,
    )


if __name__ == "__main__":
    sys.exit(print_first_violation(plan, int(sys.argv[1])))

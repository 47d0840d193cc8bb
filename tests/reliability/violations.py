"""Runs schedules up to a broken promise, for the finders that the mutations run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.findings import print_first
from tests.reliability.schedule import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.plan import Plan


def print_first_violation(plan: Callable[[int], Plan], schedules: int) -> int:
    """Print the first broken promise, if there is one, and return the exit status.

    Parameters
    ----------
    plan
        Returns the plan of a seed.
    schedules
        How many seeds to try, from 0.
    """
    return print_first(
        f"seed {seed}: {violation}"
        for seed in range(schedules)
        for violation in run(plan(seed)).violations
    )

"""`python -m tests.reliability.chaos`: runs thousands of schedules and counts survived faults."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shlex
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,  # noqa: TID251 (Ctrl-C ends it at once)
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from tests.reliability.fault_injection import all_kinds
from tests.reliability.plan import Plan
from tests.reliability.schedule import Report, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SCHEDULES = 10_000
_MIN_SURVIVED = 100
_SHOWN_FAILURES = 5
_WIDTH = 110


class Tally:
    """Adds up the reports of any number of schedules."""

    def __init__(self) -> None:
        self.schedules = self.user_records = 0
        self.lost = self.resurrected = self.redacted_left = 0
        self.injected: Counter[str] = Counter()
        self.survived: Counter[str] = Counter()
        self.failed: list[Report] = []

    def add(self, report: Report) -> None:
        """Count a schedule; its faults are survived if it kept every promise."""
        self.schedules += 1
        self.user_records += report.user_records
        self.lost += report.lost
        self.resurrected += report.resurrected
        self.redacted_left += report.redacted_left
        self.injected.update(report.faults)
        if report.violations:
            self.failed.append(report)
        else:
            self.survived.update(report.faults)

    def rare(self, least: int) -> list[str]:
        """Return the kinds of fault that were survived too rarely."""
        return [kind for kind in all_kinds() if self.survived[kind] < least]


def command(plan: Plan) -> str:
    """Return the command that repeats a schedule."""
    if plan == Plan.from_seed(plan.seed):
        return f"python -m tests.reliability.chaos --schedules 1 --seed {plan.seed}"
    return f"python -m tests.reliability.chaos --plan {shlex.quote(plan.to_json())}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run schedules and print what was injected, survived, lost, resurrected and left."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    plans: Iterable[Plan]
    if options.plan is not None:
        plans, count = [Plan.from_json(options.plan)], 1
    else:
        count = options.schedules
        plans = (Plan.from_seed(seed) for seed in range(options.seed, options.seed + count))
    tally = Tally()
    with _progress(console) as progress:
        bar = progress.add_task("schedules", total=count)
        for report in _reports(plans, min(options.processes, count)):
            tally.add(report)
            progress.advance(bar)
    least = min(_MIN_SURVIVED, count // 100)
    _print(console, tally, least)
    return 1 if tally.failed or tally.rare(least) else 0


def _reports(plans: Iterable[Plan], processes: int) -> Iterable[Report]:
    if processes <= 1:
        yield from map(run, plans)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        yield from pool.imap_unordered(partial(run), plans, chunksize=8)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _print(console: Console, tally: Tally, least: int) -> None:
    table = Table("fault", "injected", "survived")
    for kind in sorted({*all_kinds(), *tally.injected}):
        injected, survived = tally.injected[kind], tally.survived[kind]
        style = "red" if survived < least or survived < injected else ""
        table.add_row(kind, f"{injected:,}", f"{survived:,}", style=style)
    if tally.schedules > 1:
        console.print(table)
    for report in tally.failed[:_SHOWN_FAILURES]:
        console.print(f"seed {report.plan.seed} breaks a promise:", style="red")
        for violation in report.violations:
            console.print(f"  {violation}", markup=False)
        console.print(f"  repeat: {command(report.plan)}", markup=False, soft_wrap=True)
    if len(tally.failed) > _SHOWN_FAILURES:
        console.print(f"and {len(tally.failed) - _SHOWN_FAILURES:,} more schedules", style="red")
    for kind in tally.rare(least):
        console.print(f"survived fewer than {least} times: {kind}", style="red")
    console.print(f"{tally.user_records:,} user records, {len(tally.failed):,} schedules failed")
    console.print(
        f"{tally.schedules} schedules, {tally.lost} lost, {tally.resurrected} resurrected, "
        f"{tally.redacted_left} with redacted data left",
        style="bold",
        highlight=False,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=_SCHEDULES, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="at once (default: all cores)"
    )
    parser.add_argument("--plan", help="run this one plan, as a failing test prints it")
    return parser


if __name__ == "__main__":
    sys.exit(main())

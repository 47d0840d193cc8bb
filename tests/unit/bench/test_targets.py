"""Comparisons of figures with targets.

Proves that marks follow the bounds. Cannot prove that the targets are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report import exports_table, targets_table
from bench.targets import TARGETS, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPEED, REQUESTS = TARGETS[0], TARGETS[4]


def test_a_ratio_reaches_its_bound_from_above() -> None:
    assert SPEED.mark(20.0, SPEED.aim) is Mark.REACHED
    assert SPEED.mark(19.96, SPEED.aim) is Mark.MISSED


def test_a_cost_reaches_its_bound_from_below_as_rounded() -> None:
    assert REQUESTS.mark(0.0404, REQUESTS.aim) is Mark.REACHED
    assert REQUESTS.mark(0.06, REQUESTS.at_least) is Mark.MISSED


def test_a_part_that_was_not_run_has_no_mark() -> None:
    assert SPEED.mark(None, SPEED.aim) is Mark.UNKNOWN


def test_every_target_has_a_row_even_where_its_part_was_not_run() -> None:
    assert all(target.measured({}) is None for target in TARGETS)
    assert targets_table({}).row_count == len(TARGETS)


def run(command: str, form: str, processes: int, **figures: float) -> dict[str, Any]:
    return {
        "command": command,
        "form": form,
        "processes": processes,
        "revisions": 100,
        "megabytes": 1.0,
        "cpu_microseconds_per_revision": 50.0,
        "peak_megabytes": 80.0,
        **figures,
    }


RUNS: list[dict[str, Any]] = [
    run("verify", "Ion binary", 1, revisions_per_second=1000.0),
    run("verify", "Ion binary", 2, revisions_per_second=1800.0),
    run("verify", "Ion text", 1, revisions_per_second=600.0),
    run("verify", "JSON", 1, revisions_per_second=300.0),
    run("inspect", "Ion binary", 2, revisions_per_second=9000.0),
    run(
        *("verify", "Ion binary", 2),
        revisions=10_000,
        megabytes=1000.0,
        revisions_per_second=2000.0,
        peak_megabytes=200.0,
    ),
    run(
        *("inspect", "Ion binary", 2),
        revisions=10_000,
        megabytes=1000.0,
        revisions_per_second=5000.0,
    ),
]


def exports(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    hashing = {"java_microseconds": 40.0, "python_microseconds": 45.0}
    return {"hashing": hashing, "runs": runs}


def test_the_verification_of_exports_has_its_own_targets() -> None:
    measured = {target.title: target.measured({"exports": exports(RUNS)}) for target in TARGETS}

    assert {title: figure for title, figure in measured.items() if figure is not None} == {
        "verify against ion-hash-java": 0.8,
        "verify, 2 cores against 1": 1.8,
        "text, JSON against binary": 0.3,
        "verify of 1 GB, peak memory": 200.0,
        "inspect of 1 GB against verify": 2.5,
    }


def test_targets_of_1_gb_have_no_figure_from_a_small_export() -> None:
    results = {"exports": exports([found for found in RUNS if found["megabytes"] < 900])}

    measured = {target.title: target.measured(results) for target in TARGETS}

    assert measured["verify of 1 GB, peak memory"] is None
    assert measured["inspect of 1 GB against verify"] is None


def test_exports_have_a_row_for_each_run() -> None:
    runs = [{**found, "megabytes_per_second": 1.0} for found in RUNS]

    assert exports_table(exports(runs)).row_count == len(runs)

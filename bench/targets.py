"""The targets with which a run is compared."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.statistics import median

Results = Mapping[str, Any]
"""The results of a run as in its JSON; a part that was not run is absent."""


class Mark(enum.Enum):
    """Result of comparing a figure with one bound."""

    REACHED = "pass"
    MISSED = "fail"
    UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One line of the table of targets.

    Attributes
    ----------
    title
        Name of the figure.
    unit
        Format of a figure, with a placeholder for the number.
    at_least, aim
        Bounds; the aim is the stricter one.
    higher_is_better
        Whether higher figures are better; otherwise lower ones are.
    measured
        Returns the figure in the results; None if its part was not run.
    digits
        Decimal places of the bounds, to which figures are rounded before the comparison.
    """

    title: str
    unit: str
    at_least: float
    aim: float
    higher_is_better: bool
    measured: Callable[[Results], float | None]
    digits: int = 0

    def mark(self, figure: float | None, bound: float) -> Mark:
        """Compare a figure with a bound."""
        if figure is None:
            return Mark.UNKNOWN
        rounded = round(figure, self.digits) if self.digits else figure
        reached = rounded >= bound if self.higher_is_better else rounded <= bound
        return Mark.REACHED if reached else Mark.MISSED


def comparison(results: Results, workload: str, figure: str) -> float | None:
    """Return a ratio of a workload on the stub; None if it was not run."""
    for found in results.get("throughput", []):
        if found["workload"] == workload and found["server"] == "stub":
            value = found.get(figure, found["handler"].get(figure))
            return None if value is None else float(value)
    return None


def _redelivered(results: Results) -> float | None:
    """Return the slower refusal: of an UPDATE, which returns the item, or of an INSERT."""
    ratios = [comparison(results, name, "speedup") for name in ("duplicates", "new-duplicates")]
    known = [ratio for ratio in ratios if ratio is not None]
    return min(known) if known else None


def _cold(results: Results, *path: str) -> float | None:
    found: Any = results.get("cold")
    for step in path:
        found = None if found is None else found[step]
    return None if found is None else float(found)


def _package(results: Results) -> float | None:
    size = _cold(results, "package_bytes")
    return None if size is None else size / 2**20


def _steady_lag(results: Results) -> float | None:
    lag = results.get("lag")
    return None if lag is None else float(lag["steady"]["p99"])


def _exports(
    results: Results, command: str, form: str = "Ion binary", *, on_one_core: bool
) -> Mapping[str, Any] | None:
    """Return the run of a command on the largest export; None if there is none."""
    runs = [
        run
        for run in results.get("exports", {}).get("runs", [])
        if (run["command"], run["form"], run["processes"] == 1) == (command, form, on_one_core)
    ]
    return max(runs, key=lambda run: run["revisions"], default=None)


def _ratio(
    figure: str, run: Mapping[str, Any] | None, other: Mapping[str, Any] | None
) -> float | None:
    return None if run is None or other is None else float(run[figure] / other[figure])


def _against_java(results: Results) -> float | None:
    run = _exports(results, "verify", on_one_core=True)
    if run is None:
        return None
    java = results["exports"]["hashing"]["java_microseconds"]
    return float(java / run["cpu_microseconds_per_revision"])


def _all_cores(results: Results) -> float | None:
    """Compare runs on the same export: the large one is not verified on one core."""
    one = _exports(results, "verify", on_one_core=True)
    runs = results.get("exports", {}).get("runs", [])
    both = [
        run
        for run in runs
        if one is not None
        and run["processes"] > 1
        and all(run[name] == one[name] for name in ("command", "form", "revisions"))
    ]
    return _ratio("revisions_per_second", both[0], one) if both else None


def _slower_format(results: Results) -> float | None:
    binary = _exports(results, "verify", on_one_core=True)
    ratios = [
        _ratio("revisions_per_second", _exports(results, "verify", form, on_one_core=True), binary)
        for form in ("Ion text", "JSON")
    ]
    known = [ratio for ratio in ratios if ratio is not None]
    return min(known) if known else None


_LARGE_MEGABYTES: Final = 900
"""What counts as an export of 1 GB."""


def _large(results: Results, command: str) -> Mapping[str, Any] | None:
    run = _exports(results, command, on_one_core=False)
    return run if run is not None and run["megabytes"] > _LARGE_MEGABYTES else None


def _large_peak(results: Results) -> float | None:
    run = _large(results, "verify")
    return None if run is None else float(run["peak_megabytes"])


def _large_inspect(results: Results) -> float | None:
    return _ratio("revisions_per_second", _large(results, "inspect"), _large(results, "verify"))


def _replays(results: Results, command: str, purpose: str) -> Sequence[Mapping[str, Any]]:
    """Return the runs of a command for a purpose of `bench.replay.Purpose`."""
    runs = results.get("replay", {}).get("runs", [])
    return [run for run in runs if (run["command"], run["purpose"]) == (command, purpose)]


def _documents_per_second(results: Results, command: str) -> float | None:
    runs = _replays(results, command, "speed")
    return median([run["documents_per_second"] for run in runs]) if runs else None


def _convert_ratio(results: Results) -> float | None:
    """Compare runs that took turns."""
    speeds = [_documents_per_second(results, command) for command in ("convert", "replay")]
    return None if speeds[0] is None or speeds[1] is None else speeds[0] / speeds[1]


def _replay_figure(results: Results, purpose: str, figure: str) -> float | None:
    runs = _replays(results, "replay", purpose)
    return float(runs[0][figure]) if runs else None


TARGETS: Final = (
    Target(
        title="throughput, distinct documents",
        unit="{:.1f}x",
        at_least=10,
        aim=20,
        higher_is_better=True,
        measured=lambda results: comparison(results, "new", "speedup"),
    ),
    Target(
        title="CPU time per revision",
        unit="1/{:.1f}",
        at_least=20,
        aim=25,
        higher_is_better=True,
        measured=lambda results: comparison(results, "new", "saving"),
    ),
    Target(
        title="redelivered batch (all stale)",
        unit="{:.1f}x",
        at_least=10,
        aim=20,
        higher_is_better=True,
        measured=_redelivered,
    ),
    Target(
        title="hot documents, 10 versions",
        unit="{:.1f}x",
        at_least=30,
        aim=45,
        higher_is_better=True,
        measured=lambda results: comparison(results, "hot", "speedup"),
    ),
    Target(
        title="requests per distinct revision",
        unit="{:.4f}",
        at_least=0.05,
        aim=0.04,
        higher_is_better=False,
        measured=lambda results: comparison(results, "new", "requests_per_revision"),
        digits=2,
    ),
    Target(
        title="import of the code, warm disk",
        unit="{:.0f} ms",
        at_least=400,
        aim=250,
        higher_is_better=False,
        measured=lambda results: _cold(results, "as_deployed", "imported"),
    ),
    Target(
        title="package zipped",
        unit="{:.1f} MB",
        at_least=15,
        aim=5,
        higher_is_better=False,
        measured=_package,
    ),
    Target(
        title="local lag p99, 200 revisions/s",
        unit="{:.2f} s",
        at_least=2,
        aim=1,
        higher_is_better=False,
        measured=_steady_lag,
    ),
    Target(
        title="verify against ion-hash-java",
        unit="{:.2f}x",
        at_least=0.5,
        aim=1,
        higher_is_better=True,
        measured=_against_java,
    ),
    Target(
        title="verify, 2 cores against 1",
        unit="{:.2f}x",
        at_least=1.7,
        aim=1.9,
        higher_is_better=True,
        measured=_all_cores,
    ),
    Target(
        title="text, JSON against binary",
        unit="{:.2f}x",
        at_least=0.25,
        aim=0.5,
        higher_is_better=True,
        measured=_slower_format,
    ),
    Target(
        title="verify of 1 GB, peak memory",
        unit="{:.0f} MB",
        at_least=400,
        aim=250,
        higher_is_better=False,
        measured=_large_peak,
    ),
    Target(
        title="inspect of 1 GB against verify",
        unit="{:.1f}x",
        at_least=1,
        aim=3,
        higher_is_better=True,
        measured=_large_inspect,
    ),
    Target(
        title="replay, documents/s",
        unit="{:,.0f}",
        at_least=15_000,
        aim=22_000,
        higher_is_better=True,
        measured=lambda results: _documents_per_second(results, "replay"),
    ),
    Target(
        title="replay, writes per document",
        unit="{:.2f}",
        at_least=1.02,
        aim=1.00,
        higher_is_better=False,
        measured=lambda results: _replay_figure(results, "versions", "writes_per_document"),
        digits=2,
    ),
    Target(
        title="replay, index per million",
        unit="{:.0f} MB",
        at_least=60,
        aim=30,
        higher_is_better=False,
        measured=lambda results: _replay_figure(
            results, "large", "index_megabytes_per_million_documents"
        ),
    ),
    Target(
        title="replay, peak memory",
        unit="{:.0f} MB",
        at_least=500,
        aim=300,
        higher_is_better=False,
        measured=lambda results: _replay_figure(results, "large", "peak_megabytes"),
    ),
    Target(
        title="convert against replay",
        unit="{:.1f}x",
        at_least=1.5,
        aim=3,
        higher_is_better=True,
        measured=_convert_ratio,
    ),
)

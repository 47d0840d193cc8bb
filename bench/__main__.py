"""Entry point of the benchmark: `python -m bench --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qldb_simulator.errors import SimulatorError
from rich.console import Console

from bench import plots
from bench.cold_start import measure_cold_start
from bench.contenders import BASELINE, HANDLER
from bench.export.command import main as export_main
from bench.exports import ExportScale, measure_exports
from bench.fresh_process import MeasurementError, function_environment, run_module
from bench.ion_hash_java import IonHashJavaError
from bench.lag import REVISIONS_PER_SECOND, Phase, measure_lag
from bench.measure import Plan, compare_on_engine, compare_on_stub, flatness
from bench.replay import ReplayScale, measure_replay
from bench.report import print_report
from bench.statistics import median, percentile
from bench.stub_server import DELAY_SECONDS, StubDynamoDB
from bench.workloads import DUPLICATES, NEW, UPDATES, WORKLOADS, write_events
from infra.locked_packages import PackageError
from local.dynamodb_local import DynamoDBLocal
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("throughput", "flat", "cold", "lag", "exports", "replay")

DESCRIPTION = f"""\
Speed, cost and lag of the handler, compared with a baseline of one conditional
UpdateItem per revision (16 threads, the same reading path, nothing coalesced).
Both run in fresh processes, taking turns, in the same run on the same machine:
their ratio is what counts. The verification of journal exports is compared with
AWS's ion-hash-java, which only computes hashes (needs Java).

parts:
  throughput  each workload on a stub DynamoDB that answers after {1000 * DELAY_SECONDS:g} ms, and
              a life of documents on AWS's DynamoDB Local
  flat        1,000 to 100,000 revisions: cost per revision must not grow
  cold        import and first batch of the built package, and its size
  lag         ledger commit to item on the local AWS, steady and after a pause
  exports     verify and inspect of generated exports in all formats, on one
              core and on all, and their memory for an export of 1 GB (not with
              --quick)
  replay      replay and convert of generated exports of flat documents on all
              cores and the stub: speed, writes, index and memory, the last two
              for a large export (not with --quick)
  profile     the handler's CPU time by part, and its lower bound (only on
              request)

`python -m bench export` measures nothing: it writes a journal export of any
size, see `python -m bench export --help`.

Results go to bench/results/: results.json and plots. The last table compares
them with the targets. The exit status is 0 unless a measurement failed: a
missed target is a result.
"""
EPILOG = """\
examples:
  python -m bench                       everything; the exports take longest
  python -m bench --only throughput,flat,cold,lag
                                        the handler, about 4 minutes on 2 cores
  python -m bench --quick               a first look
  python -m bench --only throughput
  python -m bench --only cold,lag
  python -m bench --only exports --quick
  python -m bench --only replay
  python -m bench profile
"""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The size of a run.

    Attributes
    ----------
    throughput, engine
        Plans for the stub and for DynamoDB Local.
    flat
        Numbers of revisions by contender.
    starts
        Number of fresh interpreters.
    steady_seconds, pause_seconds
        Durations of the lag's two phases.
    profiled
        Number of revisions in the profile.
    exports, replay
        Sizes of the exports that are checked, and of those that are loaded.
    """

    throughput: Plan
    engine: Plan
    flat: Mapping[str, Sequence[int]]
    starts: int
    steady_seconds: float
    pause_seconds: float
    profiled: int
    exports: ExportScale
    replay: ReplayScale


FULL = Scale(
    throughput=Plan(baseline_revisions=1_500, handler_revisions=8_000, repeats=3),
    engine=Plan(baseline_revisions=1_000, handler_revisions=1_000, repeats=1),
    flat={
        BASELINE: (1_000, 10_000),
        HANDLER: (1_000, 3_000, 10_000, 30_000, 100_000),
    },
    starts=5,
    steady_seconds=20.0,
    pause_seconds=5.0,
    profiled=10_000,
    exports=ExportScale(revisions=60_000, hashed=8_000, warm_seconds=15.0, large=1_290_000),
    replay=ReplayScale(documents=500_000, repeats=3, versioned=20_000, large=1_000_000),
)
QUICK = Scale(
    throughput=Plan(baseline_revisions=1_000, handler_revisions=4_000, repeats=1),
    engine=Plan(baseline_revisions=500, handler_revisions=500, repeats=1),
    flat={BASELINE: (1_000, 3_000), HANDLER: (1_000, 3_000, 10_000)},
    starts=3,
    steady_seconds=5.0,
    pause_seconds=2.0,
    profiled=4_000,
    exports=ExportScale(revisions=13_000, hashed=3_000, warm_seconds=8.0, large=0),
    replay=ReplayScale(documents=45_000, repeats=1, versioned=9_000, large=0),
)


_FAILURES = (
    MeasurementError,
    IonHashJavaError,
    LocalError,
    SimulatorError,
    PackageError,
    OSError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, report, and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["export"]:
        return export_main(arguments[1:])
    parser = _parser()
    options = parser.parse_args(arguments)
    parts = ("profile",) if options.command == "profile" else _chosen(parser, options.only)
    console = Console(highlight=False)
    progress = Console(stderr=True, highlight=False)
    try:
        results = _measure(parts, QUICK if options.quick else FULL, progress)
    except _FAILURES as error:
        progress.print(f"[red]error:[/] {error}")
        return 1
    except KeyboardInterrupt:
        progress.print("stopped")
        return 130
    print_report(console, results)
    _save(results)
    console.print(f"Results and plots: {RESULTS}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=["profile"],
        help="profile: print where the handler's CPU time goes, and nothing else",
    )
    parser.add_argument(
        "--only", metavar="PARTS", help=f"only these parts, separated by commas: {','.join(PARTS)}"
    )
    parser.add_argument("--quick", action="store_true", help="less of everything, and noisier")
    return parser


def _chosen(parser: argparse.ArgumentParser, only: str | None) -> tuple[str, ...]:
    if only is None:
        return PARTS
    chosen = tuple(only.split(","))
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        parser.error(f"--only: unknown part {unknown[0]!r}; expected {', '.join(PARTS)}")
    return chosen


def _measure(parts: Sequence[str], scale: Scale, console: Console) -> dict[str, Any]:
    """Run the parts one after the other."""
    began = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:4.0f} s[/]  {line}")

    results: dict[str, Any] = {"machine": _machine()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        needs_stub = set(parts) - {"lag", "exports"}
        with StubDynamoDB(folder / "stub.log") if needs_stub else nullcontext() as stub:
            if stub is not None:
                for part, measured in _on_stub(scale, stub, folder, progress).items():
                    if part in parts:
                        results[part] = measured()
        if "lag" in parts:
            results["lag"] = _lag(scale, folder / "local", progress)
        if "exports" in parts:
            results["exports"] = measure_exports(scale.exports, folder / "exports", progress)
    results["machine"]["seconds"] = round(time.monotonic() - began, 1)
    return results


def _on_stub(
    scale: Scale, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]
) -> dict[str, Callable[[], Any]]:
    return {
        "profile": lambda: _profile(scale, stub, folder, progress),
        "throughput": lambda: _throughput(scale, stub, folder, progress),
        "flat": lambda: _flat(scale, stub, folder, progress),
        "cold": lambda: _cold(scale, stub, progress),
        "replay": lambda: measure_replay(scale.replay, stub, folder / "replay", progress),
    }


def _throughput(
    scale: Scale, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    comparisons = []
    for number, workload in enumerate(WORKLOADS, start=1):
        progress(f"throughput {number}/{len(WORKLOADS)} on the stub: {workload.title}")
        comparisons.append(compare_on_stub(workload, stub, scale.throughput, folder))
    with DynamoDBLocal(folder / "engine.log", progress) as engine:
        progress("throughput on DynamoDB Local")
        comparisons += compare_on_engine(engine, scale.engine, folder)
    return [
        {**asdict(found), "speedup": found.speedup, "saving": found.saving} for found in comparisons
    ]


def _flat(
    scale: Scale, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]
) -> dict[str, list[dict[str, Any]]]:
    progress("cost per revision, by the number of revisions")
    figures = flatness(stub, scale.flat, folder)
    return {name: [asdict(found) for found in rows] for name, rows in figures.items()}


def _cold(scale: Scale, stub: StubDynamoDB, progress: Callable[[str], None]) -> dict[str, Any]:
    progress("cold start")
    return asdict(measure_cold_start(stub, scale.starts))


def _profile(
    scale: Scale, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]
) -> dict[str, Any]:
    profiles = {}
    for workload in (NEW, UPDATES, DUPLICATES):
        progress(f"profile: {workload.title}")
        file = folder / "profile.jsonl"
        write_events(workload, scale.profiled, file)
        environment = function_environment(stub.endpoint(workload.answer))
        profiles[workload.title] = run_module("bench.cpu_profile", [str(file)], environment)
    return profiles


def _lag(scale: Scale, state: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    progress(f"lag at {REVISIONS_PER_SECOND} revisions/s")
    lag = measure_lag(
        state,
        steady_seconds=scale.steady_seconds,
        pause_seconds=scale.pause_seconds,
        progress=progress,
    )
    return {"steady": _phase(lag.steady), "after_pause": _phase(lag.after_pause)}


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "revisions": len(phase.lags),
        "revisions_per_second": phase.revisions_per_second,
        "median": median(phase.lags),
        "p99": percentile(phase.lags, 0.99),
        "longest": max(phase.lags),
        "samples": [(sample.committed, sample.lag) for sample in phase.samples],
    }


def _machine() -> dict[str, Any]:
    """Return facts about the machine, for comparisons of runs."""
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _save(results: Mapping[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    name = "profile.json" if "profile" in results else "results.json"
    (RESULTS / name).write_text(json.dumps(results, indent=2) + "\n")
    if "throughput" in results:
        plots.plot_throughput(results["throughput"], RESULTS / "throughput.png")
    if "flat" in results:
        plots.plot_flatness(results["flat"], RESULTS / "cost-per-revision.png")
    if "lag" in results:
        phases = [results["lag"][phase] for phase in ("steady", "after_pause")]
        plots.plot_lag([(p["name"], p["samples"]) for p in phases], RESULTS / "lag.png")
    if "exports" in results:
        plots.plot_exports(results["exports"], RESULTS / "exports.png")


if __name__ == "__main__":
    sys.exit(main())

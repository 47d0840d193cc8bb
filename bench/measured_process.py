"""The measured process, which runs one contender on one workload.

Every measurement has a fresh process, which holds one batch at a time, like a Lambda container, so
that its peak memory is that of the function. Reading the batches is not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.contenders import CONTENDERS, Context, contender
from bench.counters import Counters, read_counters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.contenders import Contender

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Totals of the measured batches.

    Attributes
    ----------
    revisions
        Revisions in the batches, regardless of their outcomes.
    seconds
        Wall time.
    cpu_seconds
        CPU time of all threads of this process.
    peak_bytes
        Peak resident memory of the process, interpreter included.
    """

    revisions: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class FailedRecordsError(Exception):
    """Records were reported as failed, so their replication was not measured."""


def run(
    replicate: Contender,
    file: Path,
    *,
    warm_up: int,
    max_revisions: int | None = None,
    on_warm: Callable[[], None] = lambda: None,
) -> Totals:
    """Replicate all batches of a file and measure those after the first few.

    Parameters
    ----------
    replicate
        The contender.
    file
        File written by `workloads.write_events`.
    warm_up
        Number of batches that are replicated first and not counted.
    max_revisions
        Number of measured revisions after which no batch starts; None for the whole file.
    on_warm
        Called once, after the warm-up.

    Raises
    ------
    FailedRecordsError
        If a record was not replicated.
    """
    revisions, seconds, cpu_seconds = 0, 0.0, 0.0
    with file.open(encoding="ascii") as lines:
        for number, line in enumerate(lines):
            if number == warm_up:
                on_warm()
            if max_revisions is not None and revisions >= max_revisions:
                break
            batch = json.loads(line)
            began, used = time.perf_counter(), time.process_time()
            answer = replicate(batch["event"], Context())
            used, took = time.process_time() - used, time.perf_counter() - began
            _require_success(answer)
            if number >= warm_up:
                revisions += batch["revisions"]
                seconds += took
                cpu_seconds += used
    return Totals(
        revisions=revisions,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_bytes=_peak_bytes(),
    )


def _peak_bytes() -> int:
    """Return the peak resident memory of this program.

    On Linux not from getrusage, which would include the parent's memory between fork and exec.
    """
    if _STATUS.is_file() and (found := _PEAK.search(_STATUS.read_text(encoding="ascii"))):
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _require_success(answer: Any) -> None:  # noqa: ANN401 (whatever the function answers)
    if answer != {"batchItemFailures": []}:
        raise FailedRecordsError(f"records were not replicated: {json.dumps(answer)}")


def main() -> None:
    """Measure in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.measured_process", description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("events", type=Path, help="file of batches")
    parser.add_argument("result", type=Path, help="file for the totals, as JSON")
    parser.add_argument("--warm-up", type=int, default=1, help="batches that are not counted")
    parser.add_argument("--max-revisions", type=int, help="measured revisions at which to stop")
    parser.add_argument("--counters", help="URL of the stub, whose counters belong to the result")
    options = parser.parse_args()
    result = _measure(options, os.environ)
    options.result.write_text(json.dumps(result))


def _measure(options: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    readings: list[Counters] = []

    def read() -> None:
        if options.counters:
            readings.append(read_counters(options.counters))

    totals = run(
        contender(options.contender, environment),
        options.events,
        warm_up=options.warm_up,
        max_revisions=options.max_revisions,
        on_warm=read,
    )
    read()
    stub = asdict(readings[-1] - readings[0]) if readings else None
    return {**asdict(totals), "stub": stub}


if __name__ == "__main__":
    main()

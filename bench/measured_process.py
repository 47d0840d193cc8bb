"""The process that is measured: one way, one workload, from its first batch to its last.

It is fresh for every measurement and holds one batch at a time, as a Lambda container does, so that
its highest memory is that of the function. Reading the batches is not measured.
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

from bench.counters import Counters, read_counters
from bench.sides import SIDES, Context, side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.sides import Side

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What the measured batches took together.

    Attributes
    ----------
    revisions
        In the batches, whatever became of them.
    seconds
        Of wall time.
    processor_seconds
        Of all threads of this process.
    peak_bytes
        Highest resident memory of the process, interpreter included.
    """

    revisions: int
    seconds: float
    processor_seconds: float
    peak_bytes: int


class FailedRecordsError(Exception):
    """The handler asked for records again: whatever was measured, it was not the replication."""


def run(
    replicate: Side,
    file: Path,
    *,
    warm_up: int,
    most: int | None = None,
    on_warm: Callable[[], None] = lambda: None,
) -> Totals:
    """Replicate all batches of a file and measure those after the first few.

    Parameters
    ----------
    replicate
        One of the ways.
    file
        As `workloads.write_events` writes it.
    warm_up
        Batches that are replicated first and not counted.
    most
        Measured revisions after which no further batch starts; None for all of the file.
    on_warm
        Called once, after the warm-up.

    Raises
    ------
    FailedRecordsError
        A record was not replicated.
    """
    revisions, seconds, processor = 0, 0.0, 0.0
    with file.open(encoding="ascii") as lines:
        for number, line in enumerate(lines):
            if number == warm_up:
                on_warm()
            if most is not None and revisions >= most:
                break
            batch = json.loads(line)
            began, used = time.perf_counter(), time.process_time()
            answer = replicate(batch["event"], Context())
            used, took = time.process_time() - used, time.perf_counter() - began
            _require_success(answer)
            if number >= warm_up:
                revisions += batch["revisions"]
                seconds += took
                processor += used
    return Totals(
        revisions=revisions,
        seconds=seconds,
        processor_seconds=processor,
        peak_bytes=_peak_bytes(),
    )


def _peak_bytes() -> int:
    """Read the highest resident memory of this program.

    Not by getrusage where it can be helped: on Linux that has the parent's memory too, of the
    moment between fork and exec.
    """
    if _STATUS.is_file() and (found := _PEAK.search(_STATUS.read_text(encoding="ascii"))):
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _require_success(answer: Any) -> None:  # noqa: ANN401 - whatever the function answers
    if answer != {"batchItemFailures": []}:
        raise FailedRecordsError(f"records were not replicated: {json.dumps(answer)}")


def main() -> None:
    """Measure in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.measured_process", description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("events", type=Path, help="file of batches")
    parser.add_argument("result", type=Path, help="file for the totals, as JSON")
    parser.add_argument("--warm-up", type=int, default=1, help="batches that are not counted")
    parser.add_argument("--most", type=int, help="measured revisions at which to stop")
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
        side(options.side, environment),
        options.events,
        warm_up=options.warm_up,
        most=options.most,
        on_warm=read,
    )
    read()
    stub = asdict(readings[-1] - readings[0]) if readings else None
    return {**asdict(totals), "stub": stub}


if __name__ == "__main__":
    main()

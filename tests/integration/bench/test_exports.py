"""Measurements of the commands for journal exports, on exports of a section or two.

Proves that the commands prove the generated exports in all formats, that ion-hash-java and this
project hash the same revisions, and that memory and time are those of all processes. Proves nothing
about speed, which is the purpose of the benchmark itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.command_usage import measure_command
from bench.exports import ExportScale, measure_exports
from bench.fresh_process import MeasurementError
from local.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_command_is_measured_in_every_format_on_one_core_and_on_all(tmp_path: Path) -> None:
    scale = ExportScale(revisions=300, hashed=40, warm_seconds=0.0, large=310)
    try:
        results = measure_exports(scale, tmp_path, lambda _line: None)
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))

    cores = os.cpu_count() or 1
    runs = {
        (run["command"], run["form"], run["processes"], run["revisions"]) for run in results["runs"]
    }
    assert runs == {
        *(
            (command, form, processes, 300)
            for command in ("verify", "inspect")
            for form in ("Ion binary", "Ion text", "JSON")
            for processes in {1, cores}
        ),
        *((command, "Ion binary", cores, 310) for command in ("verify", "inspect")),
    }
    assert all(run["peak_megabytes"] > 10 for run in results["runs"])
    assert 0 < results["hashing"]["revisions"] < 40
    assert results["hashing"]["java_microseconds"] > 0


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"ops verify .* failed: "):
        measure_command(["verify", str(tmp_path / "missing")])


def test_time_and_memory_are_those_of_the_command() -> None:
    usage = measure_command(["--help"])

    assert usage.cpu_seconds > 0
    assert usage.seconds > 0
    assert usage.peak_bytes > 5_000_000

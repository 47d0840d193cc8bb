"""Runs a command of `ops` and measures its time and the memory of all its processes."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from bench.fresh_process import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPOSITORY: Final = Path(__file__).resolve().parent.parent
_SAMPLE_SECONDS: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class CommandUsage:
    """What a command used.

    Attributes
    ----------
    seconds
        Wall time, the start of the interpreter included.
    cpu_seconds
        CPU time of all its processes.
    peak_bytes
        The most memory of all its processes together that a sample every 0.1 s found. What they
        share counts once, where the system tells it (Linux).
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure_command(arguments: Sequence[str]) -> CommandUsage:
    """Run `python -m ops` with arguments, and expect the exit status 0.

    Raises
    ------
    MeasurementError
        If it ends with another status; the message ends with its last line.
    """
    before = _cpu_seconds_of_children()
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=_REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            peak_bytes = _peak_bytes(process)
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    seconds = time.monotonic() - began
    if process.returncode:
        last = output.decode(errors="replace").strip().splitlines()[-1:]
        raise MeasurementError(f"ops {' '.join(arguments)} failed: {''.join(last)}")
    return CommandUsage(
        seconds=seconds,
        cpu_seconds=_cpu_seconds_of_children() - before,
        peak_bytes=peak_bytes,
    )


def _peak_bytes(process: subprocess.Popen[bytes]) -> int:
    """Watch a process and its descendants until it ends."""
    root = psutil.Process(process.pid)
    peak = 0
    while True:
        peak = max(peak, _bytes_of_all(root))
        try:
            process.wait(_SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return peak


def _bytes_of_all(root: psutil.Process) -> int:
    try:
        members = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_bytes, members))


def _bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        # It has just ended.
        return 0
    return int(getattr(memory, "pss", memory.rss))


def _cpu_seconds_of_children() -> float:
    """Return the CPU time of all child processes that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

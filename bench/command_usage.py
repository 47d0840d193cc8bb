"""Runs a command of `ops` and measures its time, the memory of all its processes, and its disk."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from bench.fresh_process import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    disk_bytes
        The most bytes in the watched folder that a sample found; 0 without a folder.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    disk_bytes: int = 0


def measure_command(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    watched: Path | None = None,
) -> CommandUsage:
    """Run `python -m ops` with arguments, and expect the exit status 0.

    Parameters
    ----------
    arguments
        The command and its arguments.
    environment
        Of the process; None for that of this one.
    watched
        The folder whose files are measured while it runs; None for none.

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
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            peak_bytes, disk_bytes = _peaks(process, watched)
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
        disk_bytes=disk_bytes,
    )


def _peaks(process: subprocess.Popen[bytes], watched: Path | None) -> tuple[int, int]:
    """Watch a process, its descendants and a folder until it ends; return memory and disk."""
    root = psutil.Process(process.pid)
    memory = disk = 0
    while True:
        memory = max(memory, _bytes_of_all(root))
        if watched is not None:
            disk = max(disk, _bytes_of_files(watched))
        try:
            process.wait(_SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return memory, disk


def _bytes_of_files(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it has just been removed
            total += path.stat().st_size
    return total


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

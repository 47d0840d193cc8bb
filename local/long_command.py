"""Runs a command that takes minutes, with progress messages and a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_PROGRESS_SECONDS = 15.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 8


def run_long_command(
    command: Sequence[str],
    *,
    title: str,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    seconds: float,
    remedy: str,
    progress: Callable[[str], None],
) -> None:
    """Run a command to its end, and report every few seconds that it is still running.

    Parameters
    ----------
    command
        Program and arguments.
    title
        Name of the command in messages.
    folder
        Working directory.
    environment
        The complete environment of the command.
    log
        Receives standard output and standard error.
    seconds
        Time limit.
    remedy
        What the user can do if the command fails.
    progress
        Receives lines for the user.

    Raises
    ------
    LocalError
        If it fails or takes too long. The message contains the end of the log.
    """
    progress(f"{title} ...")
    started = time.monotonic()
    reported = started
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while (status := child.poll()) is None:
                now = time.monotonic()
                if now - started > seconds:
                    raise LocalError(f"{title}: gave up after {seconds:.0f} s; {remedy}")
                if now - reported > _PROGRESS_SECONDS:
                    reported = now
                    progress(f"{title} ... {now - started:.0f} s")
                time.sleep(_POLL_SECONDS)
        finally:
            _end(child)
    if status != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise LocalError("\n  ".join([f"{title} failed; {remedy}", *lines]))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a command and its child processes, unless it has ended."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

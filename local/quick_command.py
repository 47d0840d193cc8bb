"""Runs commands that end at once, such as those that print a version."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ANSWER_SECONDS = 30.0


def output_of(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return the standard output of a command; an empty string if it fails.

    Parameters
    ----------
    command
        Program and arguments.
    folder
        Working directory. Default: that of this process.
    environment
        The complete environment of the command. Default: that of this process.
    """
    environment = {**(environment or os.environ), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def version_in(text: str) -> tuple[int, int, int] | None:
    """Return the first version number in a text, with 0 for a missing patch number."""
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)) if numbers else None

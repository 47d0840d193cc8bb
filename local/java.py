"""The Java command that DynamoDB Local runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from local.errors import LocalError

_MIN_MAJOR = 17
"""DynamoDB Local's classes are compiled for Java 17."""


def find_java() -> str:
    """Return a Java command that is new enough, from JAVA_HOME or from PATH.

    Raises
    ------
    LocalError
        If Java is missing or too old.
    """
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    candidates += [found for found in [shutil.which("java")] if found]
    majors = {java: _java_major(java) for java in candidates}
    for java, major in majors.items():
        if major >= _MIN_MAJOR:
            return java
    found = ", ".join(f"{java} is Java {major}" for java, major in majors.items() if major)
    raise LocalError(
        f"DynamoDB Local needs Java {_MIN_MAJOR} ({found or 'there is none'}): install a Java "
        f"runtime, {_MIN_MAJOR} or newer, and put `java` on PATH"
    )


def _java_major(java: str) -> int:
    """Return the major version of a Java command, or 0 if it does not run."""
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    # `version "17.0.15"`; until Java 8 `version "1.8.0_392"`.
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(version[1]) if version else 0

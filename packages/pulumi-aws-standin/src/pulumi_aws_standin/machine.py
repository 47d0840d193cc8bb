"""What the emulator can run: functions for its own interpreter, on this machine."""

from __future__ import annotations

import platform
import sys
from typing import Final

_ARCHITECTURES: Final = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}
"""Lambda's name of an architecture, by the names that operating systems give it."""


def runtime() -> str:
    """Return Lambda's name of this interpreter's version, such as ``python3.13``.

    The emulator is assumed to run with the interpreter of this process.
    """
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    """Return Lambda's name of this machine's architecture, or its own name if Lambda has none."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)

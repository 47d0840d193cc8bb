"""A fake `pulumi`, implemented by a Python program of the test."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 'if sys.argv[1:] == ["version"]:\n    sys.exit(print("v3.999.0"))\n'


def install_pulumi(folder: Path, program: str) -> None:
    """Write a fake `pulumi`, which also answers `version`.

    Parameters
    ----------
    folder
        Folder of the command, which the test adds to the PATH.
    program
        Python code for all other arguments; os, signal, sys and time are imported.
    """
    script = folder / "pulumi.py"
    script.write_text(f"import os, signal, sys, time\n{_VERSION}{program}\n")
    # A shebang line cannot contain an interpreter whose path has a space.
    command = shlex.join([sys.executable, str(script)])
    file = folder / "pulumi"
    file.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    file.chmod(0o755)

"""The version of this project, read from pyproject.toml.

For the Pulumi program and the tools. The file is not in the Lambda package; there,
`Variable.VERSION` has the version. Standard library only, like `handler.contract`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_PROJECT_FILE = Path(__file__).resolve().parent.parent / "pyproject.toml"


def project_version() -> str:
    """Return the version, such as ``0.1.0``."""
    version: str = tomllib.loads(_PROJECT_FILE.read_text(encoding="utf-8"))["project"]["version"]
    return version

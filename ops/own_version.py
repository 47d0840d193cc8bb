"""The version of this checkout."""

from __future__ import annotations

import tomllib
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "pyproject.toml"


def own_version() -> str:
    """Return the project's version, read from pyproject.toml."""
    return str(tomllib.loads(_FILE.read_text())["project"]["version"])

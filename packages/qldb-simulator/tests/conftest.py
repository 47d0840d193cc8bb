"""Fixtures of the package's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of bytes that Amazon QLDB really produced."""
    if not _SAMPLES.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no genuine QLDB bytes here")
    return _SAMPLES

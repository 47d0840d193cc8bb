"""Where the tests find this repository and the genuine bytes beside it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
"""Bytes that Amazon QLDB really produced; kept beside the repository, never in it."""

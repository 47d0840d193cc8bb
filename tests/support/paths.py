"""Paths of this repository and of the genuine bytes beside it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
"""Genuine bytes of Amazon QLDB, beside the repository and never in it."""

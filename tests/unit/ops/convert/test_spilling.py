"""Items are in the files of their keys after a flush, and before it where memory would not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.outcomes import APPLIED
from handler.replica import Write
from ops.convert import spilling
from ops.convert.spilling import SpillingWriter

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DEADLINE = 0.0


def write(document_id: str) -> Write:
    return Write("person", document_id, 0, "projection", {"version": {"N": "0"}})


def lines(folder: Path) -> list[bytes]:
    return [line for path in folder.rglob("*.*") for line in path.read_bytes().splitlines()]


def test_items_are_in_the_files_after_a_flush(tmp_path: Path) -> None:
    # given items of several calls
    writer = SpillingWriter(tmp_path, partitions=4)
    outcomes = writer.write([write("a"), write("b")], DEADLINE)
    writer.write([write("c")], DEADLINE)
    assert lines(tmp_path) == []
    # when
    writer.flush()
    writer.flush()
    # then each is there once
    assert outcomes == [APPLIED, APPLIED]
    assert len(lines(tmp_path)) == 3


def test_no_more_items_are_in_memory_than_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spilling, "BUFFER_BYTES", 1)
    writer = SpillingWriter(tmp_path, partitions=4)

    writer.write([write("a")], DEADLINE)

    assert len(lines(tmp_path)) == 1

"""Items are in the files of their keys after a flush, and before it where memory would not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from handler.contract import RevisionState
from handler.history import HistoryWrite
from handler.outcomes import APPLIED
from handler.replica import Write
from ops.convert import spilling
from ops.convert.spilling import SpillingWriter, is_state

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DEADLINE = 0.0


def write(document_id: str) -> Write:
    return Write("person", document_id, 0, "projection", {"version": {"N": "0"}})


def revision(document_id: str, version: int) -> HistoryWrite:
    return HistoryWrite("history", document_id, version, RevisionState.LIVE, {}, {})


def keys(folder: Path) -> list[bytes]:
    lines = [line for path in folder.rglob("*.*") for line in path.read_bytes().split(b"\n")[:-1]]
    assert all("Item" in orjson.loads(line) for line in lines[1::2])
    return lines[::2]


def test_items_are_in_the_files_after_a_flush(tmp_path: Path) -> None:
    # given items of several calls
    writer = SpillingWriter(tmp_path, partitions=4)
    outcomes = writer.write([write("a"), write("b")], DEADLINE)
    writer.write([write("c")], DEADLINE)
    assert keys(tmp_path) == []
    # when
    writer.flush()
    writer.flush()
    # then each is there once
    assert outcomes == [APPLIED, APPLIED]
    assert len(keys(tmp_path)) == 3


def test_a_key_tells_its_document_and_which_table_it_is_for(tmp_path: Path) -> None:
    # given a state and a revision of it, with an id that has characters that end a line
    document_id = 'a"\t\n'
    writer = SpillingWriter(tmp_path, partitions=4)
    # when
    writer.write([write(document_id), revision(document_id, 0)], DEADLINE)
    writer.flush()
    # then
    found = keys(tmp_path)
    assert {key: is_state(key) for key in found} == {
        orjson.dumps(document_id): True,
        orjson.dumps([document_id, "0"]): False,
    }


def test_a_version_may_have_as_many_digits_as_a_number_of_dynamodb(tmp_path: Path) -> None:
    writer = SpillingWriter(tmp_path, partitions=4)

    writer.write([revision("a", 10**37)], DEADLINE)

    writer.flush()
    assert len(keys(tmp_path)) == 1


def test_no_more_items_are_in_memory_than_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spilling, "BUFFER_BYTES", 1)
    writer = SpillingWriter(tmp_path, partitions=4)

    writer.write([write("a")], DEADLINE)

    assert len(keys(tmp_path)) == 1

"""What `put` accepts as a document, before anything is sent."""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.commands import put
from local.errors import LocalError

if TYPE_CHECKING:
    from qldb_simulator.operations import Insert

STATE = Path("state")


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> list[Insert]:
    """Record the operations that are committed."""
    operations: list[Insert] = []
    monkeypatch.setattr(put, "commit", lambda _, operation: operations.append(operation))
    return operations


def run(document: str) -> None:
    put.run(Namespace(table="Person", document=document, id=None, state=STATE))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "the document is empty"),
        ("  ", "the document is empty"),
        ("[1]", "a document is a struct such as {a: 1}, not of the type list"),
        ("null.struct", "not of the type null"),
        ("5", "not of the type int"),
        ("{a:", "neither JSON nor Ion text"),
        ("{} {}", "neither JSON nor Ion text"),
        ("@absent.json", "absent.json cannot be read"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(
    committed: list[Insert], document: str, message: str
) -> None:
    with pytest.raises(LocalError, match=message) as refused:
        run(document)

    assert "\n" not in str(refused.value)
    assert committed == []


def test_a_long_string_is_part_of_a_document(committed: list[Insert]) -> None:
    run('{"a": "' + "x" * 20_000 + '"}')

    assert committed[0].document == {"a": "x" * 20_000}


def test_a_document_can_be_in_a_file(committed: list[Insert], tmp_path: Path) -> None:
    file = tmp_path / "document.json"
    file.write_text('{"a": "é"}')

    run(f"@{file}")

    assert committed[0].document == {"a": "é"}


def test_a_document_can_come_from_standard_input(
    committed: list[Insert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("{a: 1}"))

    run("-")

    assert committed[0].document == {"a": 1}

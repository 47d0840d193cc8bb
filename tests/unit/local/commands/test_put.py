"""What `put` accepts as a document, before anything is sent."""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.transaction import MAX_DOCUMENT_BYTES

from local.commands import put
from local.errors import LocalError

if TYPE_CHECKING:
    from qldb_simulator.operations import Insert

STATE = Path("state")
FOLDER = Path(__file__).parent
TOO_LARGE = r"has \d+ bytes as binary Ion: QLDB takes documents of at most 131072 bytes \(128 KB\)"


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
        ("@absent.json", "absent.json cannot be read: No such file or directory"),
        (f"@{FOLDER}", "cannot be read: Is a directory"),
        ("@", "@ names no file"),
        ("@a\0b", "cannot be read: embedded null byte"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "nested too deeply"),
        ('{"a": "' + "x" * MAX_DOCUMENT_BYTES + '"}', TOO_LARGE),
        ('{"a": "' + "x" * 5_000_000 + '"}', TOO_LARGE),
        ("{a: [" + "1e0," * 20_000 + "]}", TOO_LARGE),
    ],
    ids=lambda value: value[:20],
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


def test_a_file_of_an_editor_with_a_byte_order_mark_is_read(
    committed: list[Insert], tmp_path: Path
) -> None:
    file = tmp_path / "document.json"
    file.write_text('{"a": 1}', encoding="utf-8-sig")

    run(f"@{file}")

    assert committed[0].document == {"a": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"a": "é"}'.encode("latin-1"), "is not UTF-8 text (at byte 7)"),
        ('{"a": 1}'.encode("utf-16"), "is not UTF-8 text (at byte 0)"),
        (b" " * (16 * 1024 * 1024 + 1), "has more than 16777216 bytes of text"),
    ],
    ids=["latin-1", "utf-16", "endless"],
)
@pytest.mark.parametrize("from_file", [True, False])
def test_input_that_is_no_text_of_a_document_is_refused(
    committed: list[Insert],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
    message: str,
    *,
    from_file: bool,
) -> None:
    file = tmp_path / "document.json"
    file.write_bytes(data)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    with pytest.raises(LocalError) as refused:
        run(f"@{file}" if from_file else "-")

    assert message in str(refused.value)
    assert committed == []


@pytest.mark.parametrize("size", [MAX_DOCUMENT_BYTES - 30, MAX_DOCUMENT_BYTES - 300])
def test_a_document_within_the_limit_is_committed_whole(committed: list[Insert], size: int) -> None:
    run('{"a": "' + "x" * size + '"}' + " " * 1000)

    assert committed[0].document == {"a": "x" * size}


def test_deep_nesting_is_left_to_the_replica_to_judge(committed: list[Insert]) -> None:
    run("{a:" * 40 + "1" + "}" * 40)

    assert len(committed) == 1


def test_a_document_can_come_from_standard_input(
    committed: list[Insert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{a: 1}")))

    run("-")

    assert committed[0].document == {"a": 1}

"""`python -m ops history`: the revisions of a document, and whether they verify."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from ops.command_line import main
from tests.support.exports import ExportFormat, export_of, new_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger


class Journal:
    """A journal in which one document was inserted, updated, deleted, and once redacted."""

    def __init__(self) -> None:
        self.ledger: Ledger = new_ledger(random.Random(3))
        self.ledger.commit([CreateTable(table="Person"), CreateTable(table="Other")])
        born = simpleion.loads("2001-02-03")
        block = self.ledger.commit(
            [
                Insert(table="Person", document={"name": "Ann", "born": born}),
                Insert(table="Person", document={"name": "Bob"}),
            ]
        )
        self.document = str(block.documents[0].document_id)
        for name in ("Anna", "Anne"):
            self.ledger.commit(
                [
                    Update(
                        table="Person",
                        document_id=self.document,
                        document={"name": name, "born": born},
                    )
                ]
            )
        self.ledger.commit([Redact(table="Person", document_id=self.document, version=0)])
        self.ledger.commit([Delete(table="Person", document_id=self.document)])


JOURNAL = Journal()
TABLE_ID = JOURNAL.ledger.tables["Person"]


def run(*arguments: object) -> int:
    return main(["history", *map(str, arguments), "--processes", "1"])


@pytest.fixture(params=ExportFormat)
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return export_of(JOURNAL.ledger.blocks, request.param).write_to(tmp_path)


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    return export_of(JOURNAL.ledger.blocks, ExportFormat.ION_BINARY).write_to(tmp_path)


@pytest.mark.parametrize("table", ["Person", TABLE_ID])
def test_every_revision_is_listed_with_its_state(
    folder: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, table, JOURNAL.document) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["version", "state"],
        ["0", "redacted"],
        ["1", "live"],
        ["2", "live"],
        ["3", "deleted"],
    ]
    assert all("proven" in line for line in lines[1:])
    assert not any("Ann" in line for line in lines)


def test_json_has_the_same(binary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(binary, "Person", JOURNAL.document, "--json") == 0

    found = json.loads(capsys.readouterr().out)
    assert [each["version"] for each in found] == [0, 1, 2, 3]
    assert found[1] == {
        "version": 1,
        "state": "live",
        "transactionTime": "2021-02-03T04:05:06.010Z",
        "transactionId": JOURNAL.ledger.blocks[2].transaction_id,
        "block": 2,
        "tableId": TABLE_ID,
        "tableName": "Person",
        "verification": "proven",
    }


def test_documents_are_printed_on_request_with_their_types(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "Person", JOURNAL.document, "--data") == 0

    out = capsys.readouterr().out
    assert "// version 1" in out
    assert '"Anna"' in out
    assert "born: 2001-02-03" in out
    assert '"Bob"' not in out


def test_json_may_have_the_documents(binary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(binary, "Person", JOURNAL.document, "--json", "--data")

    found = json.loads(capsys.readouterr().out)
    assert found[0]["dataIon"] is None
    assert "Anna" in found[1]["dataIon"]


def test_a_changed_revision_does_not_verify(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in binary.rglob("*.ion"):
        path.write_bytes(path.read_bytes().replace(b"Anna", b"Hans"))

    assert run(binary, "Person", JOURNAL.document) == 1

    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "proven",
        "wrong",
        "proven",
        "proven",
    ]


def test_a_revision_in_a_changed_block_does_not_verify(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = JOURNAL.ledger.blocks[2].transaction_info["statements"][0]["statementDigest"]
    for path in binary.rglob("*.ion"):
        path.write_bytes(path.read_bytes().replace(bytes(digest), bytes(32)))

    assert run(binary, "Person", JOURNAL.document) == 1

    assert "wrong" in capsys.readouterr().out


def test_a_document_of_another_table_is_told(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(binary, "Other", JOURNAL.document) == 2

    error = capsys.readouterr().err.replace("\n", " ")
    assert f"is not in the table Other but in Person ({TABLE_ID})" in error


def test_a_document_that_is_not_there_is_told(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(binary, "Person", "unknown") == 2

    assert "no revision of the document unknown" in capsys.readouterr().err


def test_an_object_that_cannot_be_read_is_told_and_the_others_are_read(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = max(binary.rglob("*.ion"))
    last.write_bytes(last.read_bytes()[:-1])

    assert run(binary, "Person", JOURNAL.document) == 2

    captured = capsys.readouterr()
    assert "is damaged" in captured.err
    assert len(captured.out.splitlines()) > 1

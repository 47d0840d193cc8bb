"""`python -m ops history`: the revisions of a document, and whether they verify."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from ops.command_line import main
from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.journals import structs

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
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = export_of(JOURNAL.ledger.blocks, blocks_per_object=1).write_to(tmp_path)
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


def test_damage_is_told_even_if_it_hides_all_revisions(
    binary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in binary.rglob("*-*.ion"):
        path.write_bytes(path.read_bytes()[:-1])

    assert run(binary, "Person", JOURNAL.document) == 2

    assert "is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("lines", [slice(0), slice(2), slice(0, 3, 2)])
def test_an_object_that_lost_lines_is_told(
    lines: slice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = export_of(JOURNAL.ledger.blocks, ExportFormat.JSON, blocks_per_object=3)
    export.write_to(tmp_path)
    path = tmp_path / export.data_keys[1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[lines]))

    assert run(tmp_path, "Person", JOURNAL.document) == 2

    assert "but should" in capsys.readouterr().err


def test_an_object_that_a_manifest_names_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = export_of(JOURNAL.ledger.blocks)
    export.write_to(tmp_path)
    (tmp_path / export.data_keys[-1]).unlink()

    assert run(tmp_path, "Person", JOURNAL.document) == 2

    err = capsys.readouterr().err
    assert f"{export.data_keys[-1]} is not there" in err
    assert f"nothing below {tmp_path} has this key" in err


def test_a_gap_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = export_of(JOURNAL.ledger.blocks)
    export.write_to(tmp_path)
    (tmp_path / export.completed_key).unlink()
    (tmp_path / export.data_keys[1]).unlink()

    assert run(tmp_path, "Person", JOURNAL.document) == 1

    assert "blocks 2 to 3 are in no object" in capsys.readouterr().err


def test_a_version_that_a_block_has_lost_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = [
        replace(block, transaction_info={}, revisions=()) if number == 2 else block
        for number, block in enumerate(JOURNAL.ledger.blocks)
    ]
    export_of(blocks).write_to(tmp_path)

    assert run(tmp_path, "Person", JOURNAL.document) == 1

    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 4
    assert "no revision with version 1" in captured.err


def test_versions_before_the_first_block_are_not_missed(tmp_path: Path) -> None:
    export_of(JOURNAL.ledger.blocks[3:]).write_to(tmp_path)

    assert run(tmp_path, "Person", JOURNAL.document) == 0


def test_an_id_that_is_a_symbol_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = export_of(JOURNAL.ledger.blocks, ExportFormat.ION_TEXT)
    export.write_to(tmp_path)
    for key in export.data_keys:
        text = (tmp_path / key).read_text()
        changed = text.replace(f'id: "{JOURNAL.document}"', f"id: '{JOURNAL.document}'")
        (tmp_path / key).write_text(
            changed.replace(f'id:"{JOURNAL.document}"', f"id:'{JOURNAL.document}'")
        )

    run(tmp_path, "Person", JOURNAL.document)

    assert len(capsys.readouterr().out.splitlines()) == 5


def test_a_revision_whose_table_no_block_tells_is_listed_in_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = structs(JOURNAL.ledger)
    del blocks[2]["transactionInfo"]
    name = f"{JOURNAL.ledger.strand_id}.0-{len(blocks) - 1}.ion"
    content = simpleion.dumps(blocks, binary=True, sequence_as_stream=True)
    (tmp_path / name).write_bytes(content)

    run(tmp_path, "Person", JOURNAL.document)

    versions = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert versions == ["0", "1", "2", "3"]

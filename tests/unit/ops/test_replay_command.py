"""`python -m ops replay`: options, summary and exit status. The services are in memory."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Delete, Insert, Update

from handler.contract import Variable
from handler.outcomes import Permanent
from ops import connections
from ops.command_line import main
from tests.support.exports import export_of, new_ledger
from tests.support.replay_run import Bucket

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger

    from tests.support.memory_table import MemoryTable


@pytest.fixture
def ledger() -> Ledger:
    """Two documents of Person, of which one is deleted, and one of Car."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    ledger.commit([CreateTable(table="Car")])
    first, second = (
        str(ledger.commit([Insert(table="Person", document={"n": n})]).documents[0].document_id)
        for n in range(2)
    )
    ledger.commit([Update(table="Person", document_id=first, document={"n": 2})])
    ledger.commit([Delete(table="Person", document_id=second)])
    ledger.commit([Insert(table="Car", document={"n": 3})])
    return ledger


@pytest.fixture
def export(tmp_path: Path, ledger: Ledger) -> Path:
    return export_of(ledger.blocks).write_to(tmp_path / "export")


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    monkeypatch.setattr(connections, "failure_store", lambda _: bucket)
    return bucket


@pytest.fixture
def arguments(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    export: Path,
    outputs: list[str],
    table: MemoryTable,
) -> list[str]:
    """The command with its services in memory."""
    monkeypatch.setattr(connections, "replay_writer", lambda *_, **__: table)
    return ["replay", str(export), *outputs, "--state", str(tmp_path / "state")]


def test_everything_is_written_and_counted(
    arguments: list[str], table: MemoryTable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0

    out = capsys.readouterr().out
    assert "read          7 blocks with 5 revisions" in out
    assert "written       2 items, of which 1 are tombstones" in out
    assert "superseded    2 revisions, because the export has newer ones" in out
    assert "ignored       1 revisions of tables that are not replayed" in out
    assert "1 of Car" in out
    assert sorted(write.version for write in table.items.values()) == [1, 1]


def test_a_second_run_has_nothing_to_do(
    arguments: list[str], table: MemoryTable, capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)
    writes = table.writes

    assert main(arguments) == 0

    captured = capsys.readouterr()
    assert "This replay is complete. --restart does it again." in captured.err
    assert table.writes == writes


def test_restart_does_it_again(arguments: list[str], table: MemoryTable) -> None:
    main(arguments)
    writes = table.writes

    assert main([*arguments, "--restart"]) == 0

    assert table.writes == 2 * writes


def test_a_dry_run_writes_nothing_and_tells_the_cost(
    arguments: list[str], table: MemoryTable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--dry-run"]) == 0

    out = capsys.readouterr().out
    assert "Dry run: nothing was written." in out
    assert "would write   2 items, of which 1 are tombstones" in out
    assert "cost          2 write units, $0.00 on demand" in out
    assert table.items == {}
    assert not (tmp_path / "state").exists()


def test_what_cannot_be_stored_is_status_1_with_its_place(
    arguments: list[str],
    table: MemoryTable,
    bucket: Bucket,
    ledger: Ledger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = ledger.blocks[2].documents[0].document_id
    table.outcomes[refused] = Permanent("ValidationError")

    assert main(arguments) == 1

    out = capsys.readouterr().out
    assert "quarantined   2 revisions are in the failure bucket:" in out
    assert "2 refused: ValidationError" in out
    assert len(bucket.records) == 2


def test_a_missing_object_is_status_1(
    arguments: list[str], export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sorted(export.rglob("*.ion"))[1].unlink()

    assert main(arguments) == 1

    err = capsys.readouterr().err
    assert "is not there, though the manifest of export" in err
    assert f"nothing below {export} has this key" in err
    assert "are in no object: some documents may lack their newest revision" in err


def test_a_damaged_object_is_status_1_with_the_remedy(
    arguments: list[str], export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = sorted(export.rglob("*.ion"))[1]
    damaged.write_bytes(damaged.read_bytes()[:-5])

    assert main(arguments) == 1

    out = capsys.readouterr().out
    assert "not read      1 things in the export:" in out
    assert "run the command again" in out


def test_an_unknown_table_is_refused_before_anything_is_written(
    arguments: list[str], table: MemoryTable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--tables", "Persons"]) == 1

    assert "--tables: Persons is no `ledgerTable`" in capsys.readouterr().err
    assert table.items == {}


def test_times_that_leave_nothing_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--from", "2021-01-02", "--to", "2021-01-01"]) == 1

    assert "--from is not before --to" in capsys.readouterr().err


def test_only_blocks_before_a_time_are_replayed(
    arguments: list[str], table: MemoryTable, ledger: Ledger
) -> None:
    end = ledger.blocks[4].block_timestamp.isoformat()

    assert main([*arguments, "--to", end]) == 0

    assert [write.version for write in table.items.values()] == [0, 0]


def test_expiring_tombstones_are_refused_unless_they_are_accepted(
    arguments: list[str],
    outputs_file: Path,
    table: MemoryTable,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = json.loads(outputs_file.read_text())
    content["handlerEnvironment"][Variable.REPLICA_TABLES] = json.dumps(
        {"Person": {"tableName": "person-1a2b3c", "tombstoneLifetimeDays": 30}}
    )
    outputs_file.write_text(json.dumps(content))

    assert main(arguments) == 1
    assert "--accept-expired-tombstones" in capsys.readouterr().err
    assert table.items == {}
    assert main([*arguments, "--accept-expired-tombstones"]) == 0
    assert len(table.items) == 2


def test_an_empty_export_is_no_error(
    tmp_path: Path, ledger: Ledger, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = export_of([], strand_id=ledger.blocks[0].strand_id).write_to(tmp_path / "quiet")
    arguments[1] = str(quiet)

    assert main(arguments) == 0

    assert "read          0 blocks with 0 revisions" in capsys.readouterr().out

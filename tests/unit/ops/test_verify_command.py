"""`python -m ops verify`: what it prints and writes, and its exit status."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from qldb_simulator import merkle

from ops.command_line import main
from ops.exports import parallel
from tests.support.exports import ExportFormat, WrittenExport, export_of, write_files
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = busy_ledger()


@pytest.fixture
def written() -> WrittenExport:
    return export_of(LEDGER.blocks, ExportFormat.ION_BINARY)


@pytest.fixture
def folder(tmp_path: Path, written: WrittenExport) -> Path:
    return written.write_to(tmp_path / "export")


def run(*arguments: object) -> int:
    return main(["verify", *map(str, arguments), "--processes", "1"])


def change(folder: Path, written: WrittenExport) -> None:
    key = written.data_keys[1]
    (folder / key).write_bytes(written.files[key].replace(b"two", b"TWO"))


def test_a_sound_export_is_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0

    assert capsys.readouterr().out.startswith("PROVEN")


def test_a_changed_document_is_not_proven_and_its_place_is_told(
    folder: Path, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, written)

    assert run(folder) == 1

    out = capsys.readouterr().out
    assert out.startswith("NOT PROVEN")
    assert "The first bad block is 2" in out
    assert written.data_keys[1] in out
    assert "TWO" not in out


def test_copies_of_blocks_that_were_not_read_are_told(
    folder: Path, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    export_of(LEDGER.blocks, ExportFormat.ION_TEXT).write_to(folder.parent / "copy")

    assert run(folder) == 0
    assert "Copies of blocks" not in capsys.readouterr().out
    assert run(folder.parent) == 0

    found = " ".join(capsys.readouterr().out.split())
    assert (
        f"Copies of blocks that another object has too: {len(LEDGER.blocks)} in "
        f"{len(written.data_keys)} objects were not read."
    ) in found


def test_a_table_of_which_nothing_was_verified_is_not_called_proven(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = tmp_path / "report.html"

    assert run(folder, "--tables", "Person,Persn", "--html", html) == 2

    captured = capsys.readouterr()
    assert "PROVEN" not in captured.out
    assert "no revision of the ledger table Persn was found" in " ".join(captured.err.split())
    assert not html.exists()


def test_a_changed_document_is_told_before_a_typo_in_the_table(
    folder: Path, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, written)

    assert run(folder, "--tables", "Person,Persn") == 1

    assert capsys.readouterr().out.startswith("NOT PROVEN")


def test_an_object_that_cannot_be_read_has_its_own_status(
    folder: Path, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / written.data_keys[1]
    path.write_bytes(path.read_bytes()[:-1])

    assert run(folder) == 2

    assert capsys.readouterr().out.startswith("COULD NOT BE READ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing"),
        (["{folder}", "--strand", "unknown"], "no journal with the strand unknown"),
        (["{folder}", "--from", "2024-02-01", "--to", "2024-01-01"], "--from is not before --to"),
        (["{folder}", "--digest", "nowhere.json"], "nowhere.json cannot be read"),
        (["{folder}", "--proof", "{folder}/notes.txt"], "neither a digest nor a proof"),
        (["{folder}", "--html", "{folder}/none/report.html"], "cannot be written"),
        (["{folder}", "--json", "{folder}"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_read(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.txt").write_text("hello")

    assert run(*[each.format(folder=folder) for each in arguments]) == 2

    captured = capsys.readouterr()
    assert message in captured.err.replace("\n", " ")
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "yesterday"],
        ["--processes", "0"],
        ["--processes", "many"],
        ["--tables", " , "],
    ],
)
def test_odd_options_are_refused(folder: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["verify", str(folder), *arguments])

    assert caught.value.code == 2


def test_reports_are_written(folder: Path, tmp_path: Path) -> None:
    html, found = tmp_path / "report.html", tmp_path / "report.json"

    assert run(folder, "--html", html, "--json", found, "--tables", "Person") == 0

    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    content = json.loads(found.read_text())
    assert content["outcome"] == "proven"
    assert content["command"] == f"python -m ops verify {folder} --tables Person"


def test_the_command_in_a_report_repeats_the_run(folder: Path, tmp_path: Path) -> None:
    digest = tmp_path / "a digest.json"
    digest.write_text(proof())
    found = tmp_path / "report.json"

    run(
        *(folder, "--digest", digest, "--strand", LEDGER.strand_id, "--from", "2021-01-01"),
        *("--to", "2022-01-01T00:00+02:00", "--json", found),
    )

    assert json.loads(found.read_text())["command"] == (
        f"python -m ops verify {folder} --strand {LEDGER.strand_id} --digest '{digest}' "
        "--from 2021-01-01T00:00:00+00:00 --to 2022-01-01T00:00:00+02:00"
    )


def proof() -> str:
    """Return a digest with a proof of the last block."""
    hashes = [block.block_hash for block in LEDGER.blocks]
    last = len(hashes) - 1
    return json.dumps(
        {
            "Digest": base64.b64encode(merkle.merkle_root(hashes)).decode(),
            "DigestTipAddress": {"strandId": LEDGER.strand_id, "sequenceNo": last},
            "LastBlockNum": last,
            "Proof": [
                base64.b64encode(each).decode() for each in merkle.merkle_proof(hashes, last)
            ],
        }
    )


def test_a_digest_and_a_proof_may_be_elsewhere(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "digest.json"
    path.write_text(proof())

    assert run(folder, "--digest", path) == 0

    assert "leads to the digest" in capsys.readouterr().out


def test_json_tells_what_was_re_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(tmp_path, export_of(LEDGER.blocks, ExportFormat.JSON).files)

    assert run(tmp_path) == 0

    assert "JSON" in capsys.readouterr().out


def test_without_a_number_all_cores_are_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    monkeypatch.setattr(
        parallel, "run", lambda _work, _location, _parts, processes, _done: used.append(processes)
    )

    main(["verify", str(folder)])

    assert set(used) == {parallel.available_processes()}

"""`python -m ops inspect`: what it prints, and its exit status."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert

from ops.command_line import main
from ops.exports import bucket, part_scan
from tests.support.export_buckets import BUCKET, ExportS3
from tests.support.exports import (
    EXPORT_ID,
    ExportFormat,
    WrittenExport,
    export_of,
    new_ledger,
    object_bytes,
    write_files,
)
from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger

DIGEST = (
    '{{"digest":"{digest}=","digestTipAddress":"{{strandId:\\"{strand}\\",sequenceNo:4}}",'
    '"ledger":"registry"}}'
)


@pytest.fixture
def ledger() -> Ledger:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"name": SECRET})])
    ledger.commit([Delete(table="Person", document_id=block.documents[0].document_id)])
    ledger.commit([Insert(table="Person", document={"name": SECRET})])
    ledger.commit([DropTable(table="Person")])
    return ledger


@pytest.fixture
def written(ledger: Ledger) -> WrittenExport:
    return export_of(ledger.blocks, ExportFormat.JSON)


@pytest.fixture
def folder(tmp_path: Path, ledger: Ledger, written: WrittenExport) -> Path:
    """An export with a digest and another file beside it."""
    digest = DIGEST.format(digest="A" * 43, strand=ledger.strand_id)
    write_files(
        tmp_path / "export",
        written.files | {"registry.ion.txt": digest.encode(), "notes.txt": SECRET.encode()},
    )
    return tmp_path / "export"


def test_the_text_tells_what_is_there(
    folder: Path, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    # when
    status = main(["inspect", str(folder)])
    # then
    text = capsys.readouterr().out
    assert status == 0
    for expected in (
        f"  export      {EXPORT_ID}\n",
        "  ledger      registry\n",
        "  asked for   2021-02-03T00:00:00Z up to 2021-02-04T00:00:00Z (without it)\n",
        "  objects     3, 4.",
        "  format      JSON\n",
        "  encryption  by S3's key was asked for (SSE-S3)\n",
        f"  strand      {ledger.strand_id}\n",
        "  blocks      5, from 0 (2021-02-03T04:05:06.",
        "  missing     none\n",
        "  revisions   3\n",
        f"Person  {ledger.blocks[1].documents[0].table_id}     1        1          3         0",
        "  dropped 2021-02-03T04:05:06.",
        "  writes      about 2 units, $0.00, under a minute\n",
        "$0.625 a million write units",
        "  registry.ion.txt: digest, digest AAAAAAAA",
        "which covers the blocks up to 4\n",
        "  other files 1: notes.txt\n",
        "Things to know\n- The data ends with block 4 of 2021-02-03T04:05:06.",
    ):
        assert expected in text
    assert SECRET not in text


def test_the_json_tells_the_same_to_machines(
    folder: Path, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    # when
    status = main(["inspect", str(folder), "--json"])
    # then
    output = capsys.readouterr().out
    found: dict[str, Any] = json.loads(output)
    assert status == 0
    (export,) = found["exports"]
    assert (export["exportId"], export["ledgerName"], export["isCompleted"]) == (
        EXPORT_ID,
        "registry",
        True,
    )
    assert export["first"]["sequenceNo"] == 0
    (strand,) = found["strands"]
    assert strand["strandId"] == ledger.strand_id
    assert strand["lastBlock"]["sequenceNo"] == 4
    (table,) = strand["tables"]
    assert (table["name"], table["live"], table["deleted"], table["revisions"]) == (
        "Person",
        1,
        1,
        3,
    )
    assert strand["load"]["writeUnits"] == 2
    assert strand["load"]["pricesOf"]
    (proof,) = found["proofs"]
    assert (proof["key"], proof["digestTip"]["sequenceNo"]) == ("registry.ion.txt", 4)
    assert found["problems"] == []
    assert {notice["kind"] for notice in found["toKnow"]} == {
        "end",
        "dropped table",
        "types in JSON",
    }
    assert SECRET not in output


def test_what_cannot_be_read_is_status_2_and_the_rest_is_told(
    folder: Path, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / written.data_keys[0]).write_bytes(b'{"blockAddress":')
    assert main(["inspect", str(folder)]) == 2
    text = capsys.readouterr().out
    assert f"- {written.data_keys[0]} could not be read from byte 0 on: " in text
    assert "  blocks      3, from 2 (" in text
    assert "  missing     2 blocks\n" in text


@pytest.mark.parametrize("arguments", [["missing"], ["s3://"]])
def test_a_source_that_cannot_be_read_is_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.out == ""


def test_a_folder_without_blocks_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path, {"notes.txt": b"hello"})
    assert main(["inspect", str(tmp_path)]) == 2
    assert "There is no object with blocks of a journal" in capsys.readouterr().out


def test_names_that_a_terminal_would_obey_are_escaped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "\x1b[2J.txt").write_bytes(b"hello")
    assert main(["inspect", str(folder)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_texts_of_manifests_and_blocks_that_a_terminal_would_obey_are_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given an empty export with a hostile time, and blocks of two strands, one of them hostile
    hostile = "\x1b[2J\u202e"
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    empty = export_of([], ExportFormat.JSON, strand_id=ledger.strand_id)
    started = json.loads(empty.files[empty.started_key]) | {"inclusiveStartTime": hostile}
    content = object_bytes(ledger.blocks, ExportFormat.JSON).decode()
    other = content.replace(ledger.strand_id, json.dumps(hostile)[1:-1])
    write_files(
        tmp_path,
        empty.files
        | {
            empty.started_key: json.dumps(started).encode(),
            "one.json": content.encode(),
            "other.json": other.encode(),
        },
    )

    main(["inspect", str(tmp_path)])

    out = capsys.readouterr().out
    assert "There are the journals of 2 ledgers" in out
    assert "is empty" in out
    assert not set(hostile[:1] + hostile[-1]) & set(out)


@pytest.fixture
def s3(written: WrittenExport, monkeypatch: pytest.MonkeyPatch) -> ExportS3:
    s3 = ExportS3(written.files)
    monkeypatch.setattr(bucket, "_new_client", lambda: s3)
    part_scan._opened.cache_clear()
    return s3


@pytest.mark.parametrize("prefix", ["", "/", "/exports/", "/exports"])
def test_a_bucket_is_read_like_a_folder(
    s3: ExportS3, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del s3  # takes the client's place
    assert main(["inspect", f"s3://{BUCKET}{prefix}"]) == 0
    text = capsys.readouterr().out
    assert "  blocks      5, from 0 (2021-02-03T04:05:06." in text
    assert "(SSE-S3); in the bucket now: aws:kms\n" in text


def test_an_object_that_may_not_be_read_is_told_and_the_rest_is_read(
    s3: ExportS3, written: WrittenExport, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.errors[written.data_keys[1]] = "AccessDenied"
    assert main(["inspect", f"s3://{BUCKET}/exports/"]) == 2
    text = capsys.readouterr().out
    assert f"s3://{BUCKET}/{written.data_keys[1]}: no permission: allow" in text
    assert "  blocks      3, from 0 (" in text


@pytest.mark.usefixtures("s3")
def test_a_prefix_without_objects_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", f"s3://{BUCKET}/other/"]) == 2
    assert f"error: s3://{BUCKET}/other/ is empty: give the folder" in capsys.readouterr().err

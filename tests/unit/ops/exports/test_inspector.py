"""`inspect` tells the owner of an export what is there, and what is not."""

from __future__ import annotations

import gzip
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from ops.exports.inspector import Progress, inspect
from ops.exports.to_know import NoticeKind
from tests.support.exports import (
    EXPORT_ID,
    ExportFormat,
    export_of,
    manifest_bytes,
    new_ledger,
    object_bytes,
    write_files,
)
from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qldb_simulator.blocks import Block
    from qldb_simulator.journal import Ledger

    from ops.exports.inspection import Inspection, StrandInspection, TableInspection

OTHER_EXPORT_ID = "2ZzAdzxh1X4KNZlUyBKwR9"
FORMATS = {
    ExportFormat.ION_BINARY: "Ion binary",
    ExportFormat.ION_TEXT: "Ion text",
    ExportFormat.JSON: "JSON",
}


def inspected(folder: Path) -> Inspection:
    return inspect(
        str(folder), processes=1, start=lambda _total: None, advance=lambda _progress: None
    )


def the_strand(found: Inspection) -> StrandInspection:
    (strand,) = found.strands
    return strand


def notices(found: Inspection, kind: NoticeKind) -> list[str]:
    return [notice.text for notice in found.to_know if notice.kind is kind]


def insert(ledger: Ledger, table: str = "Person", **fields: object) -> str:
    block = ledger.commit([Insert(table=table, document=fields)])
    return block.documents[0].document_id


@pytest.fixture
def ledger() -> Ledger:
    """Two tables: three documents in Person, of which one is deleted, and one in Car."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    ledger.commit([CreateTable(table="Car")])
    first, second = insert(ledger, name="one"), insert(ledger, name="two")
    insert(ledger, "Car", plate="A")
    ledger.commit(
        [
            Update(table="Person", document_id=first, document={"name": "uno"}),
            Insert(table="Person", document={"name": "three"}),
        ]
    )
    ledger.commit([Delete(table="Person", document_id=second)])
    return ledger


def summary(table: TableInspection) -> tuple[str | None, int, int, int, int]:
    return table.name, table.live, table.deleted, table.revisions, table.redacted


@pytest.mark.parametrize("output_format", FORMATS)
def test_an_export_is_told_in_each_format(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat
) -> None:
    # given
    written = export_of(ledger.blocks, output_format)
    # when
    found = inspected(written.write_to(tmp_path))
    # then
    strand = the_strand(found)
    assert strand.strand_id == ledger.strand_id
    assert strand.ledger_names == ["registry"]
    assert (strand.objects, strand.blocks, strand.hash_only) == (4, 7, 2)
    assert strand.formats == {FORMATS[output_format]: 4}
    assert strand.bytes == sum(len(written.files[key]) for key in written.data_keys)
    times = [simpleion.dumps(b.block_timestamp, binary=False) for b in ledger.blocks]
    assert strand.first == (0, times[0].split()[-1])
    assert strand.last == (6, times[-1].split()[-1])
    assert (strand.missing, strand.overlaps, found.problems) == ([], [], [])
    assert [summary(table) for table in strand.tables] == [
        ("Car", 1, 0, 1, 0),
        ("Person", 2, 1, 5, 0),
    ]
    assert [table.table_id for table in strand.tables] == [
        ledger.tables["Car"],
        ledger.tables["Person"],
    ]
    assert [table.deletes for table in strand.tables] == [0, 1]
    (export,) = found.exports
    assert (export.export_id, export.ledger_name) == (EXPORT_ID, "registry")
    assert (export.format, export.encryption) == (FORMATS[output_format], "SSE_S3")
    assert (export.first, export.last) == (strand.first, strand.last)
    assert (export.objects, export.bytes, export.missing) == (4, strand.bytes, 0)


def test_a_part_of_a_journal_is_counted_by_the_last_revisions_that_are_there(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given blocks 3 to 5: the second document, the car, and the transaction of two documents
    found = inspected(export_of(ledger.blocks[3:6]).write_to(tmp_path))
    # then
    assert [summary(table) for table in the_strand(found).tables] == [
        ("Car", 1, 0, 1, 0),
        ("Person", 3, 0, 3, 0),
    ]
    (text,) = notices(found, NoticeKind.START)
    assert text.startswith("The data starts with block 3 of 2021-02-03T04:05:06")


@pytest.mark.parametrize("output_format", [ExportFormat.ION_TEXT, ExportFormat.JSON])
def test_an_object_that_was_cut_at_a_lines_end_is_told(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat
) -> None:
    # given an object whose last line is missing
    written = export_of(ledger.blocks, output_format, blocks_per_object=4)
    key = written.data_keys[0]
    lines = written.files[key].splitlines(keepends=True)
    write_files(tmp_path, written.files | {key: b"".join(lines[:-1])})
    # when
    found = inspected(tmp_path)
    # then
    (text,) = notices(found, NoticeKind.CUT_OBJECT)
    assert text.startswith(f"{key} ends with block 2, but its name says 3. The object was cut")
    assert [each[:3] for each in the_strand(found).missing] == [(3, 3, key)]
    assert notices(found, NoticeKind.GAP) == []
    assert the_strand(found).blocks == 6


def test_a_gap_is_told_with_its_times(tmp_path: Path, ledger: Ledger) -> None:
    # given
    written = export_of(ledger.blocks)
    written.write_to(tmp_path)
    (tmp_path / written.data_keys[1]).unlink()
    # when
    found = inspected(tmp_path)
    # then
    (text,) = notices(found, NoticeKind.GAP)
    assert text.startswith("No object has blocks 2 to 3, between 2021-02-03T04:05:06.")
    (text,) = notices(found, NoticeKind.MISSING_OBJECTS)
    assert text.startswith(
        f"The manifest of export {EXPORT_ID} names 1 object that is not below {tmp_path}. Copy"
    )
    assert [each[:3] for each in the_strand(found).missing] == [(2, 3, None)]
    assert the_strand(found).blocks == 5


def overlapping(
    folder: Path, older: Sequence[Block], newer: Sequence[Block]
) -> tuple[list[str], list[str]]:
    """Write two exports, and return the keys of their objects."""
    first = export_of(older, prefix="older/", blocks_per_object=4)
    second = export_of(
        newer, prefix="newer/", export_id=OTHER_EXPORT_ID, end_time="2021-03-04T00:00:00Z"
    )
    first.write_to(folder)
    second.write_to(folder)
    return first.data_keys, second.data_keys


def test_an_overlap_is_told_and_read_once(tmp_path: Path, ledger: Ledger) -> None:
    # given
    overlapping(tmp_path, ledger.blocks[:5], ledger.blocks[2:])
    # when
    found = inspected(tmp_path)
    # then
    strand = the_strand(found)
    sizes = {path.name: path.stat().st_size for path in tmp_path.rglob("*.ion")}
    assert strand.bytes == sum(size for name, size in sizes.items() if ".4-4." not in name)
    assert strand.overlaps == [(2, 4, OTHER_EXPORT_ID, EXPORT_ID)]
    assert notices(found, NoticeKind.OVERLAP) == [
        (
            f"Blocks 2 to 4 are in export {OTHER_EXPORT_ID} and in export {EXPORT_ID}. They are "
            "read once, from the first, which was made later."
        )
    ]
    assert strand.blocks == 7
    assert [summary(table)[3] for table in strand.tables] == [1, 5]
    assert [
        (each.first and each.first[0], each.last and each.last[0]) for each in found.exports
    ] == [
        (0, 4),
        (2, 6),
    ]


def test_an_empty_export_is_told(tmp_path: Path, ledger: Ledger) -> None:
    # given
    export_of(ledger.blocks).write_to(tmp_path)
    export_of([], strand_id=ledger.strand_id, export_id=OTHER_EXPORT_ID).write_to(tmp_path)
    # when
    found = inspected(tmp_path)
    # then
    (text,) = notices(found, NoticeKind.EMPTY_EXPORT)
    assert text == (
        f"Export {OTHER_EXPORT_ID} is empty: the ledger had no transaction in its time (from "
        "2021-02-03T00:00:00Z to 2021-02-04T00:00:00Z). That is no fault."
    )
    assert the_strand(found).blocks == 7


def test_two_tables_of_one_name_are_told(tmp_path: Path, ledger: Ledger) -> None:
    # given a table that was dropped and created again
    former = ledger.tables["Person"]
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])
    insert(ledger, name="four")
    # when
    found = inspected(export_of(ledger.blocks).write_to(tmp_path))
    # then
    dropped, again = (table for table in the_strand(found).tables if table.name == "Person")
    if dropped.table_id != former:
        dropped, again = again, dropped
    assert summary(dropped) == ("Person", 2, 1, 5, 0)
    assert summary(again) == ("Person", 1, 0, 1, 0)
    assert dropped.is_dropped
    assert not again.is_dropped
    assert again.created is not None
    (text,) = notices(found, NoticeKind.TABLE_NAME)
    assert text.startswith("2 tables have the name Person: ")
    assert f"{former} (dropped) with 2 documents" in text
    (text,) = notices(found, NoticeKind.DROPPED_TABLE)
    assert text.startswith(f"The table Person ({former}) was dropped at 2021-02-03T04:05:06")


def redacted(ledger: Ledger) -> tuple[list[Block], list[Block], str]:
    """Return the blocks before and after a redaction, and the document."""
    document_id = insert(ledger, name=SECRET)
    ledger.commit([Update(table="Person", document_id=document_id, document={"name": "x"})])
    before = list(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    return before, list(ledger.blocks), document_id


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_redacted_revision_that_an_older_export_still_has_is_told(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat
) -> None:
    # given
    before, after, document_id = redacted(ledger)
    older = export_of(before, output_format, prefix="older/")
    older.write_to(tmp_path)
    export_of(after, output_format, prefix="newer/", export_id=OTHER_EXPORT_ID).write_to(tmp_path)
    # when
    found = inspected(tmp_path)
    # then
    (key,) = [key for key in older.data_keys if ".6-7." in key]
    strand = the_strand(found)
    assert strand.still_whole == [(document_id, 0, (key,), False)]
    assert strand.still_whole_count == 1
    assert notices(found, NoticeKind.STILL_WHOLE) == [
        (
            f"Version 0 of document {document_id} is redacted, but an older export, in {key}, "
            "still has its data. The newer copy is read; loading the older one alone would bring "
            "personal data back."
        )
    ]
    assert summary(strand.tables[1])[4] == 1
    assert SECRET not in str(found)


def test_a_copy_that_is_read_and_has_what_was_redacted_is_told(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a longer export before the redaction, and a shorter one after it
    before, after, document_id = redacted(ledger)
    first, _ = overlapping(tmp_path, after[:8], before)
    # when
    found = inspected(tmp_path)
    # then
    (text,) = notices(found, NoticeKind.STILL_WHOLE)
    assert text.startswith(f"Version 0 of document {document_id} is redacted in one export, but")
    assert "move that export away" in text
    assert the_strand(found).still_whole[0].is_read
    assert first


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_damaged_object_is_told_with_its_place_and_the_rest_is_read(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat
) -> None:
    # given an object that ends in the middle of its second block
    written = export_of(ledger.blocks, output_format)
    key = written.data_keys[1]
    write_files(tmp_path, written.files | {key: written.files[key][:-40]})
    # when
    found = inspected(tmp_path)
    # then
    (problem,) = found.problems
    assert problem.key == key
    assert problem.offset is not None
    assert 0 < problem.offset <= len(written.files[key])
    strand = the_strand(found)
    assert strand.blocks == 6
    assert [each[:3] for each in strand.missing] == [(3, 3, key)]
    (text,) = notices(found, NoticeKind.UNREADABLE)
    assert text.startswith(f"{key} could not be read from byte {problem.offset:,} on: ")


def test_a_foreign_object_under_an_objects_name_is_told(tmp_path: Path, ledger: Ledger) -> None:
    written = export_of(ledger.blocks)
    write_files(tmp_path, written.files | {written.data_keys[1]: b"\x89PNG\r\n\x1a\n"})
    found = inspected(tmp_path)
    (problem,) = found.problems
    assert (problem.key, problem.offset) == (written.data_keys[1], 0)
    assert the_strand(found).missing[0][:3] == (2, 3, written.data_keys[1])
    assert the_strand(found).blocks == 5


def test_a_malformed_block_is_told_and_the_next_one_is_read(tmp_path: Path, ledger: Ledger) -> None:
    # given
    written = export_of(ledger.blocks, blocks_per_object=7)
    values = [block.to_ion() for block in ledger.blocks]
    values[3] = values[3] | {"revisions": 5}
    content = simpleion.dumps(values, binary=True, sequence_as_stream=True)
    write_files(tmp_path, written.files | {written.data_keys[0]: content})
    # when
    found = inspected(tmp_path)
    # then
    (problem,) = found.problems
    assert problem.problem == "revisions is not a list"
    assert the_strand(found).blocks == 6
    assert [each[:2] for each in the_strand(found).missing] == [(3, 3)]


def test_blocks_out_of_order_and_of_another_ledger_are_told_and_not_counted(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given
    stranger = new_ledger(random.Random(9)).commit([CreateTable(table="X")])
    blocks = list(ledger.blocks)
    doubled = [*blocks[:3], blocks[2], blocks[1], stranger, *blocks[3:]]
    written = export_of(blocks, blocks_per_object=7)
    content = object_bytes(doubled, ExportFormat.ION_BINARY)
    write_files(tmp_path, written.files | {written.data_keys[0]: content})
    # when
    found = inspected(tmp_path)
    # then
    (key,) = written.data_keys
    assert notices(found, NoticeKind.DISORDER)[0].startswith(f"{key} has 2 blocks a second time")
    assert notices(found, NoticeKind.FOREIGN_BLOCKS)[0].startswith(
        f"{key} has 1 block of another ledger"
    )
    assert the_strand(found).blocks == 7
    assert summary(the_strand(found).tables[1]) == ("Person", 2, 1, 5, 0)


def test_an_object_under_another_objects_name_is_told(tmp_path: Path, ledger: Ledger) -> None:
    written = export_of(ledger.blocks)
    files = dict(written.files)
    files[written.data_keys[1]] = files[written.data_keys[2]]
    write_files(tmp_path, files)
    (text,) = notices(inspected(tmp_path), NoticeKind.OBJECT_NAME)
    assert text.startswith(f"{written.data_keys[1]} has blocks 4 to 5, but its name says 2 to 3")


def test_revisions_whose_block_tells_no_table_take_it_from_the_document(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a genuine oddity: blocks without transactionInfo, one with an update and an insert, one
    # with a revision that was redacted later
    _, after, _ = redacted(ledger)
    values = [block.to_ion() for block in after]
    written = export_of(after, blocks_per_object=9)
    whole = the_strand(inspected(written.write_to(tmp_path / "whole"))).tables[1]
    del values[5]["transactionInfo"]
    del values[7]["transactionInfo"]
    content = simpleion.dumps(values, binary=True, sequence_as_stream=True)
    write_files(tmp_path / "odd", written.files | {written.data_keys[0]: content})
    # when
    found = inspected(tmp_path / "odd")
    # then what other revisions tell has its table, and what was only inserted there has none
    tables = the_strand(found).tables
    assert summary(whole) == ("Person", 3, 1, 7, 1)
    assert [summary(table) for table in tables] == [
        ("Car", 1, 0, 1, 0),
        ("Person", 2, 1, 6, 1),
        (None, 1, 0, 1, 0),
    ]
    assert sum(table.bytes for table in tables[1:]) == whole.bytes
    assert sum(table.history_write_units for table in tables[1:]) == whole.history_write_units
    # of the three revisions without a table, with two documents, two have got theirs
    assert 0 < tables[2].bytes < whole.bytes / 5
    assert notices(found, NoticeKind.UNKNOWN_TABLE) == ["For 1 revision no block tells the table."]


def test_objects_without_manifests_and_names_are_read_by_their_content(
    tmp_path: Path, ledger: Ledger
) -> None:
    blocks = ledger.blocks
    write_files(
        tmp_path,
        {
            "b.gz": gzip.compress(object_bytes(blocks[:3], ExportFormat.ION_BINARY)),
            "a": object_bytes(blocks[3:], ExportFormat.JSON),
        },
    )
    found = inspected(tmp_path)
    assert the_strand(found).blocks == 7
    assert the_strand(found).formats == {"Ion binary": 1, "JSON": 1}
    assert the_strand(found).ledger_names == []
    assert len(notices(found, NoticeKind.UNLISTED)) == 1


def test_two_ledgers_are_told_apart(tmp_path: Path, ledger: Ledger) -> None:
    # given
    other = new_ledger(random.Random(2))
    other.commit([CreateTable(table="Person")])
    export_of(ledger.blocks).write_to(tmp_path)
    export_of(other.blocks, export_id=OTHER_EXPORT_ID, ledger_name="second").write_to(tmp_path)
    # when
    found = inspected(tmp_path)
    # then
    assert {(s.strand_id, s.blocks, *s.ledger_names) for s in found.strands} == {
        (ledger.strand_id, 7, "registry"),
        (other.strand_id, 1, "second"),
    }
    (text,) = notices(found, NoticeKind.STRANDS)
    assert text.startswith("There are the journals of 2 ledgers: ")
    assert f"{other.strand_id} (second)" in text


def test_an_export_that_was_not_completed_is_told(tmp_path: Path, ledger: Ledger) -> None:
    written = export_of(ledger.blocks)
    written.write_to(tmp_path)
    (tmp_path / written.completed_key).unlink()
    found = inspected(tmp_path)
    assert notices(found, NoticeKind.NOT_COMPLETED)[0].startswith(f"Export {EXPORT_ID} has a")
    assert not found.exports[0].is_completed


def test_where_the_data_ends_is_told(tmp_path: Path, ledger: Ledger) -> None:
    found = inspected(export_of(ledger.blocks).write_to(tmp_path))
    (text,) = notices(found, NoticeKind.END)
    assert text.startswith("The data ends with block 6 of 2021-02-03T04:05:06")
    assert "changes of the ledger's last second may be missing" in text
    assert len(notices(found, NoticeKind.PROOFS)) == 1


def test_a_digest_tells_how_many_blocks_are_missing_at_the_end(
    tmp_path: Path, ledger: Ledger
) -> None:
    export_of(ledger.blocks).write_to(tmp_path)
    digest = (
        '{"digest":"' + "A" * 43 + '=","digestTipAddress":"{strandId:\\"'
        f'{ledger.strand_id}\\",sequenceNo:9}}","ledger":"registry","date":"2021"}}'
    )
    write_files(tmp_path, {"registry-2021-02-04.ion.txt": digest.encode()})
    found = inspected(tmp_path)
    assert "covers 3 blocks more, which no object here has" in notices(found, NoticeKind.END)[0]
    assert [each.key for each in found.proofs] == ["registry-2021-02-04.ion.txt"]
    assert notices(found, NoticeKind.PROOFS) == []


def test_a_document_of_which_only_redacted_revisions_are_there_is_told(
    tmp_path: Path, ledger: Ledger
) -> None:
    _, after, _ = redacted(ledger)
    found = inspected(export_of(after[:8]).write_to(tmp_path))
    table = next(table for table in the_strand(found).tables if table.name == "Person")
    assert (table.live, table.only_redacted, table.redacted) == (2, 1, 1)
    assert notices(found, NoticeKind.ONLY_REDACTED)[0].startswith("Of 1 document of the table")


def test_an_archive_is_told_with_the_remedy(tmp_path: Path, ledger: Ledger) -> None:
    export_of(ledger.blocks).write_to(tmp_path)
    write_files(tmp_path, {"backup.zip": b"PK\3\4", "notes.txt": b"hello"})
    found = inspected(tmp_path)
    assert found.foreign == 2
    assert "backup.zip cannot be read: unpack it" in notices(found, NoticeKind.ARCHIVE)[0]


def test_no_object_with_blocks_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, {"notes.txt": b"hello"})
    found = inspected(tmp_path)
    assert found.strands == []
    assert len(notices(found, NoticeKind.NO_BLOCKS)) == 1


def test_an_unreadable_manifest_is_told(tmp_path: Path, ledger: Ledger) -> None:
    written = export_of(ledger.blocks)
    write_files(tmp_path, written.files | {written.completed_key: b"\xe0\x01"})
    found = inspected(tmp_path)
    assert [problem.key for problem in found.problems] == [written.completed_key]
    assert len(notices(found, NoticeKind.UNREADABLE)) == 1
    assert the_strand(found).blocks == 7


def test_a_key_that_fits_two_objects_is_told(tmp_path: Path, ledger: Ledger) -> None:
    written = export_of(ledger.blocks, blocks_per_object=7)
    (key,) = written.data_keys
    name = key.rpartition("/")[2]
    content = written.files[key]
    manifest = manifest_bytes([key], ExportFormat.JSON)
    write_files(
        tmp_path,
        {"x.completed.manifest": manifest, f"a/{name}": content, f"b/{name}": content},
    )
    found = inspected(tmp_path)
    assert notices(found, NoticeKind.AMBIGUOUS_KEY)[0].endswith(f"a/{name} is taken for it.")
    assert the_strand(found).blocks == 7


def test_many_notices_of_one_kind_are_told_together(tmp_path: Path, ledger: Ledger) -> None:
    for number in range(25):
        insert(ledger, number=number)
    written = export_of(ledger.blocks, blocks_per_object=1)
    written.write_to(tmp_path)
    for key in written.data_keys[1::2]:
        (tmp_path / key).unlink()
    texts = notices(inspected(tmp_path), NoticeKind.GAP)
    assert len(texts) == 11
    assert texts[-1] == "... and 5 more of this kind."


def test_all_bytes_and_revisions_are_told_to_the_progress_bar(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given
    first, second = overlapping(tmp_path, ledger.blocks[:5], ledger.blocks[2:])
    totals: list[int] = []
    steps: list[Progress] = []
    # when
    inspect(str(tmp_path), processes=1, start=totals.append, advance=steps.append)
    # then
    assert [sum(step.bytes for step in steps)] == totals
    assert totals[0] >= sum((tmp_path / key).stat().st_size for key in {*first, *second})


def test_the_time_of_the_files_decides_nothing_where_exports_tell_it(
    tmp_path: Path, ledger: Ledger
) -> None:
    _, newer = overlapping(tmp_path, ledger.blocks[:5], ledger.blocks)
    for key in newer:
        os.utime(tmp_path / key, (0, 0))
    assert the_strand(inspected(tmp_path)).overlaps == [(0, 4, OTHER_EXPORT_ID, EXPORT_ID)]


def test_the_estimate_counts_write_units_of_items(tmp_path: Path) -> None:
    # given documents of about 100 bytes and of about 3,000
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Small")])
    ledger.commit([CreateTable(table="Large")])
    for number in range(10):
        insert(ledger, "Small", number=number, text="x" * 80)
        document_id = insert(ledger, "Large", number=number, text="x" * 3000)
    ledger.commit([Delete(table="Large", document_id=document_id)])
    # when
    strand = the_strand(inspected(export_of(ledger.blocks).write_to(tmp_path)))
    # then
    units = {table.name: table.write_units for table in strand.tables}
    assert units == {"Small": 10, "Large": 9 * 4 + 1}
    history = {table.name: table.history_write_units for table in strand.tables}
    assert history == {"Small": 10, "Large": 10 * 4 + 1}
    assert strand.load.items == 20
    assert strand.load.write_units == 47
    assert strand.load.dollars == pytest.approx(47 * 0.625 / 1e6)
    assert strand.load.seconds == pytest.approx(47 / 4000)


def test_a_restored_table_is_not_dropped(tmp_path: Path, ledger: Ledger) -> None:
    # given DROP TABLE, and an UNDROP TABLE, which the simulator lacks
    table_id = ledger.tables["Person"]
    ledger.commit([DropTable(table="Person")])
    block = ledger.commit([CreateTable(table="Person")])
    info = block.transaction_info
    statement = info["statements"][0] | {"statement": f'UNDROP TABLE "{table_id}"'}
    undrop = replace(block, transaction_info={"statements": [statement]})
    blocks = [*ledger.blocks[:-1], undrop]
    # when
    found = inspected(export_of(blocks).write_to(tmp_path))
    # then
    table = next(table for table in the_strand(found).tables if table.name == "Person")
    assert not table.is_dropped
    assert table.dropped is not None
    assert table.restored is not None
    assert notices(found, NoticeKind.DROPPED_TABLE) == []

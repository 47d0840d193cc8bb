"""What is found in a source: exports, objects, proofs, and what belongs to none."""

from __future__ import annotations

import gzip
import os
import random
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Insert

from ops.errors import OpsError
from ops.exports.catalogue import BlockRange, Catalogue, catalogue
from ops.exports.source import ObjectError, Source, open_source
from tests.support.exports import (
    EXPORT_ID,
    ExportFormat,
    WrittenExport,
    export_of,
    gzipped,
    new_ledger,
    write_files,
)

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.blocks import Block
    from qldb_simulator.journal import Ledger

OTHER_EXPORT_ID = "2ZzAdzxh1X4KNZlUyBKwR9"
FORMATS = [ExportFormat.ION_BINARY, ExportFormat.JSON]


def ledger(blocks: int = 6, seed: int = 1) -> Ledger:
    ledger = new_ledger(random.Random(seed))
    ledger.commit([CreateTable(table="Person")])
    for number in range(blocks - 1):
        ledger.commit([Insert(table="Person", document={"number": number})])
    return ledger


@pytest.fixture(scope="module")
def blocks() -> tuple[Block, ...]:
    return ledger().blocks


def of(folder: Path) -> Catalogue:
    return catalogue(open_source(str(folder)))


def spans(found: Catalogue) -> list[tuple[str, int, int]]:
    (sequence,) = found.sequences
    return [(part.key, part.read_from, part.read_to) for part in sequence.parts]


@pytest.mark.parametrize("output_format", FORMATS)
def test_an_export_is_found_by_its_manifests(
    tmp_path: Path, blocks: tuple[Block, ...], output_format: ExportFormat
) -> None:
    # given
    written = export_of(blocks, output_format)
    # when
    found = of(written.write_to(tmp_path))
    # then
    (export,) = found.exports
    assert export.export_id == EXPORT_ID
    assert export.strand_id == blocks[0].strand_id
    assert (export.completed_key, export.started_key) == (
        written.completed_key,
        written.started_key,
    )
    assert export.started is not None
    assert export.started.ledger_name == "registry"
    assert export.started.end_time == "2021-02-04T00:00:00Z"
    assert export.started.encryption == "SSE_S3"
    assert export.started.output_format == output_format.value
    assert [each.key for each in export.objects] == written.data_keys
    assert [part.key for part in found.sequences[0].parts] == written.data_keys
    assert {part.export_id for part in found.sequences[0].parts} == {EXPORT_ID}
    nothing = (export.missing, export.ambiguous, found.unlisted, found.foreign, found.unreadable)
    assert nothing == ([], [], [], [], [])


def test_keys_may_lack_the_prefix_and_objects_their_folder(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given an export whose objects were copied to another place without their folders
    written = export_of(blocks, prefix="a.b/noSlash")
    files = {
        (key.rpartition("/")[2] if key in written.data_keys else key): content
        for key, content in written.files.items()
    }
    write_files(tmp_path, files)
    # then
    (export,) = of(tmp_path).exports
    assert len(export.objects) == 3
    assert export.missing == []


def test_an_empty_export_is_one_without_objects(tmp_path: Path, blocks: tuple[Block, ...]) -> None:
    strand_id = blocks[0].strand_id
    (export,) = of(export_of([], strand_id=strand_id).write_to(tmp_path)).exports
    assert (export.objects, export.missing, export.strand_id) == ([], [], strand_id)


def test_objects_that_the_manifest_names_and_that_are_not_there_are_missing(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    written = export_of(blocks)
    written.write_to(tmp_path)
    (tmp_path / written.data_keys[1]).unlink()
    found = of(tmp_path)
    assert found.exports[0].missing == [written.data_keys[1]]
    assert found.sequences[0].gaps == [(2, 3)]


def test_without_a_manifest_the_names_of_the_objects_tell(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    written = export_of(blocks)
    write_files(tmp_path, {key: written.files[key] for key in reversed(written.data_keys)})
    found = of(tmp_path)
    assert found.exports == []
    assert [each.key for each in found.unlisted] == written.data_keys
    assert [part.key for part in found.sequences[0].parts] == written.data_keys


def test_objects_that_were_compressed_by_hand_are_those_of_the_manifest(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    written = export_of(blocks)
    write_files(tmp_path, gzipped(written.files, [*written.data_keys, written.completed_key]))
    (export,) = of(tmp_path).exports
    assert [each.key for each in export.objects] == [f"{key}.gz" for key in written.data_keys]


def test_an_export_that_was_not_completed_is_told(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    written = export_of(blocks)
    written.write_to(tmp_path)
    (tmp_path / written.completed_key).unlink()
    found = of(tmp_path)
    (export,) = found.exports
    assert (export.export_id, export.completed_key) == (EXPORT_ID, None)
    assert len(found.unlisted) == 3


def later(blocks: tuple[Block, ...], start: int) -> WrittenExport:
    return export_of(
        blocks[start:],
        prefix="later/",
        export_id=OTHER_EXPORT_ID,
        end_time="2021-03-04T00:00:00Z",
    )


def test_of_overlapping_exports_the_one_that_ends_later_is_read(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given an export of blocks 0 to 4, and a later one of blocks 3 to 5
    older, newer = export_of(blocks[:5], blocks_per_object=5), later(blocks, 3)
    older.write_to(tmp_path)
    newer.write_to(tmp_path)
    # when
    found = of(tmp_path)
    # then
    assert [each.export_id for each in found.exports] == [EXPORT_ID, OTHER_EXPORT_ID]
    assert spans(found) == [
        (older.data_keys[0], 0, 2),
        (newer.data_keys[0], 3, 4),
        (newer.data_keys[1], 5, 5),
    ]
    (superseded,) = found.sequences[0].superseded
    assert (superseded.key, superseded.read_from, superseded.read_to) == (older.data_keys[0], 3, 4)


def test_of_exports_with_the_same_last_block_the_one_with_the_later_end_is_read(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given ends whose texts are in the other order than their times
    older = export_of(blocks, prefix="b/", end_time="2021-03-04T00:30:00+01:00")
    newer = export_of(
        blocks, prefix="a/", export_id=OTHER_EXPORT_ID, end_time="2021-03-03T23:45:00Z"
    )
    older.write_to(tmp_path)
    newer.write_to(tmp_path)
    # then
    assert [key for key, _, _ in spans(of(tmp_path))] == newer.data_keys


def test_of_copies_without_manifests_the_one_that_was_changed_last_is_read(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given
    written = export_of(blocks, blocks_per_object=6)
    content, name = written.files[written.data_keys[0]], written.data_keys[0].rpartition("/")[2]
    write_files(tmp_path, {f"a/{name}": content, f"b/{name}": content})
    os.utime(tmp_path / "a" / name, (0, 1_000))
    os.utime(tmp_path / "b" / name, (0, 2_000))
    # then
    assert spans(of(tmp_path)) == [(f"b/{name}", 0, 5)]


def test_an_object_that_two_manifests_name_is_read_once(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given two exports of the same blocks that were copied into one folder
    for written in (export_of(blocks), later(blocks, 0)):
        write_files(
            tmp_path, {key.rpartition("/")[2]: content for key, content in written.files.items()}
        )
    # when
    found = of(tmp_path)
    # then
    assert [len(export.objects) for export in found.exports] == [3, 3]
    (sequence,) = found.sequences
    assert {part.export_id for part in sequence.parts} == {OTHER_EXPORT_ID}
    assert sequence.superseded == []


def test_a_key_that_fits_two_objects_is_told(tmp_path: Path, blocks: tuple[Block, ...]) -> None:
    # given a manifest beside two copies of the object
    written = export_of(blocks, blocks_per_object=6)
    (key,) = written.data_keys
    name = key.rpartition("/")[2]
    write_files(
        tmp_path,
        {
            written.completed_key.rpartition("/")[2]: written.files[written.completed_key],
            f"a/{name}": written.files[key],
            f"b/{name}": written.files[key],
        },
    )
    # then
    (export,) = of(tmp_path).exports
    assert export.ambiguous == [(key, f"a/{name}", (f"b/{name}",))]


def test_two_ledgers_in_one_folder_are_two_sequences(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    export_of(blocks).write_to(tmp_path)
    export_of(ledger(2, seed=2).blocks, export_id=OTHER_EXPORT_ID).write_to(tmp_path)
    found = of(tmp_path)
    assert sorted(len(each.parts) for each in found.sequences) == [1, 3]
    assert len(found.exports) == 2


def test_other_files_are_foreign(tmp_path: Path, blocks: tuple[Block, ...]) -> None:
    export_of(blocks).write_to(tmp_path)
    write_files(tmp_path, {"notes.txt": b"hello", "empty": b"", "x.json": b'{"blockAddress":1}'})
    assert [entry.key for entry in of(tmp_path).foreign] == ["empty", "notes.txt", "x.json"]


def test_objects_whose_name_tells_nothing_are_read_by_the_probe(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given
    written = export_of(blocks, blocks_per_object=3)
    write_files(
        tmp_path,
        {name: written.files[key] for name, key in zip("ba", written.data_keys, strict=True)},
    )
    strand_id = blocks[0].strand_id
    ranges = {"b": BlockRange(strand_id, 0, 2), "a": BlockRange(strand_id, 3, 5)}
    source = open_source(str(tmp_path))
    # then
    assert [entry.key for entry in catalogue(source).unplaced] == ["a", "b"]
    found = catalogue(source, lambda _source, key: ranges[key])
    assert spans(found) == [("b", 0, 2), ("a", 3, 5)]
    assert found.unplaced == []


def test_objects_that_no_probe_can_read_are_told(tmp_path: Path, blocks: tuple[Block, ...]) -> None:
    written = export_of(blocks, blocks_per_object=6)
    write_files(tmp_path, {"renamed": written.files[written.data_keys[0]]})

    def probe(_source: Source, key: str) -> BlockRange:
        raise ObjectError(key, "no permission")

    found = catalogue(open_source(str(tmp_path)), probe)
    assert found.unreadable == [("renamed", "no permission", None)]
    assert found.sequences == []


def test_what_cannot_be_read_is_told_and_the_rest_is_found(
    tmp_path: Path, blocks: tuple[Block, ...]
) -> None:
    # given
    written = export_of(blocks)
    written.write_to(tmp_path)
    write_files(
        tmp_path,
        {
            written.completed_key: written.files[written.completed_key][:-5],
            written.started_key: b"\0",
            "cut.gz": gzip.compress(bytes(random.Random(1).randbytes(1000)))[:-50],
        },
    )
    (tmp_path / "gone").symlink_to(tmp_path / "missing")
    # when
    found = of(tmp_path)
    # then
    assert {each.key for each in found.unreadable} == {
        written.completed_key,
        written.started_key,
        "cut.gz",
        "gone",
    }
    assert len(found.unlisted) == 3


def test_an_empty_source_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"is empty: give the folder or the s3://bucket/prefix"):
        of(tmp_path)

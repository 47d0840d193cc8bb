"""Where an export ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.handoff.export_end import ExportEnd, export_end, start_time
from tests.support.exports import ExportFormat, WrittenExport, export_of, write_files
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = busy_ledger()
STRAND = LEDGER.blocks[0].strand_id
LAST = LEDGER.blocks[-1].sequence_no


def end_of(folder: Path) -> ExportEnd:
    source = open_source(str(folder))
    found = catalogue(source, block_range)
    return export_end(source, found, chosen_sequence(found, None))


def written(
    tmp_path: Path, output_format: ExportFormat = ExportFormat.ION_BINARY
) -> tuple[Path, WrittenExport]:
    export = export_of(LEDGER.blocks, output_format, blocks_per_object=3)
    return export.write_to(tmp_path / "export"), export


@pytest.mark.parametrize("output_format", ExportFormat)
def test_the_last_block_and_its_time_are_read_in_every_format(
    tmp_path: Path, output_format: ExportFormat
) -> None:
    folder, _ = written(tmp_path, output_format)

    end = end_of(folder)

    assert (end.strand_id, end.first, end.last) == (STRAND, 0, LAST)
    assert end.blocks.intervals == [(0, LAST)]
    assert end.start_time == "2021-02-03T04:05:06Z"
    assert end.last_time.startswith("2021-02-03T04:05:06.")
    assert end.problems == ()


@pytest.mark.parametrize(
    ("block_time", "expected"),
    [
        ("2024-05-01T12:00:00.999Z", "2024-05-01T12:00:00Z"),
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("2024-05-01T01:30:00.1+02:00", "2024-04-30T23:30:00Z"),
        ("2024-05-01T12:00:00.000000001-00:00", "2024-05-01T12:00:00Z"),
    ],
)
def test_a_start_is_the_second_of_the_block_in_utc(block_time: str, expected: str) -> None:
    assert start_time(block_time) == expected


@pytest.mark.parametrize("block_time", ["2024-05-01", "2024T", "2024-05T"])
def test_a_block_time_without_a_time_of_day_is_refused(block_time: str) -> None:
    with pytest.raises(OpsError, match="expected a date with a time of day"):
        start_time(block_time)


def test_a_last_object_that_is_cut_ends_where_it_is_cut(tmp_path: Path) -> None:
    folder, export = written(tmp_path)
    key = export.data_keys[-2]
    (folder / export.data_keys[-1]).unlink()
    (folder / key).write_bytes(export.files[key][:-10])

    end = end_of(folder)

    assert end.last == 4
    assert end.named_last == LAST
    assert [problem.split()[0] for problem in end.problems] == [export.data_keys[-1], key]


def test_a_gap_inside_the_export_is_kept(tmp_path: Path) -> None:
    folder, export = written(tmp_path)
    (folder / export.data_keys[1]).unlink()

    assert end_of(folder).blocks.intervals == [(0, 2), (6, LAST)]


def test_an_export_that_begins_later_says_so(tmp_path: Path) -> None:
    folder = export_of(LEDGER.blocks[4:]).write_to(tmp_path / "export")

    assert end_of(folder).first == 4


def test_of_overlapping_exports_the_end_of_the_later_one_counts(tmp_path: Path) -> None:
    export_of(LEDGER.blocks[:5], export_id="A" * 22).write_to(tmp_path / "one")
    export_of(LEDGER.blocks[3:], export_id="B" * 22).write_to(tmp_path / "two")

    end = end_of(tmp_path)

    assert end.blocks.intervals == [(0, LAST)]


def test_a_last_object_without_a_readable_block_is_an_error(tmp_path: Path) -> None:
    folder, export = written(tmp_path)
    (folder / export.data_keys[-1]).write_bytes(b"\xe0\x01\x00\xea\xff")

    with pytest.raises(OpsError, match="python -m ops verify"):
        end_of(folder)


def test_an_export_of_a_quiet_time_has_no_end(tmp_path: Path) -> None:
    folder = export_of([], strand_id=STRAND).write_to(tmp_path / "export")

    with pytest.raises(OpsError, match="has no block"):
        end_of(folder)


def test_an_object_that_only_its_content_places_is_read(tmp_path: Path) -> None:
    export = export_of(LEDGER.blocks, blocks_per_object=100)
    write_files(tmp_path, {"renamed.ion": export.files[export.data_keys[0]]})

    assert end_of(tmp_path).last == LAST

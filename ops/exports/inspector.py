"""Inspects a whole source: reads it on all cores, and puts the results together."""

from __future__ import annotations

import tempfile
import time
from bisect import bisect_left
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.blocks import Format
from ops.exports import parallel, prices
from ops.exports.catalogue import catalogue
from ops.exports.document_records import (
    RecordFiles,
    count_documents,
    disagreements,
    object_number,
    partitions_for,
)
from ops.exports.inspection import (
    ExportInspection,
    Inspection,
    LoadEstimate,
    Overlap,
    StillWhole,
    StrandInspection,
)
from ops.exports.part_scan import Problem, scan_batch
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.exports.strand_survey import StrandSurvey
from ops.exports.to_know import things_to_know

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from journal.exports.sequence import JournalSequence
    from ops.exports.catalogue import Catalogue, Export
    from ops.exports.inspection import TableInspection
    from ops.exports.part_scan import BatchScan
    from ops.exports.source import Source

MAX_STILL_WHOLE = 1000
"""Redacted revisions in older exports that are named; all of them are counted."""

MAX_FOREIGN = 20
"""Foreign files that are named."""

_ALONE_BYTES = 24 * 1024 * 1024
"""Up to this size one process is faster: to start others takes a good part of a second."""

_FORMATS = {
    "ION_BINARY": Format.ION_BINARY.value,
    "ION_TEXT": Format.ION_TEXT.value,
    "JSON": Format.JSON.value,
}


class Progress(NamedTuple):
    """What has been read since the last time: bytes as stored, and revisions."""

    bytes: int
    revisions: int


def inspect(
    location: str,
    *,
    processes: int,
    start: Callable[[int], None],
    advance: Callable[[Progress], None],
) -> Inspection:
    """Inspect everything in a source.

    Parameters
    ----------
    location
        Folder, file or ``s3://bucket/prefix``.
    processes
        How many processes read.
    start
        Receives the number of bytes that will be read.
    advance
        Receives what has been read.

    Raises
    ------
    OpsError
        If the source cannot be listed, or is empty.
    """
    began = time.monotonic()
    source = open_source(location)
    found = catalogue(source, block_range)
    total = sum(part.size for each in found.sequences for part in (*each.parts, *each.superseded))
    start(total)
    processes = 1 if total <= _ALONE_BYTES else processes
    strands, surveys = [], []
    for sequence in found.sequences:
        survey = StrandSurvey()
        surveys.append(survey)
        strands.append(
            _strand(location, found, sequence, survey=survey, processes=processes, advance=advance)
        )
    exports = [_export(source, export, surveys) for export in found.exports]
    problems = [Problem(*each) for each in found.unreadable]
    problems += [problem for survey in surveys for problem in survey.problems]
    return Inspection(
        source=location,
        seconds=time.monotonic() - began,
        exports=exports,
        unlisted=len(found.unlisted),
        strands=strands,
        proofs=found.proofs,
        foreign=len(found.foreign),
        foreign_keys=[entry.key for entry in found.foreign[:MAX_FOREIGN]],
        problems=problems,
        to_know=things_to_know(found, exports, strands, surveys),
    )


def _strand(
    location: str,
    found: Catalogue,
    sequence: JournalSequence,
    *,
    survey: StrandSurvey,
    processes: int,
    advance: Callable[[Progress], None],
) -> StrandInspection:
    size = sum(part.size for part in sequence.parts)
    partitions = partitions_for(size)
    work = partial(scan_batch, strand_id=sequence.strand_id, partitions=partitions)
    with tempfile.TemporaryDirectory(prefix="inspect-") as temporary:
        taken = _files(Path(temporary), "taken", partitions)
        superseded = _files(Path(temporary), "superseded", partitions)

        def add(batch: BatchScan) -> None:
            survey.add(batch)
            taken.add(batch.records)
            advance(_progress(batch))

        def add_superseded(batch: BatchScan) -> None:
            survey.add_superseded(batch)
            superseded.add(batch.records)
            advance(_progress(batch))

        parallel.run(work, location, sequence.parts, processes, add)
        parallel.run(work, location, sequence.superseded, processes, add_superseded)
        tables = survey.tables(count_documents(taken))
        still_whole, still_whole_count = _still_whole(sequence, taken, superseded)
    return StrandInspection(
        strand_id=sequence.strand_id,
        ledger_names=_ledger_names(found, sequence.strand_id),
        objects=len({part.key for part in sequence.parts}),
        bytes=sum({part.key: part.size for part in sequence.parts}.values()),
        formats=dict(sorted(survey.formats.items())),
        first=survey.first,
        last=survey.last,
        blocks=survey.blocks,
        missing=survey.missing,
        overlaps=_overlaps(sequence),
        hash_only=survey.hash_only,
        tables=tables,
        still_whole=still_whole,
        still_whole_count=still_whole_count,
        load=_load(tables),
    )


def _files(folder: Path, name: str, partitions: int) -> RecordFiles:
    (folder / name).mkdir()
    return RecordFiles(folder / name, partitions)


def _progress(batch: BatchScan) -> Progress:
    return Progress(
        sum(found.part.size for found in batch.parts),
        sum(tally.revisions for tally in batch.tables.values()),
    )


def _still_whole(
    sequence: JournalSequence, taken: RecordFiles, superseded: RecordFiles
) -> tuple[list[StillWhole], int]:
    if not sequence.superseded:
        return [], 0
    keys = {object_number(part.key): part.key for part in (*sequence.parts, *sequence.superseded)}
    found = disagreements(taken, superseded)
    first = [
        StillWhole(
            each.document_id,
            each.version,
            tuple(sorted({keys[number] for number in each.whole_in})),
            each.is_read_whole,
        )
        for each in islice(found, MAX_STILL_WHOLE)
    ]
    return first, len(first) + sum(1 for _ in found)


def _ledger_names(found: Catalogue, strand_id: str) -> list[str]:
    return sorted(
        {
            export.started.ledger_name
            for export in found.exports
            if export.started is not None
            and export.started.ledger_name is not None
            and strand_id in _strands_of(export)
        }
    )


def _strands_of(export: Export) -> set[str]:
    named = set() if export.strand_id is None else {export.strand_id}
    return named or {each.strand_id for each in export.objects}


def _overlaps(sequence: JournalSequence) -> list[Overlap]:
    """Return which exports have the same blocks, neighbouring blocks of the same two together."""
    overlaps: list[Overlap] = []
    ends = [part.read_to for part in sequence.parts]
    for other in sequence.superseded:
        for part in islice(sequence.parts, bisect_left(ends, other.read_from), None):
            first = max(part.read_from, other.read_from)
            last = min(part.read_to, other.read_to)
            if first > last:
                break
            overlaps.append(Overlap(first, last, part.export_id, other.export_id))
    overlaps.sort(key=lambda each: (each.read_from or "", each.also_in or "", each.first))
    joined: list[Overlap] = []
    for each in overlaps:
        before = joined[-1] if joined else None
        if before is not None and before[2:] == each[2:] and each.first <= before.last + 1:
            joined[-1] = before._replace(last=max(before.last, each.last))
        else:
            joined.append(each)
    joined.sort(key=lambda each: each.first)
    return joined


def _load(tables: Sequence[TableInspection]) -> LoadEstimate:
    units = sum(table.write_units for table in tables)
    history_units = sum(table.history_write_units for table in tables)
    return LoadEstimate(
        items=sum(table.live + table.deleted for table in tables),
        write_units=units,
        dollars=_dollars(units),
        seconds=units / prices.WRITE_UNITS_PER_SECOND,
        history_items=sum(table.revisions for table in tables),
        history_write_units=history_units,
        history_dollars=_dollars(history_units),
        history_seconds=history_units / prices.WRITE_UNITS_PER_SECOND,
    )


def _dollars(units: int) -> float:
    return units * prices.DOLLARS_PER_MILLION_WRITE_UNITS / 1_000_000


def _export(source: Source, export: Export, surveys: Sequence[StrandSurvey]) -> ExportInspection:
    started = export.started
    ends = [survey.ends[export.export_id] for survey in surveys if export.export_id in survey.ends]
    formats = {
        each for survey in surveys for each in survey.export_formats.get(export.export_id, ())
    }
    declared = None if started is None else started.output_format
    return ExportInspection(
        export_id=export.export_id,
        strand_id=export.strand_id or next(iter(_strands_of(export)), None),
        ledger_name=None if started is None else started.ledger_name,
        format=", ".join(sorted(formats)) or _FORMATS.get(declared or ""),
        encryption=None if started is None else started.encryption,
        stored_encryption=source.encryption(export.objects[0].key) if export.objects else None,
        start_time=None if started is None else started.start_time,
        end_time=None if started is None else started.end_time,
        is_completed=export.completed_key is not None,
        objects=len(export.objects),
        bytes=sum(each.size for each in export.objects),
        missing=len(export.missing),
        first=ends[0][0] if ends else None,
        last=ends[0][1] if ends else None,
    )

"""What the owner of an export has to know about it, in sentences."""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.blocks import Format
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.exports.catalogue import Catalogue
    from ops.exports.inspection import (
        ExportInspection,
        MissingBlocks,
        StillWhole,
        StrandInspection,
        TableInspection,
    )
    from ops.exports.part_scan import PartScan, Place
    from ops.exports.strand_survey import StrandSurvey

MAX_OF_A_KIND = 10
"""How many notices of one kind are told one by one."""

_ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz|7z|rar|zst|bz2|xz)\Z", re.IGNORECASE)
_WHOLE_SECOND = re.compile(r"\d\d:\d\d:\d\d(?:\.0+)?(?:Z|[+-]00:00)\Z")


class NoticeKind(enum.StrEnum):
    """What a notice is about; its value is its name for machines."""

    UNREADABLE = "unreadable"
    CUT_OBJECT = "cut object"
    MISSING_OBJECTS = "missing objects"
    GAP = "gap"
    OBJECT_NAME = "object name"
    DISORDER = "disorder"
    FOREIGN_BLOCKS = "foreign blocks"
    STILL_WHOLE = "redacted but still whole"
    NOT_COMPLETED = "export not completed"
    EMPTY_EXPORT = "empty export"
    AMBIGUOUS_KEY = "ambiguous key"
    UNLISTED = "objects in no manifest"
    OVERLAP = "overlap"
    STRANDS = "several ledgers"
    START = "start"
    END = "end"
    TABLE_NAME = "one name, several tables"
    DROPPED_TABLE = "dropped table"
    UNKNOWN_TABLE = "unknown table"
    ONLY_REDACTED = "only redacted"
    PROOFS = "proofs"
    JSON = "types in JSON"
    ARCHIVE = "archive"
    NO_BLOCKS = "no blocks"


class Notice(NamedTuple):
    """Something to know: what it is about, and one or two sentences."""

    kind: NoticeKind
    text: str


def things_to_know(
    found: Catalogue,
    exports: Sequence[ExportInspection],
    strands: Sequence[StrandInspection],
    surveys: Sequence[StrandSurvey],
) -> list[Notice]:
    """Return what the owner has to know, the most important first.

    Parameters
    ----------
    found
        What was listed.
    exports, strands
        What was found in it.
    surveys
        Of each strand.
    """
    notices = list(_source_notices(found, strands))
    for export in exports:
        notices += _export_notices(found, export)
    for strand, survey in zip(strands, surveys, strict=True):
        notices += _strand_notices(found, strand, survey)
    order = {kind: place for place, kind in enumerate(NoticeKind)}
    notices.sort(key=lambda notice: order[notice.kind])
    return list(_limited(notices))


def _limited(notices: Sequence[Notice]) -> Iterator[Notice]:
    by_kind: defaultdict[NoticeKind, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_kind[notice.kind].append(notice)
    for kind, of_kind in by_kind.items():
        yield from of_kind[:MAX_OF_A_KIND]
        if len(of_kind) > MAX_OF_A_KIND:
            yield Notice(kind, f"... and {len(of_kind) - MAX_OF_A_KIND:,} more of this kind.")


def _source_notices(found: Catalogue, strands: Sequence[StrandInspection]) -> Iterator[Notice]:
    for entry in found.unreadable:
        yield Notice(
            NoticeKind.UNREADABLE, f"{printable(entry.key)} could not be read: {entry.problem}."
        )
    for export in found.exports:
        for ambiguous in export.ambiguous:
            yield Notice(
                NoticeKind.AMBIGUOUS_KEY,
                f"The manifest of export {printable(export.export_id)} names "
                f"{printable(ambiguous.key)}, and {1 + len(ambiguous.others)} objects fit: "
                f"{printable(ambiguous.taken)} is taken for it.",
            )
    if found.unlisted:
        yield Notice(
            NoticeKind.UNLISTED,
            f"No manifest names {_count(len(found.unlisted), 'object')} with blocks, such as "
            f"{printable(found.unlisted[0].key)}. They are read by their names; without a manifest "
            "nothing tells whether an object at the end is missing.",
        )
    archives = [entry.key for entry in found.foreign if _ARCHIVE.search(entry.key)]
    if archives:
        yield Notice(
            NoticeKind.ARCHIVE,
            f"{_count(len(archives), 'archive')} such as {printable(archives[0])} cannot be read: "
            "unpack it, and inspect the folder.",
        )
    if len(strands) > 1:
        names = ", ".join(
            f"{strand.strand_id} ({printable(' or '.join(strand.ledger_names) or 'name unknown')})"
            for strand in strands
        )
        yield Notice(
            NoticeKind.STRANDS,
            f"There are the journals of {len(strands)} ledgers: {names}. Each is read by itself; "
            "`verify` and `history` need --strand.",
        )
    if not strands:
        yield Notice(
            NoticeKind.NO_BLOCKS,
            "There is no object with blocks of a journal. Their names end in "
            "STRAND.FIRST-LAST.ion or .json: give the folder or the prefix that holds them.",
        )
    if not found.proofs:
        yield Notice(
            NoticeKind.PROOFS,
            "There is no digest and no proof. `verify` can show that the blocks fit together, but "
            "not that none was cut off at the end, nor that the whole was not made anew.",
        )


def _export_notices(found: Catalogue, export: ExportInspection) -> Iterator[Notice]:
    name = printable(export.export_id)
    if not export.is_completed:
        yield Notice(
            NoticeKind.NOT_COMPLETED,
            f"Export {name} has a started manifest but no completed one: it was cancelled, or "
            "copied too early. Copy it again from where it was made.",
        )
    elif export.missing:
        yield Notice(
            NoticeKind.MISSING_OBJECTS,
            f"The manifest of export {name} names {_count(export.missing, 'object')} that "
            f"{'is' if export.missing == 1 else 'are'} not below {printable(found.location)}. Copy "
            "the export again from where it was made.",
        )
    elif not export.objects:
        times = (
            f" (from {export.start_time} to {export.end_time})"
            if export.start_time and export.end_time
            else ""
        )
        yield Notice(
            NoticeKind.EMPTY_EXPORT,
            f"Export {name} is empty: the ledger had no transaction in its time{times}. That is "
            "no fault.",
        )


def _strand_notices(
    found: Catalogue, strand: StrandInspection, survey: StrandSurvey
) -> Iterator[Notice]:
    yield from _object_notices(survey)
    for missing in strand.missing:
        yield from _gap(missing, survey)
    yield from map(_still_whole, islice(strand.still_whole, MAX_OF_A_KIND))
    if strand.still_whole_count > MAX_OF_A_KIND:
        yield Notice(
            NoticeKind.STILL_WHOLE,
            f"... and {strand.still_whole_count - MAX_OF_A_KIND:,} more such revisions (--json "
            "lists them).",
        )
    yield from _overlaps(strand)
    yield from _ends(found, strand)
    yield from _table_notices(strand.tables)
    if Format.JSON.value in strand.formats:
        yield Notice(
            NoticeKind.JSON,
            "JSON has lost the types of some values: a date is a string in it, a blob is base64. "
            "`verify` finds most of them again by the revisions' hashes.",
        )


def _object_notices(survey: StrandSurvey) -> Iterator[Notice]:
    for problem in survey.problems:
        at = "" if problem.offset is None else f" from byte {problem.offset:,} on"
        yield Notice(
            NoticeKind.UNREADABLE,
            f"{printable(problem.key)} could not be read{at}: {problem.problem}.",
        )
    for key, part in survey.cut.items():
        yield _cut(key, part)
    for key, part in survey.misnamed.items():
        yield Notice(
            NoticeKind.OBJECT_NAME,
            f"{printable(key)} has blocks {part.object_first:,} to {part.object_last:,}, but its "
            f"name says {part.part.first:,} to {part.part.last:,}. It was renamed or changed.",
        )
    for key, count in survey.disordered.items():
        yield Notice(
            NoticeKind.DISORDER,
            f"{printable(key)} has {_count(count, 'block')} a second time or in the wrong order. "
            "QLDB never wrote that: the object was changed. They are not counted.",
        )
    for key, count in survey.foreign.items():
        yield Notice(
            NoticeKind.FOREIGN_BLOCKS,
            f"{printable(key)} has {_count(count, 'block')} of another ledger. They are not "
            "counted.",
        )


def _cut(key: str, found: PartScan) -> Notice:
    return Notice(
        NoticeKind.CUT_OBJECT,
        f"{printable(key)} ends with block {found.object_last:,}, but its name says "
        f"{found.part.last:,}. The object was cut, perhaps by a copy that was interrupted: copy it "
        "again from where the export was made.",
    )


def _gap(missing: MissingBlocks, survey: StrandSurvey) -> Iterator[Notice]:
    """Tell of blocks that are missing, unless it was told already that their object was cut."""
    if missing.key in survey.cut or missing.key in survey.misnamed:
        return
    between = _between(missing.after, missing.before)
    if missing.key is None:
        text = (
            f"No object has {_blocks(missing.first, missing.last)}{between}. What changed there "
            "is unknown: look for the export of that time."
        )
    else:
        text = (
            f"{_blocks(missing.first, missing.last, capital=True)} should be in "
            f"{printable(missing.key)}, but could not be read or are not there{between}."
        )
    yield Notice(NoticeKind.GAP, text)


def _between(after: Place | None, before: Place | None) -> str:
    if after is not None and before is not None:
        return f", between {after.time} and {before.time}"
    if after is not None:
        return f", after {after.time}"
    return "" if before is None else f", before {before.time}"


def _still_whole(found: StillWhole) -> Notice:
    keys = " and ".join(map(printable, found.keys))
    what = f"Version {found.version} of document {printable(found.document_id)}"
    if found.is_read:
        return Notice(
            NoticeKind.STILL_WHOLE,
            f"{what} is redacted in one export, but the copy that is read, in {keys}, still has "
            "its data. Loading it would bring personal data back: move that export away.",
        )
    return Notice(
        NoticeKind.STILL_WHOLE,
        f"{what} is redacted, but an older export, in {keys}, still has its data. The newer copy "
        "is read; loading the older one alone would bring personal data back.",
    )


def _overlaps(strand: StrandInspection) -> Iterator[Notice]:
    for overlap in strand.overlaps:
        blocks = _blocks(overlap.first, overlap.last, capital=True)
        if overlap.read_from == overlap.also_in:
            text = (
                f"{blocks} are there more than once in {_export_name(overlap.read_from)}. They "
                "are read once."
            )
        else:
            text = (
                f"{blocks} are in {_export_name(overlap.read_from)} and in "
                f"{_export_name(overlap.also_in)}. They are read once, from the first, which was "
                "made later."
            )
        yield Notice(NoticeKind.OVERLAP, text)


def _export_name(export_id: str | None) -> str:
    return "objects of no manifest" if export_id is None else f"export {printable(export_id)}"


def _ends(found: Catalogue, strand: StrandInspection) -> Iterator[Notice]:
    if strand.first is None or strand.last is None:
        return
    if strand.first.sequence_no:
        yield Notice(
            NoticeKind.START,
            f"The data starts with block {strand.first.sequence_no:,} of {strand.first.time}, not "
            "with the ledger's first, 0. Documents that did not change since are not in it.",
        )
    text = (
        f"The data ends with block {strand.last.sequence_no:,} of {strand.last.time}. What the "
        "ledger did later is not in it."
    )
    tips = [
        proof.file.tip.sequence_no
        for proof in found.proofs
        if proof.file.tip is not None and proof.file.tip.strand_id == strand.strand_id
    ]
    later = max(tips, default=-1) - strand.last.sequence_no
    if later > 0:
        text += (
            f" The latest digest covers {_count(later, 'block')} more, which no object here has; "
            "a few at the end are usual, because a digest is asked for after the export."
        )
    elif not tips and _ends_on_a_second(found, strand.strand_id):
        text += (
            " The last export ends on a whole second, as AWS's sample for migrations cuts it: "
            "changes of the ledger's last second may be missing."
        )
    yield Notice(NoticeKind.END, text)


def _ends_on_a_second(found: Catalogue, strand_id: str) -> bool:
    ends = [
        export.started.end_time
        for export in found.exports
        if export.started is not None
        and export.started.end_time is not None
        and export.strand_id in {None, strand_id}
    ]
    return bool(ends) and _WHOLE_SECOND.search(ends[-1]) is not None


def _table_notices(tables: Sequence[TableInspection]) -> Iterator[Notice]:
    by_name: defaultdict[str, list[TableInspection]] = defaultdict(list)
    for table in tables:
        if table.name is not None:
            by_name[table.name].append(table)
    for name, of_name in by_name.items():
        if len(of_name) > 1:
            ids = ", ".join(
                f"{printable(table.table_id or '')}"
                f"{' (dropped)' if table.is_dropped else ''} with {_count(table.live, 'document')}"
                for table in of_name
            )
            yield Notice(
                NoticeKind.TABLE_NAME,
                f"{len(of_name)} tables have the name {printable(name)}: {ids}. The table was "
                "dropped and created again; both are in the journal.",
            )
    for table in tables:
        if table.is_dropped:
            yield Notice(
                NoticeKind.DROPPED_TABLE,
                f"The table {printable(table.name or '')} ({printable(table.table_id or '')}) was "
                f"dropped at {table.dropped}. Its {_count(table.live, 'document')} are in the "
                "journal, but were no longer in the ledger.",
            )
        if table.table_id is None:
            yield Notice(
                NoticeKind.UNKNOWN_TABLE,
                f"For {_count(table.revisions, 'revision')} no block tells the table.",
            )
        if table.only_redacted:
            yield Notice(
                NoticeKind.ONLY_REDACTED,
                f"Of {_count(table.only_redacted, 'document')} of the table "
                f"{printable(table.name or 'unknown')} only redacted revisions are there. Whether "
                "they live is unknown: their later revisions are in no object.",
            )


def _blocks(first: int, last: int, *, capital: bool = False) -> str:
    text = f"block {first:,}" if first == last else f"blocks {first:,} to {last:,}"
    return text.capitalize() if capital else text


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"

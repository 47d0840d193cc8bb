"""What the command tells: where the export ends, and whether the stream goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.exports.report_words import plural
from ops.handoff.verdict import Outcome, Verdict
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from journal.exports.sequence import Gap
    from ops.handoff.export_end import ExportEnd
    from ops.handoff.stream_content import StreamContent

FORMAT = 1
"""Of the JSON output; increases when a field is removed or changes its meaning."""

_MAX_GAPS = 20
"""How many are printed; JSON has all."""

_HEADINGS = {
    Outcome.CONTIGUOUS: "CONTIGUOUS: the journal goes on in the stream without a gap.",
    Outcome.NOTHING_NEWER: "CONTIGUOUS, AND NOTHING NEWER: the stream has no block after the "
    "export.",
    Outcome.GAP: "GAP: blocks are neither in the export nor in the stream.",
    Outcome.UNKNOWN: "NOT KNOWN: what could be read does not tell whether blocks are missing.",
}


@dataclass(frozen=True, kw_only=True)
class StreamReading:
    """A stream that was read, and the result.

    Attributes
    ----------
    label
        The stream, for messages.
    shards
        Number of shards that were read, closed ones included.
    content
        What they have.
    is_at_end
        Whether they were read to the end.
    verdict
        The result.
    """

    label: str
    shards: int
    content: StreamContent
    is_at_end: bool
    verdict: Verdict


def export_lines(end: ExportEnd, export_gaps: Sequence[Gap]) -> list[str]:
    """Return where the export ends, and which start a stream needs."""
    strand = printable(end.strand_id)
    lines = [
        f"The export has blocks {end.first:,} to {end.last:,} of the strand {strand}.",
        f"Block {end.last:,} was committed at {end.last_time}.",
        "",
        "A QLDB stream that goes on from it starts at that second or before:",
        f"  pulumi config set inclusiveStartTime {end.start_time}",
        "It then delivers the last block again, which changes nothing.",
    ]
    if end.first:
        lines += [
            "",
            f"Blocks before {end.first:,} are not in SOURCE: an earlier export has to hold them.",
        ]
    if export_gaps:
        lines += ["", "Blocks that the export should have and has not:", *_gap_lines(export_gaps)]
    lines += [f"warning: {each}" for each in end.problems]
    return lines


def stream_lines(end: ExportEnd, reading: StreamReading) -> list[str]:
    """Return whether the stream goes on from the export."""
    content, result = reading.content, reading.verdict
    lines = [_HEADINGS[result.outcome], "", *_what_was_read(reading)]
    if result.overlap is not None:
        first, last = result.overlap
        both = f"Block {first:,} is" if first == last else f"Blocks {first:,} to {last:,} are"
        lines.append(
            f"{both} in both. That is harmless: an item is only ever replaced by a higher version."
        )
    if result.gaps:
        # Before the end of the stream they may still come.
        word = "Missing" if reading.is_at_end else "Not seen yet"
        lines += ["", f"{word}:", *_gap_lines(result.gaps)]
    if advice := _advice(end, reading):
        lines += ["", *advice]
    if content.unread:
        lines += [
            "",
            f"Records that could not be read: {content.unread:,}. The first one:",
            f"  {printable(content.first_unread or '')}",
            "The function puts them into the failure bucket: `python -m ops failures` lists them.",
        ]
    lines += _other_strands(content)
    return lines


def json_report(
    end: ExportEnd, export_gaps: Sequence[Gap], reading: StreamReading | None, status: int
) -> dict[str, object]:
    """Return the same for machines.

    Parameters
    ----------
    end
        Where the export ends.
    export_gaps
        What is missing in the export itself.
    reading
        The stream; None if none was read.
    status
        The exit status of the command.
    """
    return {
        "format": FORMAT,
        "outcome": None if reading is None else reading.verdict.outcome.value,
        "exitStatus": status,
        "export": {
            "strandId": end.strand_id,
            "firstBlock": end.first,
            "lastBlock": end.last,
            "lastBlockTimestamp": end.last_time,
            "inclusiveStartTime": end.start_time,
            "gaps": _gaps(export_gaps),
            "problems": list(end.problems),
        },
        "stream": None if reading is None else _stream(reading),
    }


def _stream(reading: StreamReading) -> dict[str, object]:
    content, result = reading.content, reading.verdict
    return {
        "shards": reading.shards,
        "isAtEnd": reading.is_at_end,
        "records": content.records,
        "oldestRecord": _moment(content.oldest),
        "newestRecord": _moment(content.newest),
        "firstBlock": content.delivered.first,
        "lastBlock": content.last,
        "overlap": None if result.overlap is None else _gap(*result.overlap),
        "gaps": _gaps(result.gaps),
        "hasQldbStreamStart": content.starts > 0,
        "unreadRecords": content.unread,
        "unknownRecords": content.unknown,
        "otherStrands": [
            {
                "strandId": strand_id,
                "firstBlock": other.first,
                "lastBlock": other.last,
                "records": other.records,
            }
            for strand_id, other in content.others.items()
        ],
        "moreOtherRecords": content.more_others,
    }


def _what_was_read(reading: StreamReading) -> list[str]:
    content = reading.content
    end = "to its end" if reading.is_at_end else "not to its end"
    lines = [
        (
            f"The {reading.label} was read {end}: {plural(content.records, 'record')} in "
            f"{plural(reading.shards, 'shard')}."
        )
    ]
    if content.oldest is not None and content.newest is not None:
        lines.append(
            f"They arrived from {_moment(content.oldest)} to {_moment(content.newest)}; older ones "
            "Kinesis has dropped (`streamRetentionHours`)."
        )
    if content.delivered.first is None:
        lines.append("It has no block of the export's strand.")
    else:
        lines.append(
            f"Of the export's strand it has blocks from {content.delivered.first:,} to "
            f"{content.delivered.last:,}."
        )
    return lines


def _advice(end: ExportEnd, reading: StreamReading) -> list[str]:
    """Return what the result means and what to do, one thought a line."""
    outcome = reading.verdict.outcome
    if outcome is Outcome.GAP:
        return _gap_advice(end, reading.content, reading.verdict)
    if outcome is Outcome.NOTHING_NEWER:
        return [
            "The export is newer than what the stream holds.",
            "That is fine if nothing was committed since, or the QLDB stream has not come that far",
            "yet: run the command again when something newer has been committed.",
            "It is not fine if the QLDB stream is CANCELED, COMPLETED, FAILED or IMPAIRED: nothing",
            "follows then.",
        ]
    if outcome is Outcome.UNKNOWN and not reading.is_at_end:
        return ["It was stopped before the end of the stream: run the command again."]
    if outcome is Outcome.UNKNOWN and reading.content.last is None:
        return [
            "The export is newer than what the stream holds, or the stream is another ledger's.",
            "That is fine if the QLDB stream has not started yet:",
            f"start it at {end.start_time} or before, and run the command again when the first",
            "block has arrived.",
            "It is not fine if the QLDB stream runs and blocks have been committed: it started too",
            "late, or Kinesis has dropped its records. Then replay an export that was made later.",
        ]
    return []


def _gap_advice(end: ExportEnd, content: StreamContent, result: Verdict) -> list[str]:
    missing = f"{result.gaps[0].first:,} to {result.gaps[-1].last:,}"
    lines = [
        "Revisions in these blocks may be in no table. Either of these closes the gap:",
        f"- `python -m ops replay` an export that has the blocks {missing}, and run this command",
        "  with both exports in SOURCE;",
        f"- start the QLDB stream earlier: `pulumi config set inclusiveStartTime {end.start_time}`",
        "  and `pulumi up`, which replaces the QLDB stream and nothing else.",
    ]
    first = content.delivered.first
    if first is None or first <= end.last + 1:
        return [
            *lines,
            "QLDB delivers blocks in any order: one of the last minutes may still come (--wait).",
        ]
    if content.starts:
        return [*lines, "The QLDB stream started after the export's end."]
    return [
        *lines,
        "Kinesis may have dropped the records of these blocks (`streamRetentionHours`). The",
        "function may have applied them before: this command cannot tell.",
    ]


def _other_strands(content: StreamContent) -> list[str]:
    if not content.others:
        return []
    lines = ["", "The stream also has records of other journals, which were left out:"]
    lines += [
        f"  strand {printable(strand_id)}: {plural(other.records, 'record')}, blocks "
        f"{other.first:,} to {other.last:,}"
        for strand_id, other in content.others.items()
    ]
    if content.more_others:
        lines.append(f"  further strands: {plural(content.more_others, 'record')}")
    return lines


def _gap_lines(gaps: Sequence[Gap]) -> list[str]:
    lines = [
        f"  block {gap.first:,}"
        if gap.first == gap.last
        else f"  blocks {gap.first:,} to {gap.last:,}"
        for gap in gaps[:_MAX_GAPS]
    ]
    if len(gaps) > _MAX_GAPS:
        lines.append(f"  and {plural(len(gaps) - _MAX_GAPS, 'further gap')}; --json lists all")
    return lines


def _gaps(gaps: Sequence[Gap]) -> list[dict[str, int]]:
    return [_gap(*gap) for gap in gaps]


def _gap(first: int, last: int) -> dict[str, int]:
    return {"first": first, "last": last}


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")

"""Whether a journal goes on without a gap from an export to a stream."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.handoff.intervals import IntervalSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journal.exports.sequence import Gap
    from ops.handoff.export_end import ExportEnd
    from ops.handoff.stream_content import StreamContent


class Outcome(enum.Enum):
    """What is known; its value is its name in the JSON output."""

    CONTIGUOUS = "contiguous"
    """Each block is in the export or in the stream, and the stream has later ones."""

    NOTHING_NEWER = "nothingNewer"
    """Nothing is missing, and the stream has nothing after the export."""

    GAP = "gap"
    """Blocks are missing."""

    UNKNOWN = "unknown"
    """What could be read does not tell."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result.

    Attributes
    ----------
    outcome
        What is known.
    last
        The highest block that is known to exist.
    gaps
        Blocks that are neither in the export nor in the stream, in order.
    overlap
        First and last block that both have, of those that the stream has without a gap before the
        export's end; None without any.
    """

    outcome: Outcome
    last: int
    gaps: Sequence[Gap]
    overlap: tuple[int, int] | None


def verdict(end: ExportEnd, content: StreamContent, *, is_at_end: bool = True) -> Verdict:
    """Judge what was read.

    Parameters
    ----------
    end
        What the export has.
    content
        What the stream has.
    is_at_end
        Whether the stream was read to its end. If not, what seems missing may still come.
    """
    covered = IntervalSet()
    covered.update(end.blocks)
    covered.update(content.delivered)
    last = max(end.last, end.named_last, -1 if content.last is None else content.last)
    gaps = covered.gaps(end.first, last)
    return Verdict(
        outcome=_outcome(end, content, has_gaps=bool(gaps), is_at_end=is_at_end),
        last=last,
        gaps=gaps,
        overlap=_overlap(end, content),
    )


def _outcome(end: ExportEnd, content: StreamContent, *, has_gaps: bool, is_at_end: bool) -> Outcome:
    if not is_at_end:
        return Outcome.UNKNOWN
    if has_gaps:
        return Outcome.GAP
    if content.last is None or content.unread:
        # What cannot be read may be of a later block.
        return Outcome.UNKNOWN
    return Outcome.CONTIGUOUS if content.last > end.last else Outcome.NOTHING_NEWER


def _overlap(end: ExportEnd, content: StreamContent) -> tuple[int, int] | None:
    inside = [
        (max(first, end.first), min(last, end.last))
        for first, last in content.delivered.intervals
        if first <= end.last and last >= end.first
    ]
    return inside[-1] if inside else None

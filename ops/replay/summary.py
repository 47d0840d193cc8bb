"""What a replay tells at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports import prices
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.exports.catalogue import Unreadable
    from ops.replay.engine import Ending
    from ops.replay.tally import Tally

_MAX_LISTED = 10
"""Tables, faults or problems that are listed by themselves."""


def summary_lines(
    tally: Tally, ending: Ending, *, is_dry_run: bool, index_bytes: int, resumes: bool = True
) -> list[str]:
    """Return a summary as lines of text, without document data.

    Parameters
    ----------
    tally
        The counts of this replay and of those that it continues.
    ending
        How this one ended.
    is_dry_run
        Whether nothing was written.
    index_bytes
        Size of what is remembered on disk; 0 for nothing.
    resumes
        Whether the same command goes on where this one ended.
    """
    lines = ["Dry run: nothing was written."] if is_dry_run else []
    lines += [
        _line("read", f"{tally.blocks:,} blocks with {tally.revisions:,} revisions"),
        _line(
            "would write" if is_dry_run else "written",
            f"{tally.applied:,} items, of which {tally.deleted:,} are tombstones",
        ),
    ]
    lines += [
        _line(name, text)
        for name, number, text in (
            ("history", tally.history, f"{tally.history:,} items"),
            ("stale", tally.stale, f"{tally.stale:,} items had their version or a higher one"),
            (
                "superseded",
                tally.superseded,
                f"{tally.superseded:,} revisions, because the export has newer ones",
            ),
            ("redacted", tally.redacted, f"{tally.redacted:,} revisions have no data any more"),
            (
                "unindexed",
                tally.unindexed,
                f"{tally.unindexed:,} items have a value that no index can have as a key",
            ),
        )
        if number
    ]
    lines += _ignored(tally)
    lines += _quarantined(tally, is_dry_run=is_dry_run)
    lines += _unread(ending)
    if is_dry_run:
        dollars = tally.units * prices.DOLLARS_PER_MILLION_WRITE_UNITS / 1_000_000
        lines.append(
            _line(
                "cost",
                f"{tally.units:,} write units, ${dollars:,.2f} on demand in {prices.REGION} "
                f"({prices.DATE}), if the tables are empty",
            )
        )
    if index_bytes:
        lines.append(_line("index", f"{index_bytes / 1_000_000:,.1f} MB on disk while it ran"))
    if ending.is_interrupted and resumes:
        lines.append("Interrupted: run the command again, which goes on where it was.")
    elif ending.is_interrupted:
        lines.append("Interrupted: what was written is incomplete; empty it and start again.")
    return lines


def unreadable_text(problem: Unreadable) -> str:
    """Return what cannot be read as a text, without document data."""
    where = "" if problem.offset is None else f" at byte {problem.offset:,}"
    return f"{printable(problem.key)}{where}: {problem.problem}"


def _line(name: str, text: str) -> str:
    return f"{name:<13} {text}"


def _ignored(tally: Tally) -> Iterator[str]:
    if not tally.ignored:
        return
    yield _line("ignored", f"{tally.ignored.total():,} revisions of tables that are not replayed")
    for name, number in tally.ignored.most_common(_MAX_LISTED):
        yield _line("", f"{number:,} of {printable(name)}")
    if len(tally.ignored) > _MAX_LISTED:
        yield _line("", f"and of {len(tally.ignored) - _MAX_LISTED} more tables")


def _quarantined(tally: Tally, *, is_dry_run: bool) -> Iterator[str]:
    if not tally.quarantined:
        return
    number = tally.quarantined.total()
    if is_dry_run:
        yield _line("cannot store", f"{number:,} revisions, which would go to the failure bucket")
    else:
        yield _line("quarantined", f"{number:,} revisions are in the failure bucket:")
    for (reason, code), count in tally.quarantined.most_common(_MAX_LISTED):
        yield _line("", f"{count:,} {reason}: {code}")
    if not is_dry_run:
        yield _line("", "`python -m ops failures` lists them, `redrive` tries them again.")


def _unread(ending: Ending) -> Iterator[str]:
    if not ending.unread:
        return
    yield _line("not read", f"{ending.unread:,} things in the export:")
    for problem in ending.problems[:_MAX_LISTED]:
        yield _line("", unreadable_text(problem))
    if ending.unread > _MAX_LISTED:
        yield _line("", f"and {ending.unread - _MAX_LISTED:,} more")
    yield _line("", "Replace what is damaged by another copy and run the command again: it reads")
    yield _line("", "these objects once more. What could be read of them is written.")

"""Refuses replays that could bring deleted documents back, or mix two ledger tables unasked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.exports.block import read_block, time_text
from journal.exports.blocks import object_blocks
from ops.errors import OpsError
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from handler.settings import HandlerSettings
    from journal.exports.sequence import JournalSequence
    from ops.exports.source import Source
    from ops.replay.job import Job

_MARGIN = timedelta(days=1)
"""By how much a tombstone may be written later than its block was committed, and expire later."""


def refuse_expired_tombstones(
    job: Job,
    source: Source,
    sequence: JournalSequence,
    *,
    has_index: bool,
    now: datetime | None = None,
) -> None:
    """Raise an error if the tombstone of a delete that the replay does not know may have expired.

    Parameters
    ----------
    job
        What is replayed.
    source, sequence
        The journal.
    has_index
        Whether the replay remembers which documents it has written.
    now
        The time; None for the clock's.

    Raises
    ------
    OpsError
        If a table's tombstones expire, and the export ends longer ago than they live; or there is
        no index, so that an older object could follow when its own tombstone has expired.
    """
    lifetimes = {
        name: table.tombstone_lifetime_days
        for name, table in job.settings.replica_tables.items()
        if table.tombstone_lifetime_days is not None and (not job.tables or name in job.tables)
    }
    if not lifetimes or not sequence.parts:
        return
    name, days = min(lifetimes.items(), key=lambda item: item[1])
    if not has_index:
        raise OpsError(
            f"tombstones of {printable(name)} expire, so without an index an older revision that "
            "is written later could bring a deleted document back: replay on one machine and "
            "without --no-index, or set `tombstoneLifetimeDays` to 0 until everything is loaded"
        )
    end = _last_time(source, sequence)
    current = datetime.now(UTC) if now is None else now
    if end is None or current - end > timedelta(days=days) - _MARGIN:
        when = "at an unknown time" if end is None else f"at {end:%Y-%m-%d %H:%M} UTC"
        raise OpsError(
            f"tombstones of {printable(name)} expire after {days} days, and the export ends "
            f"{when}. A document that was deleted after that, and whose tombstone has expired, "
            "would come back. If the tables are new, or the export has the whole journal, nothing "
            "was: give --accept-expired-tombstones"
        )


def refuse_merged_tables(
    settings: HandlerSettings, table_ids: Mapping[str, Collection[str]]
) -> None:
    """Raise an error if ledger tables of several ids would become one table unasked.

    Parameters
    ----------
    settings
        The configuration of the deployed function.
    table_ids
        The ids that were found, by the entry of the settings.

    Raises
    ------
    OpsError
        If an entry has several ids, and does not say that they belong together.
    """
    for entry, ids in table_ids.items():
        if len(ids) > 1 and not settings.replica_tables[entry].merge_generations:
            raise OpsError(
                f"the export has {len(ids)} ledger tables with the name {printable(entry)}: it "
                "was dropped and created again. Name the id of the one that you want as "
                "`ledgerTable` in `replicaTables`, or set `mergeGenerations: true` to have "
                f"them in one DynamoDB table. The ids: {', '.join(map(printable, ids))}"
            )


def _last_time(source: Source, sequence: JournalSequence) -> datetime | None:
    """Return the time of the journal's last block; None if it cannot be read."""
    last = None
    part = sequence.parts[-1]
    try:
        for located in object_blocks(source.chunks(part.key)).blocks:
            last = located
        if last is None:
            return None
        text = time_text(read_block(last.span).timestamp)
        found = datetime.fromisoformat(text)
    except (IonError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None

"""Which part of a journal an export has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Which part of the journal the export has.

    Attributes
    ----------
    first_block, last_block
        Sequence numbers of its first and last block; None without any.
    start, end
        The times of these blocks; None if they are not known.
    newest_generation
        By index of the replica, the table id with the last revision.
    dropped
        Ids of the tables that were dropped, and not restored.
    restored
        Ids of the tables that were dropped and restored.
    """

    first_block: int | None
    last_block: int | None
    start: datetime | None
    end: datetime | None
    newest_generation: Mapping[int, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()

    def ends_before(self, time: str) -> bool:
        """Return whether a transaction's time, as Ion text, is after the last block's."""
        moment = _moment(time)
        return moment is not None and self.end is not None and moment > self.end

    def starts_after(self, time: str) -> bool:
        """Return whether a transaction's time is before an export that lacks the first block."""
        moment = _moment(time)
        return bool(
            self.first_block
            and moment is not None
            and self.start is not None
            and moment < self.start
        )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

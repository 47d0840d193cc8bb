"""What of a journal is to be verified."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.errors import IonError

_NO_MOMENT = "blockTimestamp without a time of day"


class Selection(NamedTuple):
    """What is to be verified.

    Attributes
    ----------
    tables
        Names or ids of the ledger tables whose revisions are hashed; empty for all.
    start, end
        The blocks of this time, without the end; None for no limit. Both have a time zone.
    """

    tables: frozenset[str] = frozenset()
    start: datetime | None = None
    end: datetime | None = None

    def has_time(self, text: str) -> bool:
        """Return whether a block of this time, as Ion text, is wanted.

        Raises
        ------
        IonError
            If there are limits, and the text has no time of day.
        """
        if self.start is None and self.end is None:
            return True
        try:
            # The offset -00:00 of Ion means that the place is unknown, not the moment.
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise IonError(_NO_MOMENT) from None
        if moment.tzinfo is None:
            raise IonError(_NO_MOMENT)
        return (self.start is None or moment >= self.start) and (
            self.end is None or moment < self.end
        )

    def has_table(self, table_id: str | None, name: str | None) -> bool:
        """Return whether the revisions of a table are wanted."""
        return not self.tables or table_id in self.tables or name in self.tables

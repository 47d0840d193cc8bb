"""When tables were created and dropped, as far as statements tell.

DROP TABLE and CREATE TABLE name a table; which of several tables of that name is meant, the blocks
of their revisions tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.exports.part_scan import FoundStatement


@dataclass(slots=True)
class TableLife:
    """The times of the last statements about a table; None for those that were not found."""

    created: str | None = None
    dropped: str | None = None
    restored: str | None = None


def table_lives(
    statements: Sequence[FoundStatement], tables: Sequence[tuple[str, str, int]]
) -> dict[str, TableLife]:
    """Return when tables were created, dropped and restored, by id.

    Parameters
    ----------
    statements
        In the order of the journal.
    tables
        Id, name, and the sequence number of the first block with a revision.
    """
    lives = {table_id: TableLife() for table_id, _, _ in tables}
    for place, (verb, named) in statements:
        if verb == "UNDROP":
            if named in lives:
                lives[named].restored = place.time
            continue
        of_name = [(first, table_id) for table_id, name, first in tables if name == named]
        if verb == "DROP":
            before = [each for each in of_name if each[0] <= place.sequence_no]
            if before:
                life = lives[max(before)[1]]
                life.dropped, life.restored = place.time, None
        else:
            after = [each for each in of_name if each[0] >= place.sequence_no]
            if after:
                lives[min(after)[1]].created = place.time
    return lives

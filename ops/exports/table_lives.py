"""When tables were created and dropped, as far as statements tell.

DROP TABLE and CREATE TABLE name a table; which of several tables of that name is meant, the blocks
of their revisions tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.exports.part_scan import FoundStatement


@dataclass(slots=True)
class TableLife:
    """The times of the last statements about a table; None for those that were not found."""

    created: str | None = None
    dropped: str | None = None
    restored: str | None = None

    @property
    def is_dropped(self) -> bool:
        """Whether the table is dropped and not restored."""
        return self.dropped is not None and self.restored is None


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
            active = _active(before, lives, place.sequence_no)
            if active is not None:
                lives[active].dropped, lives[active].restored = place.time, None
        else:
            after = [each for each in of_name if each[0] >= place.sequence_no]
            if after:
                lives[min(after)[1]].created = place.time
    return lives


def _active(
    of_name: Sequence[tuple[int, str]], lives: Mapping[str, TableLife], sequence_no: int
) -> str | None:
    """Return which of several tables of one name has it before a block; None if that is not known.

    A table with its first revision in the very block may be the one that the block's transaction
    creates in place of another.
    """

    def likelihood(each: tuple[int, str]) -> tuple[bool, bool, int]:
        first, table_id = each
        return not lives[table_id].is_dropped, first < sequence_no, first

    ranked = sorted(of_name, key=likelihood, reverse=True)
    if not ranked or (len(ranked) > 1 and likelihood(ranked[0]) == likelihood(ranked[1])):
        return None
    return ranked[0][1]

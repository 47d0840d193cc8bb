"""The result of a comparison of a journal export with the tables."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.reconcile.kinds import HARMLESS, MEANINGS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.exports.catalogue import Unreadable
    from ops.exports.verification import BlockPlace
    from ops.reconcile.comparison import Difference


class Outcome(enum.Enum):
    """The outcome of a comparison; its value is the command's exit status."""

    EQUAL = 0
    DIFFERENT = 1
    NOT_READ = 2


@dataclass(kw_only=True)
class TableResult:
    """What was compared of one DynamoDB table.

    Attributes
    ----------
    ledger_table
        The entry of the settings; None for the history, which is one for all.
    table_name
        The DynamoDB table.
    items
        Items that were read and compared.
    other_items
        Items that belong to no table that is compared.
    expected
        Items that the export says there should be: one for each document with a state, or one for
        each revision.
    counts
        Number of items by kind of difference.
    """

    ledger_table: str | None
    table_name: str
    items: int = 0
    other_items: int = 0
    expected: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """What was compared, and what differs. No content of a document.

    Attributes
    ----------
    source
        Folder or ``s3://`` location.
    started_at
        Seconds since 1970, UTC.
    seconds
        How long it took.
    tool_version
        Version of this project.
    command
        The command line that repeats it, quoted for a shell. No credentials.
    is_deep
        Whether all attributes were compared.
    is_ended
        Whether the export is said to be the end of the journal.
    formats
        Number of objects by format.
    objects, bytes, blocks, revisions
        What was read.
    strand_id
        The ledger's strand; None if nothing was read.
    first_block, last_block
        Where the data starts and ends; None if there is no block.
    tables
        The replicas, and the history last if it was compared.
    differences
        The first ones of each kind, in the order of their importance.
    problems
        What could not be read, the first ones.
    unread
        Number of all things that could not be read.
    """

    source: str
    started_at: float
    seconds: float
    tool_version: str
    command: str
    is_deep: bool
    is_ended: bool
    formats: Mapping[str, int]
    objects: int
    bytes: int
    blocks: int
    revisions: int
    strand_id: str | None
    first_block: BlockPlace | None
    last_block: BlockPlace | None
    tables: Sequence[TableResult]
    differences: Sequence[Difference]
    problems: Sequence[Unreadable]
    unread: int

    @property
    def counts(self) -> Mapping[Kind, int]:
        """Number of items by kind of difference, in the order of their importance."""
        total: Counter[Kind] = Counter()
        for table in self.tables:
            total.update(table.counts)
        return {kind: total[kind] for kind in MEANINGS if total[kind]}

    @property
    def wrong(self) -> int:
        """Number of differences that are wrong."""
        return sum(number for kind, number in self.counts.items() if self.is_wrong(kind))

    def is_wrong(self, kind: Kind) -> bool:
        """Return whether a difference of this kind is wrong.

        What is newer than the export is not, unless the journal ends with it.
        """
        return kind not in HARMLESS or (kind is Kind.NEWER and self.is_ended)

    def table_of(self, difference: Difference) -> TableResult:
        """Return the table of a difference."""
        return self.tables[-1 if difference.place is None else difference.place]

    @property
    def outcome(self) -> Outcome:
        """The outcome. What was not read may be why something differs, so it comes first."""
        if self.unread or not self.blocks:
            return Outcome.NOT_READ
        return Outcome.DIFFERENT if self.wrong else Outcome.EQUAL

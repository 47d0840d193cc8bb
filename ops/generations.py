"""Counts the items of a replica by generation: by the id of the ledger table that they are from.

A ledger table that is dropped and created again keeps its name and gets another id, and QLDB writes
no deletes for the documents that were in it. Pure: no I/O.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handler.contract import (
    DELETED_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    RevisionState,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATE_NAMES = (TABLE_ID_ATTRIBUTE, DELETED_ATTRIBUTE, TX_TIME_ATTRIBUTE)
"""Attributes that a count of a replica table reads."""

HISTORY_NAMES = (
    TABLE_ID_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
)
"""Attributes that a count of the history table reads."""


@dataclass(kw_only=True)
class Generation:
    """The items of one table of the ledger.

    Attributes
    ----------
    table_id
        The table's id in the ledger; None for items that a version of this project wrote which did
        not store it.
    ledger_table
        The table's name; None if no item tells it.
    states
        Number of items: live and tombstones, or the revisions of the history by their state.
    first, last
        Time of the oldest and of the newest transaction, as Ion text.
    """

    table_id: str | None
    ledger_table: str | None = None
    states: Counter[str] = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None

    def add(self, state: str, tx_time: str | None) -> None:
        """Count one item."""
        self.states[state] += 1
        moment = _moment(tx_time)
        if moment is None:
            return
        first, last = _moment(self.first), _moment(self.last)
        if first is None or moment < first:
            self.first = tx_time
        if last is None or moment > last:
            self.last = tx_time

    @property
    def first_moment(self) -> datetime | None:
        """Time of the oldest transaction."""
        return _moment(self.first)

    @property
    def last_moment(self) -> datetime | None:
        """Time of the newest transaction."""
        return _moment(self.last)


LIVE, TOMBSTONES = "live", "tombstones"


@dataclass(kw_only=True)
class TableGenerations:
    """The generations in one DynamoDB table.

    Attributes
    ----------
    table_name
        The DynamoDB table.
    ledger_table
        The ledger table whose current state it holds. For the history table, the one whose
        revisions are counted; None for all.
    """

    table_name: str
    ledger_table: str | None = None
    _found: dict[str | None, Generation] = field(default_factory=dict)

    @property
    def generations(self) -> list[Generation]:
        """All generations, from the one with the oldest transaction on."""
        return sorted(
            self._found.values(),
            key=lambda each: _moment(each.first) or datetime.max.replace(tzinfo=UTC),
        )

    @property
    def newest(self) -> list[Generation]:
        """The generation with the newest transaction; several if they have it at the same time.

        It is the one that is written now, unless its table was dropped too and the present one has
        no revision yet. The items cannot tell. Items without an id do not count: most items of a
        table that is written now may be from before ids were stored. Empty if no item with an id
        has a time.
        """
        moments = {
            table_id: found.last_moment
            for table_id, found in self._found.items()
            if table_id is not None and found.last_moment is not None
        }
        last = max(moments.values(), default=None)
        return [self._found[table_id] for table_id, moment in moments.items() if moment == last]

    def generation(self, table_id: str | None) -> Generation | None:
        """Return a generation, if there is one."""
        return self._found.get(table_id)

    def add_items(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Count items of a replica table, in DynamoDB's wire format."""
        for item in items:
            state = TOMBSTONES if DELETED_ATTRIBUTE in item else LIVE
            generation = self._of(item)
            generation.ledger_table = self.ledger_table
            generation.add(state, _text(item, TX_TIME_ATTRIBUTE))

    def add_revisions(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Count items of the history table, in DynamoDB's wire format."""
        for item in items:
            state = _text(item, REVISION_STATE_ATTRIBUTE)
            ledger_table = _text(item, LEDGER_TABLE_ATTRIBUTE)
            # What tells no name, such as a redaction of a revision that never came, may be its.
            if self.ledger_table not in {None, ledger_table} and ledger_table is not None:
                continue
            generation = self._of(item)
            generation.ledger_table = ledger_table or generation.ledger_table
            generation.add(
                state if state in set(RevisionState) else "other", _text(item, TX_TIME_ATTRIBUTE)
            )

    def _of(self, item: Mapping[str, Any]) -> Generation:
        table_id = _text(item, TABLE_ID_ATTRIBUTE)
        return self._found.setdefault(table_id, Generation(table_id=table_id))


def _text(item: Mapping[str, Any], name: str) -> str | None:
    text = item.get(name, {}).get("S")
    return text if isinstance(text, str) else None


def _moment(text: str | None) -> datetime | None:
    """Return a time; None for one that QLDB does not write, which counts as unknown."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

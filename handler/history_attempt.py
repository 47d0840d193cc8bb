"""The requests that bring an item of the history table to what is known of its revision.

* A revision is an ``INSERT``, or an ``UPDATE`` if the last ones were there already. The ``UPDATE``
  completes what a redaction that came first has left; it is refused by every other item, which
  shows that the revision is stale.
* A redaction is a ``PutItem`` that demands the item that it leads from, at first none. A refusal
  carries the item that is there, and the next ``PutItem`` leads from that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handler.attempt import Attempt, Kind
from handler.history import is_own, next_item
from handler.history_requests import (
    complete_statement,
    insert_revision_statement,
    revision_put,
)
from handler.outcomes import APPLIED, ITEM_WITHOUT_STATE, STALE, Permanent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.history import HistoryWrite
    from handler.missing_items import MissingItems


class HistoryAttempt(Attempt):
    """A write of the history table.

    Parameters
    ----------
    write
        The write. What is not a redaction starts with statements.
    missing
        Decides whether INSERT or UPDATE comes first.
    """

    __slots__ = ("_group", "_item", "_missing", "_stored", "_write")

    def __init__(self, write: HistoryWrite, missing: MissingItems) -> None:
        super().__init__(write.table_name, write.content, Kind.PUT if write.is_redaction else None)
        self._write = write
        self._missing = missing
        self._group = (write.table_name, True)
        self._stored: Mapping[str, Any] | None = None
        self._item: Mapping[str, Any] = write.item

    def statement(self) -> dict[str, Any]:
        """Return the INSERT of the whole item, or the UPDATE that completes a redacted one."""
        if self.kind is None:
            self.kind = Kind.INSERT if self._missing.likely(self._group) else Kind.UPDATE
        if self.kind is Kind.INSERT:
            text, parameters = insert_revision_statement(self._write)
            return {"Statement": text, "Parameters": parameters}
        text, parameters = complete_statement(self._write)
        return {
            "Statement": text,
            "Parameters": parameters,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def put(self) -> dict[str, Any]:
        """Return the ``PutItem`` that leads from the stored item, as far as it is known."""
        return revision_put(self.table_name, self._item, self._stored)

    def succeeded(self) -> None:
        """Settle the write."""
        if self.kind is Kind.INSERT and self.switches == 0:
            self._missing.record(self._group, missing=True)
        self.outcome = APPLIED

    def exists(self) -> None:
        """Try the UPDATE, which is refused unless a redaction came first."""
        self.switch(Kind.UPDATE)

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Decide by the stored item; without one, create it."""
        if self.kind is Kind.UPDATE:
            self._missing.record(self._group, missing=item is None)
        self._stored = item
        if item is None:
            self._item = self._write.item
            self.switch(Kind.PUT if self.kind is Kind.PUT else Kind.INSERT)
        elif not is_own(item):
            self.outcome = Permanent(ITEM_WITHOUT_STATE)
        else:
            following = next_item(item, self._write)
            if following is None:
                self.outcome = STALE
            else:
                self._item = following
                self.switch(Kind.PUT)

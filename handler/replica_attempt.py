"""The requests that bring an item to the current state of its document.

A write happens only if there is no item or its version is lower, strictly.

* A live revision is an ``INSERT`` if its item is probably missing, else an ``UPDATE``. Version 0 is
  probably missing, others are not; the outcomes of each table correct that assumption. This affects
  the cost only: either order leads to the same outcome.
* ``UPDATE`` requires an item of the same projection, for it leaves what it does not name. If the
  refusal carries no item, there is none, and an ``INSERT`` follows. If another writer came before
  that, the ``UPDATE`` is tried again.
* If the refusal carries an item with a lower version, another configuration wrote it, or it is a
  tombstone. ``PutItem`` replaces it as a whole, one request for each.
* A tombstone is always a ``PutItem``, so that nothing of its document can stay.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from handler.attempt import Attempt, Kind
from handler.contract import VERSION_ATTRIBUTE
from handler.error_codes import CONDITION_REFUSED
from handler.outcomes import APPLIED, ITEM_WITHOUT_VERSION, STALE, Permanent
from handler.replica import insert_statement, replacement, update_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.missing_items import MissingItems
    from handler.replica import Write


class ReplicaAttempt(Attempt):
    """A write of the current state under the version condition.

    Parameters
    ----------
    write
        The write.
    missing
        Decides whether INSERT or UPDATE comes first.
    """

    __slots__ = ("_group", "_missing", "_write")

    def __init__(self, write: Write, missing: MissingItems) -> None:
        kind = None if write.projection_id is not None else Kind.PUT
        super().__init__(write.table_name, write.attributes, kind)
        self._write = write
        self._missing = missing
        # Before anything is known, a version 0 is a new document and any other is not.
        self._group = (write.table_name, write.version == 0)

    def statement(self) -> dict[str, Any]:
        """Return an INSERT or an UPDATE."""
        if self.kind is None:
            self.kind = Kind.INSERT if self._missing.likely(self._group) else Kind.UPDATE
        if self.kind is Kind.INSERT:
            text, parameters = insert_statement(self._write)
            return {"Statement": text, "Parameters": parameters}
        text, parameters = update_statement(self._write)
        return {
            "Statement": text,
            "Parameters": parameters,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def put(self) -> dict[str, Any]:
        """Return the ``PutItem`` that replaces an item of a lower version."""
        return replacement(self._write)

    def succeeded(self) -> None:
        """Settle the write."""
        if self.kind is not Kind.PUT and self.switches == 0:
            self._missing.record(self._group, missing=self.kind is Kind.INSERT)
        self.outcome = APPLIED

    def exists(self) -> None:
        """Try an UPDATE."""
        # Without the item. Only the refusal of an UPDATE shows what its version is.
        self._missing.record(self._group, missing=False)
        self.switch(Kind.UPDATE)

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Decide by the item's version; without an item, try an INSERT."""
        if self.kind is Kind.PUT:
            if item is None:
                # No condition of it can be refused without an item.
                self.retry_later(CONDITION_REFUSED)
            else:
                self._compare(item)
            return
        self._missing.record(self._group, missing=item is None)
        if item is None:
            self.switch(Kind.INSERT)
        else:
            self._compare(item)

    def _compare(self, item: Mapping[str, Any]) -> None:
        """Decide what a refused condition means, by the item that refused it."""
        stored = stored_version(item)
        if stored is None:
            self.outcome = Permanent(ITEM_WITHOUT_VERSION)
        elif stored >= self._write.version:
            self.outcome = STALE
        else:
            self.switch(Kind.PUT)


def stored_version(item: Mapping[str, Any]) -> Decimal | None:
    """Return an item's version; None if it has none or one that is not a number."""
    value = item.get(VERSION_ATTRIBUTE)
    number = value.get("N") if isinstance(value, dict) else None
    try:
        version = Decimal(number) if isinstance(number, str) else None
    except InvalidOperation:
        return None
    return version if version is not None and version.is_finite() else None

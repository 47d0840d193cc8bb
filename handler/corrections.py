"""Corrects items of the same version, which the ordinary conditions leave as they are.

An item can have the right version and other values than its revision gives: it came from a JSON
export, which has lost types, or another configuration wrote it, or somebody changed it. The
ordinary writes call that revision stale. These write the item again, under the condition that it
still has that version.
"""

from __future__ import annotations

import base64
import enum
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from handler.attempt import Kind
from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HASH_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    VERSION_ATTRIBUTE,
)
from handler.history import REDACTED
from handler.history_attempt import HistoryAttempt
from handler.outcomes import STALE
from handler.replica_attempt import ReplicaAttempt, stored_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.history import HistoryWrite
    from handler.missing_items import MissingItems
    from handler.replica import Write
    from handler.values import AttributeValue


class Correction(enum.Enum):
    """Which items of the same version are written again if they differ."""

    SAME_REVISION = "same revision"
    """Those with the hash of the revision."""

    ANY = "any"
    """Those with another hash too, which no revision of this ledger has left."""


SAME_VERSION_CONDITION = "#version = :version"
"""The condition of a ``PutItem`` that corrects an item, whatever its hash."""

SAME_REVISION_CONDITION = "#version = :version AND #hash = :hash"
"""The condition of a ``PutItem`` that corrects an item of the same revision."""


class CorrectingReplicaAttempt(ReplicaAttempt):
    """A write of the current state that also corrects an item of the same version.

    Parameters
    ----------
    write, missing
        As of `ReplicaAttempt`.
    correction
        Which items are corrected.
    """

    __slots__ = ("_correction", "_corrects")

    def __init__(self, write: Write, missing: MissingItems, correction: Correction) -> None:
        super().__init__(write, missing)
        self._correction = correction
        self._corrects = False

    def put(self) -> dict[str, Any]:
        """Return the ``PutItem`` that corrects the item, if it is to be corrected."""
        arguments = super().put()
        if not self._corrects:
            return arguments
        names = {"#version": VERSION_ATTRIBUTE}
        values = dict(arguments["ExpressionAttributeValues"])
        if self._correction is Correction.SAME_REVISION:
            names["#hash"] = HASH_ATTRIBUTE
            values[":hash"] = self._write.attributes[HASH_ATTRIBUTE]
        return arguments | {
            "ConditionExpression": SAME_REVISION_CONDITION
            if self._correction is Correction.SAME_REVISION
            else SAME_VERSION_CONDITION,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Correct an item of the same version that differs; else decide as ever."""
        self._corrects = (
            item is not None
            and stored_version(item) == self._write.version
            and _may_correct(item, self._write.attributes, self._correction)
            and canonical_item(item) != canonical_item(self._write.item)
        )
        if self._corrects:
            self.switch(Kind.PUT)
        else:
            super().refused(item)


class CorrectingHistoryAttempt(HistoryAttempt):
    """A write of the history table that also corrects the data of an item.

    Parameters
    ----------
    write, missing
        As of `HistoryAttempt`.
    correction
        Which items are corrected. A redacted item never is: its data does not come back.
    """

    __slots__ = ("_correction",)

    def __init__(self, write: HistoryWrite, missing: MissingItems, correction: Correction) -> None:
        super().__init__(write, missing)
        self._correction = correction

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Correct an item that differs; else decide as ever."""
        super().refused(item)
        if (
            self.outcome is STALE
            and item is not None
            and item[REVISION_STATE_ATTRIBUTE] != REDACTED
            and HASH_ATTRIBUTE in item
            and DATA_HASH_ATTRIBUTE not in item
            and not self._write.is_redaction
            and _may_correct(item, self._write.metadata, self._correction)
            and canonical_item(item) != canonical_item(self._write.item)
        ):
            self.outcome = None
            self._item = self._write.item
            self.switch(Kind.PUT)


def _may_correct(
    item: Mapping[str, Any], attributes: Mapping[str, AttributeValue], correction: Correction
) -> bool:
    return correction is Correction.ANY or _canonical(item.get(HASH_ATTRIBUTE)) == _canonical(
        attributes[HASH_ATTRIBUTE]
    )


def canonical_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item in a form that is equal for equal items.

    A number has many texts, of which DynamoDB keeps none as it was, and binary is bytes or base64,
    as the client has it. When an item expires depends on when it was written, so it counts only
    whether it does.
    """
    return {
        name: name if name == EXPIRY_ATTRIBUTE else _canonical(value)
        for name, value in item.items()
    }


def _canonical(value: Any) -> Any:  # noqa: ANN401 (any attribute value)
    match value:
        case {"N": str(text)}:
            return "N", _number(text)
        case {"B": bytes(content)}:
            return "B", base64.b64encode(content).decode("ascii")
        case {"B": content}:
            return "B", content
        case {"M": dict(fields)}:
            return "M", {name: _canonical(field) for name, field in fields.items()}
        case {"L": list(elements)}:
            return "L", [_canonical(element) for element in elements]
        case _:
            return value


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text

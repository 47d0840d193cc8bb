"""Corrects items of the same version, which the ordinary conditions leave as they are.

An item can have the right version and other values than its revision gives: it came from a JSON
export, which has lost types, or another configuration wrote it, or somebody changed it. The
ordinary writes call that revision stale. These write the item again, under the condition that what
is wrong in it is still there.

A revision from JSON has lost types. It corrects nothing that differs only by them: the item may be
from Ion.
"""

from __future__ import annotations

import base64
import enum
from typing import TYPE_CHECKING, Any

from handler.attempt import Kind
from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    DELETED_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HASH_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    VERSION_ATTRIBUTE,
)
from handler.history import REDACTED
from handler.history_attempt import HistoryAttempt
from handler.outcomes import STALE
from handler.replica_attempt import ReplicaAttempt, stored_version
from handler.untyped import canonical_number, untyped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.history import HistoryWrite
    from handler.missing_items import MissingItems
    from handler.replica import Write
    from handler.values import AttributeValue


class Correction(enum.Enum):
    """Which items of the same version are written again if they differ."""

    SAME_REVISION = "same revision"
    """Those with the hash of the revision. A tombstone stays one."""

    ANY_BUT_TOMBSTONES = "any but tombstones"
    """Those with another hash too, which no revision of this ledger has left. A tombstone stays."""

    ANY = "any"
    """Tombstones too."""


MAX_COMPARED = 20
"""Attributes that the condition of a correction compares at most. An expression may have 4 KB
(DynamoDB developer guide, "Constraints in Amazon DynamoDB")."""

_ABSENT = object()


class CorrectingReplicaAttempt(ReplicaAttempt):
    """A write of the current state that also corrects an item of the same version.

    Parameters
    ----------
    write, missing
        As of `ReplicaAttempt`.
    correction
        Which items are corrected.
    """

    __slots__ = ("_changes", "_correction", "_was_live")

    def __init__(self, write: Write, missing: MissingItems, correction: Correction) -> None:
        super().__init__(write, missing)
        self._correction = correction
        self._changes: Mapping[str, Any] = {}
        self._was_live = False

    def put(self) -> dict[str, Any]:
        """Return the ``PutItem`` that corrects the item, if it is to be corrected."""
        return {**super().put(), **self._changes}

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Correct an item of the same version that differs; else decide as ever."""
        self._changes = {}
        write = self._write
        if (
            item is not None
            and stored_version(item) == write.version
            and not self._was_removed(item)
            and _may_correct(item, write.attributes, self._correction)
        ):
            self._changes = _correction_of(item, write, (VERSION_ATTRIBUTE,))
        self._was_live = item is not None and DELETED_ATTRIBUTE not in item
        if self._changes:
            self.switch(Kind.PUT)
        else:
            super().refused(item)

    def _was_removed(self, item: Mapping[str, Any]) -> bool:
        """Return whether `ops generations --remove` has, or may have, removed the document.

        It leaves a tombstone of the same version. Who compares whole tables knows whether one is
        wrong, but not of one that comes after that.
        """
        if DELETED_ATTRIBUTE not in item or DELETED_ATTRIBUTE in self._write.attributes:
            return False
        return self._was_live or self._correction is not Correction.ANY


class CorrectingHistoryAttempt(HistoryAttempt):
    """A write of the history table that also corrects the data of an item.

    Parameters
    ----------
    write, missing
        As of `HistoryAttempt`.
    correction
        Which items are corrected. A redacted item never is: its data does not come back.
    """

    __slots__ = ("_changes", "_correction")

    def __init__(self, write: HistoryWrite, missing: MissingItems, correction: Correction) -> None:
        super().__init__(write, missing)
        self._correction = correction
        self._changes: Mapping[str, Any] = {}

    def put(self) -> dict[str, Any]:
        """Return the ``PutItem`` that leads from the stored item, or corrects it."""
        return {**super().put(), **self._changes}

    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Correct an item that differs; else decide as ever."""
        super().refused(item)
        self._changes = {}
        if (
            self.outcome is STALE
            and item is not None
            and item[REVISION_STATE_ATTRIBUTE] != REDACTED
            and HASH_ATTRIBUTE in item
            and DATA_HASH_ATTRIBUTE not in item
            and not self._write.is_redaction
            and _may_correct(item, self._write.metadata, self._correction)
        ):
            state = (REVISION_STATE_ATTRIBUTE, DATA_HASH_ATTRIBUTE)
            self._changes = _correction_of(item, self._write, state)
        if self._changes:
            self.outcome = None
            self.switch(Kind.PUT)


def _may_correct(
    item: Mapping[str, Any], attributes: Mapping[str, AttributeValue], correction: Correction
) -> bool:
    return correction is not Correction.SAME_REVISION or bool(
        _canonical(item.get(HASH_ATTRIBUTE)) == _canonical(attributes[HASH_ATTRIBUTE])
    )


def _correction_of(
    stored: Mapping[str, Any], write: Write | HistoryWrite, compared: tuple[str, ...]
) -> dict[str, Any]:
    """Return the arguments of the ``PutItem`` that corrects an item; empty if nothing is wrong.

    Its condition is that the item still has its hash and what is wrong in it. Whoever else writes
    this revision or another one would not leave that, while the version may stay.

    Parameters
    ----------
    stored
        The item as a refused condition returned it.
    write
        What it should be.
    compared
        Attributes that must not have changed either.
    """
    wanted = write.item if write.has_types else _with_types(write.item, stored)
    wrong = _differing(stored, wanted)
    if not wrong:
        return {}
    names = list(dict.fromkeys((HASH_ATTRIBUTE, *compared, *wrong)))[:MAX_COMPARED]
    places = dict(zip(names, range(len(names)), strict=True))
    return {
        "Item": wanted,
        "ConditionExpression": " AND ".join(
            f"#n{place} = :n{place}" if name in stored else f"attribute_not_exists(#n{place})"
            for name, place in places.items()
        ),
        "ExpressionAttributeNames": {f"#n{place}": name for name, place in places.items()},
        "ExpressionAttributeValues": {
            f":n{place}": stored[name] for name, place in places.items() if name in stored
        },
    }


def _with_types(item: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item from JSON with what the stored one has of the types that JSON has lost."""
    return {
        name: stored[name] if name in stored and untyped(stored[name]) == untyped(value) else value
        for name, value in item.items()
    }


def _differing(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the names of the attributes in which two items differ, in order."""
    before, after = canonical_item(stored), canonical_item(wanted)
    return sorted(
        name for name in {*before, *after} if before.get(name, _ABSENT) != after.get(name, _ABSENT)
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
            return "N", canonical_number(text)
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

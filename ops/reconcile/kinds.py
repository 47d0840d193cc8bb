"""The ways in which a table and its journal can differ."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(enum.StrEnum):
    """How an item relates to the journal; one for each item at most."""

    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    EXTRA = "extra"
    WRONG_TOMBSTONE = "wrong tombstone"
    OTHER_HASH = "differing by hash"
    OTHER_VALUE = "differing by value"
    OTHER_CONFIGURATION = "other configuration"
    MISSED_REDACTION = "missed redaction"
    FOREIGN = "foreign"
    NEWER = "newer"
    OLDER = "older than the export"
    EXPIRED = "expired tombstone"
    REMOVED = "removed generation"
    RETYPED = "retyped"
    UNSTORABLE = "unstorable"


class Meaning(NamedTuple):
    """What a kind says.

    Attributes
    ----------
    text
        What is the case.
    remedy
        What to do; empty for nothing.
    """

    text: str
    remedy: str


_REPAIR = "--repair"
_LOOK = "find out what wrote it"

MEANINGS: Mapping[Kind, Meaning] = {
    Kind.MISSED_REDACTION: Meaning(
        "the item holds data of a revision that is redacted in the export", _REPAIR
    ),
    Kind.MISSING: Meaning("the export has a revision, and the table no item for it", _REPAIR),
    Kind.STALE: Meaning("the item is of a lower version, or lacks what the export has", _REPAIR),
    Kind.WRONG_TOMBSTONE: Meaning(
        "a tombstone where the document lives or the reverse, or a tombstone with data",
        f"{_REPAIR}, unless `generations --remove` made it of a table dropped after the export",
    ),
    Kind.OTHER_HASH: Meaning("the same version with the hash of another revision", _REPAIR),
    Kind.OTHER_VALUE: Meaning("the same revision with other attributes", _REPAIR),
    Kind.OTHER_CONFIGURATION: Meaning(
        "the same revision, written under another configuration of the table", _REPAIR
    ),
    Kind.AHEAD: Meaning(
        "a higher version than the export has, of a time that the export covers", _LOOK
    ),
    Kind.EXTRA: Meaning(
        "a document that the export does not have in this table, of a time that it covers",
        f"{_LOOK}; --repair --remove-extra deletes it",
    ),
    Kind.FOREIGN: Meaning("the item has no version or state of this project", _LOOK),
    Kind.NEWER: Meaning("a revision or a redaction after the end of the export", ""),
    Kind.OLDER: Meaning("a revision before the start of the export", ""),
    Kind.EXPIRED: Meaning("there is no tombstone, and it may have expired", ""),
    Kind.REMOVED: Meaning("a tombstone of a ledger table that was dropped", ""),
    Kind.RETYPED: Meaning("equal but for the types that JSON has lost", ""),
    Kind.UNSTORABLE: Meaning(
        "a revision that no item can hold; the item should have the next lower version",
        "see `python -m ops failures`",
    ),
}
"""In the order of reports: the most important first."""

HARMLESS = frozenset(
    (Kind.NEWER, Kind.OLDER, Kind.EXPIRED, Kind.REMOVED, Kind.RETYPED, Kind.UNSTORABLE)
)
"""Kinds that are told but are not wrong."""

REPAIRED = frozenset(
    (
        Kind.MISSED_REDACTION,
        Kind.MISSING,
        Kind.STALE,
        Kind.WRONG_TOMBSTONE,
        Kind.OTHER_HASH,
        Kind.OTHER_VALUE,
        Kind.OTHER_CONFIGURATION,
    )
)
"""Kinds whose documents a repair writes again."""

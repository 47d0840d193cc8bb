"""The ledger's tables in every schedule."""

from __future__ import annotations

from dataclasses import dataclass

PROJECTED, WHOLE, UNKNOWN = "Person", "Vehicle", "Secret"
"""Tables with projected attributes, with whole documents, and without a replica."""

REPLICATED = (PROJECTED, WHOLE)
ATTRIBUTES = {
    "firstName": ("firstName",),
    "city": ("address", "city"),
    "extra": ("extra",),
}
"""Projected attributes, each with its path in the document."""

RETIRED = "nickname"
"""An attribute that only an earlier configuration projected."""

OTHER_PROJECTION = "f" * 16
"""Id of the attributes of an earlier configuration."""

INDEX_KEYS = {"city": ("N", 2048), "firstName": ("S", 1024)}
"""Type and maximum bytes of the keys of the index over `PROJECTED`: its partition key, its sort
key."""

HISTORY_NAME = "history-1a2b3c"
"""Name of the history table in memory."""


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What one ledger table's entry of the configuration may have.

    Attributes
    ----------
    indexed
        Whether the table has the index of `INDEX_KEYS`.
    history
        Whether its revisions go to the history table.
    lifetime_days
        Lifetime of its tombstones; None for no limit.
    """

    indexed: bool = False
    history: bool = False
    lifetime_days: int | None = None


NO_OPTIONS = {name: TableOptions() for name in REPLICATED}

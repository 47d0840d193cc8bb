"""The ledger's tables in every schedule."""

from __future__ import annotations

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

"""What becomes of a write."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

OUT_OF_TIME = "OutOfTime"
"""Code of work that was not done before the deadline."""

CONTENDED = "Contended"
"""Code of a write that other writers repeatedly got ahead of."""

ITEM_WITHOUT_VERSION = "ItemWithoutVersion"
"""Code of a write whose item has no numeric version, so that nothing can be compared. Something
else wrote it; this project must not overwrite it."""

ITEM_WITHOUT_STATE = "ItemWithoutRevisionState"
"""Code of a write whose item of the history table is not one that this project wrote."""


class Settled(enum.Enum):
    """The outcomes of a write that leave nothing to do."""

    APPLIED = "applied"
    STALE = "stale"


APPLIED = Settled.APPLIED
STALE = Settled.STALE


@dataclass(frozen=True)
class Permanent:
    """The write can never succeed.

    Attributes
    ----------
    code
        DynamoDB's or the SDK's name for the fault, or one of this module's.
    """

    code: str


@dataclass(frozen=True)
class Transient:
    """The write did not happen, or whether it did is unknown; it may be retried.

    Attributes
    ----------
    code
        DynamoDB's or the SDK's name for the fault, or one of this module's.
    """

    code: str


Outcome: TypeAlias = Settled | Permanent | Transient

"""The objects of a failure bucket, as the verdict needs them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Half(enum.Enum):
    """What a revision becomes."""

    STATE = "item of the current state"
    HISTORY = "item of the history table"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One object of the failure bucket, with its Kinesis or user records.

    Attributes
    ----------
    lacking
        The halves of its records that may not be in their table.
    """

    key: str
    payloads: tuple[bytes, ...]
    description: str
    lacking: frozenset[Half]

"""The objects of a failure bucket, as the verdict needs them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Destination(enum.Enum):
    """Where a revision is written to."""

    STATE = "current state"
    HISTORY = "history table"


@dataclass(frozen=True, kw_only=True)
class FailureObject:
    """One object of the failure bucket, with its Kinesis or user records.

    Attributes
    ----------
    lacking
        The destinations that may not have its records.
    """

    key: str
    payloads: tuple[bytes, ...]
    description: str
    lacking: frozenset[Destination]

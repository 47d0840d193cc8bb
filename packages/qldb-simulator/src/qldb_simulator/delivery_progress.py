"""Status and progress of a QLDB stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ErrorCause = Literal["KINESIS_STREAM_NOT_FOUND", "IAM_PERMISSION_REVOKED"]
Status = Literal["ACTIVE", "IMPAIRED", "COMPLETED", "CANCELED", "FAILED"]

TERMINAL: Final = frozenset({"COMPLETED", "CANCELED", "FAILED"})
"""Statuses that a stream never leaves."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of a delivery.

    Attributes
    ----------
    error_cause
        Reason why the stream is impaired, else None.
    next_sequence_no
        First block that is not delivered yet.
    records, entries
        User records and Kinesis records put so far, copies included.
    retried_entries
        Kinesis records that were put again.
    pending_redeliveries
        Redeliveries that are requested and not finished.
    settled
        Whether everything committed and requested is delivered; true of a stream that has ended.
    """

    status: Status
    error_cause: ErrorCause | None
    next_sequence_no: int
    records: int
    entries: int
    retried_entries: int
    pending_redeliveries: int
    paused: bool
    settled: bool

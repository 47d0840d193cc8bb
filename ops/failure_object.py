"""The interface of both kinds of objects in the failure bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handler.aggregation import FrameError, user_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.failures import FailedRecord


class UnreadableObjectError(Exception):
    """An object that is of neither kind.

    Attributes
    ----------
    reason
        Constant text without any of the object's content.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Description:
    """A description of an object, without document data.

    Attributes
    ----------
    key
        Key of the object.
    size
        Size of the object in bytes.
    reason, code
        Why it failed.
    failed_at
        When it failed first, in seconds since the epoch; None if unknown.
    attempts
        Number of failed redrives.
    records
        Number of Kinesis records in it.
    stream_arn, shard_id, sequence_number, last_sequence_number, sub_sequence_number
        Position in the stream; a batch also has a last sequence number.
    """

    key: str
    size: int
    reason: str
    code: str
    failed_at: float | None = None
    attempts: int = 0
    records: int = 0
    stream_arn: str | None = None
    shard_id: str | None = None
    sequence_number: str | None = None
    last_sequence_number: str | None = None
    sub_sequence_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One user record, or a frame that cannot be de-aggregated.

    Attributes
    ----------
    place
        Sequence number and, in an aggregate, sub-sequence number.
    data
        Bytes of the record.
    """

    place: str
    data: bytes


class FailureObject(Protocol):
    """An object of either kind."""

    @property
    def key(self) -> str:
        """Key of the object."""

    def event(self) -> Mapping[str, Any]:
        """Return the event that delivers its records to the handler again."""

    def own(self, failed: FailedRecord) -> FailedRecord:
        """Return a record of that event that failed, with its true position and history."""

    def failed_again(self, reason: str, code: str, at: float) -> bytes:
        """Return the object's new body after it failed as a whole."""

    def describe(self, size: int) -> Description:
        """Return a description without document data."""

    def payloads(self) -> list[Payload]:
        """Return the user records in it, for an operator who asks for them."""


def payloads_of(sequence_number: str, data: bytes) -> list[Payload]:
    """Return the user records of a Kinesis record; all its data if the frame is damaged."""
    try:
        inner = user_records(data)
    except FrameError:
        return [Payload(place=sequence_number, data=data)]
    return [
        Payload(place=place(sequence_number, record.sub_sequence_number), data=record.data)
        for record in inner
    ]


def place(sequence_number: str, sub_sequence_number: int | None) -> str:
    """Return a user record's position in its shard, as text."""
    if sub_sequence_number is None:
        return sequence_number
    return f"{sequence_number}/{sub_sequence_number}"

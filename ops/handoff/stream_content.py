"""What a Kinesis stream holds of a journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handler.aggregation import FrameError, user_records
from journal.errors import IonError
from ops.handoff.block_record import BlockRecord, ControlRecord, Kind, read_block_record
from ops.handoff.intervals import IntervalSet

if TYPE_CHECKING:
    from datetime import datetime

MAX_STRANDS = 100
"""Other strands that are told apart; each test ledger that ever wrote to a stream is one."""


@dataclass(slots=True)
class OtherStrand:
    """What the stream holds of another journal.

    Attributes
    ----------
    first, last
        Lowest and highest sequence number.
    records
        Number of records, repeated ones included.
    """

    first: int
    last: int
    records: int = 0

    def add(self, sequence_no: int) -> None:
        """Count one record."""
        self.first = min(self.first, sequence_no)
        self.last = max(self.last, sequence_no)
        self.records += 1


@dataclass(kw_only=True)
class StreamContent:
    """The records of a stream, counted and forgotten.

    Attributes
    ----------
    strand_id
        The journal that is looked for.
    delivered
        Its blocks of which the summary was delivered.
    last_revision
        Highest block of which a revision was delivered; None without any.
    records
        Number of user records, repeated ones included.
    starts
        Number of first records of QLDB streams, repeated ones included.
    unknown
        Number of records of a type that QLDB is not known to write.
    unread
        Number of records and whole aggregates that cannot be read.
    first_unread
        Shard, sequence number and problem of the first one; None without any.
    others
        What there is of other journals, by strand.
    more_others
        Records of strands beyond `MAX_STRANDS`.
    oldest, newest
        When the first and last record arrived in Kinesis; None without any record.
    """

    strand_id: str
    delivered: IntervalSet = field(default_factory=IntervalSet)
    last_revision: int | None = None
    records: int = 0
    starts: int = 0
    unknown: int = 0
    unread: int = 0
    first_unread: str | None = None
    others: dict[str, OtherStrand] = field(default_factory=dict)
    more_others: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def last(self) -> int | None:
        """The highest block that the stream tells of; None without any."""
        known = [each for each in (self.delivered.last, self.last_revision) if each is not None]
        return max(known, default=None)

    def take(self, data: bytes, place: str, arrival: datetime | None = None) -> None:
        """Count a Kinesis record.

        Parameters
        ----------
        data
            Its content.
        place
            Shard and sequence number, for messages.
        arrival
            When Kinesis received it.
        """
        if arrival is not None:
            self.oldest = arrival if self.oldest is None else min(self.oldest, arrival)
            self.newest = arrival if self.newest is None else max(self.newest, arrival)
        try:
            found = user_records(data)
        except FrameError as error:
            self._note(place, error.code)
            return
        for each in found:
            self.records += 1
            try:
                self._add(read_block_record(each.data))
            except IonError as error:
                self._note(place, error.code)

    def _add(self, record: BlockRecord | ControlRecord | None) -> None:
        if record is None:
            self.unknown += 1
        elif isinstance(record, ControlRecord):
            self.starts += record.is_start
        elif record.strand_id != self.strand_id:
            self._add_other(record)
        elif record.kind is Kind.SUMMARY:
            self.delivered.add(record.sequence_no)
        elif self.last_revision is None or record.sequence_no > self.last_revision:
            self.last_revision = record.sequence_no

    def _add_other(self, record: BlockRecord) -> None:
        other = self.others.get(record.strand_id)
        if other is None:
            if len(self.others) >= MAX_STRANDS:
                self.more_others += 1
                return
            other = OtherStrand(record.sequence_no, record.sequence_no)
            self.others[record.strand_id] = other
        other.add(record.sequence_no)

    def _note(self, place: str, problem: str) -> None:
        self.unread += 1
        if self.first_unread is None:
            self.first_unread = f"{place}: {problem}"

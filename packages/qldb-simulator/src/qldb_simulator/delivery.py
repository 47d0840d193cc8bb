"""Delivery of a journal to Kinesis: one thread for each QLDB stream, at least once.

Follows the QLDB developer guide ("Streaming journal data from Amazon QLDB"): a CONTROL record
first, then every block from the start time on, then new blocks as they are committed; IMPAIRED
while the Kinesis stream or the permission is missing, and ACTIVE again when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.config import Timing
from qldb_simulator.delivery_plan import DeliveryOptions, KinesisEntry, delivery_plan
from qldb_simulator.delivery_progress import TERMINAL, ErrorCause, Progress, Status
from qldb_simulator.journal import utc_now
from qldb_simulator.kinesis_writer import (
    ClientSource,
    ImpairedError,
    error_code,
    put_records,
    split_into_requests,
)
from qldb_simulator.records import StreamRecord, block_records, control_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from qldb_simulator.blocks import Block

_BLOCKS_PER_ROUND: Final = 100
_END_POLL_SECONDS: Final = 0.2
_SEED_STRIDE: Final = 1_000_003

_log = logging.getLogger(__name__)


class BlockSource(Protocol):
    """The journal, as a delivery reads it."""

    def read_blocks(self, sequence_no: int, limit: int) -> list[Block]:
        """Return at most ``limit`` blocks from a sequence number on, in their current state."""

    def count_blocks(self) -> int:
        """Return the number of committed blocks."""


@dataclass(frozen=True, kw_only=True)
class StreamTarget:
    """The blocks that a QLDB stream delivers, and their destination.

    Attributes
    ----------
    stream_arn
        ARN of the QLDB stream, which every record contains.
    kinesis_stream_arn
        Receives the records.
    inclusive_start, exclusive_end
        Block times that the stream covers; without an end it never completes.
    aggregation
        Whether records are sent in KPL aggregates.
    """

    stream_arn: str
    kinesis_stream_arn: str
    inclusive_start: datetime
    exclusive_end: datetime | None
    aggregation: bool

    def covers(self, block: Block) -> bool:
        """Return whether the block's time is in the stream's range."""
        time = block.block_timestamp
        return time >= self.inclusive_start and not self.is_past(time)

    def is_past(self, time: datetime) -> bool:
        """Return whether a time is at or after the end."""
        return self.exclusive_end is not None and time >= self.exclusive_end


@dataclass(frozen=True, kw_only=True)
class _Job:
    """Records that are delivered together: a control record, or the records of blocks."""

    options: DeliveryOptions
    control: StreamRecord | None = None
    blocks: Sequence[Block] = ()
    next_sequence_no: int | None = None
    ends_redelivery: bool = False
    completes: bool = False


class StreamDelivery:
    """Delivers one QLDB stream, in a separate thread from `start` until `cancel`.

    Parameters
    ----------
    source
        The journal.
    target
        The blocks to deliver, and their destination.
    clients
        Provides the Kinesis client, or raises an error.
    options
        How new blocks are delivered, except for ``aggregation``, which the target defines.
    timing
        Delays of the delivery.
    now
        The journal's clock, for streams with an end.
    """

    def __init__(
        self,
        *,
        source: BlockSource,
        target: StreamTarget,
        clients: ClientSource,
        options: DeliveryOptions,
        timing: Timing | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.target = target
        self._source = source
        self._clients = clients
        self._timing = timing or Timing()
        self._now = now
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="qldb-stream", daemon=True)
        self._attempted = threading.Event()
        self._options = options
        self._status: Status = "ACTIVE"
        self._cause: ErrorCause | None = None
        self._created = False
        self._next = 0
        self._records = self._entries = self._retried = 0
        self._redeliveries: deque[tuple[int, int, DeliveryOptions]] = deque()
        self._paused = False

    def start(self) -> None:
        """Start the delivery and return at once."""
        self._thread.start()

    def wait_for_first_attempt(self, timeout: float) -> None:
        """Wait until a record was accepted or refused, for at most ``timeout`` seconds.

        Before that, the status is not based on any answer of Kinesis.
        """
        self._attempted.wait(timeout)

    def wake(self) -> None:
        """Check for new blocks."""
        with self._changed:
            self._changed.notify_all()

    def set_options(self, options: DeliveryOptions) -> None:
        """Change the options for everything that is not delivered yet."""
        with self._changed:
            self._options = options
            self._changed.notify_all()

    def set_paused(self, *, paused: bool) -> None:
        """Pause or resume the delivery of blocks."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def redeliver(self, *, from_sequence_no: int, options: DeliveryOptions) -> None:
        """Deliver all blocks committed so far once more, from a sequence number on."""
        with self._changed:
            end = self._source.count_blocks()
            self._redeliveries.append((from_sequence_no, end, options))
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the delivery permanently; return when it has ended and its role is deleted."""
        with self._changed:
            if not self._ended:
                self._status, self._cause = "CANCELED", None
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._clients.remove()

    @property
    def progress(self) -> Progress:
        """The current progress."""
        with self._changed:
            waiting = self._source.count_blocks() - self._next
            return Progress(
                status=self._status,
                error_cause=self._cause,
                next_sequence_no=self._next,
                records=self._records,
                entries=self._entries,
                retried_entries=self._retried,
                pending_redeliveries=len(self._redeliveries),
                paused=self._paused,
                settled=self._ended or (self._created and waiting == 0 and not self._redeliveries),
            )

    @property
    def _ended(self) -> bool:
        return self._status in TERMINAL

    def _run(self) -> None:
        try:
            while (job := self._next_job()) is not None:
                # Without the lock, because encoding takes long and commits would wait for it.
                records = self._records_of(job)
                for entries in split_into_requests(delivery_plan(records, job.options)):
                    self._put_until_done(entries)
                self._finish(job)
        except Exception as error:  # noqa: BLE001 (an exception would end the thread unnoticed)
            _log.error("stream %s has failed: %s", self.target.stream_arn, error_code(error))
            with self._changed:
                self._status = "FAILED"
            self._attempted.set()

    def _next_job(self) -> _Job | None:
        """Wait for the next job and return it; None when the stream has ended."""
        with self._changed:
            while not self._ended:
                job = None if self._paused and self._created else self._find_job()
                if job is not None:
                    return job
                # Nothing notifies this thread when the end time passes.
                self._changed.wait(None if self.target.exclusive_end is None else _END_POLL_SECONDS)
            return None

    def _find_job(self) -> _Job | None:
        options = replace(self._options, aggregation=self.target.aggregation)
        if not self._created:
            control = control_record(self.target.stream_arn, "CREATED")
            return _Job(control=control, options=options)
        if self._source.count_blocks() > self._next:
            self._gather(options)
            return self._block_job(options)
        if self._redeliveries:
            return self._redelivery_job()
        if self.target.is_past(self._now()):
            control = control_record(self.target.stream_arn, "COMPLETED")
            return _Job(control=control, options=options, completes=True)
        return None

    def _gather(self, options: DeliveryOptions) -> None:
        """Wait for more blocks, so that they can be shuffled."""
        if options.shuffle and self._source.count_blocks() - self._next < _BLOCKS_PER_ROUND:
            self._changed.wait_for(
                lambda: (
                    self._ended or self._source.count_blocks() - self._next >= _BLOCKS_PER_ROUND
                ),
                self._timing.shuffle_window,
            )

    def _block_job(self, options: DeliveryOptions) -> _Job:
        blocks = self._source.read_blocks(self._next, _BLOCKS_PER_ROUND)
        return _Job(
            blocks=blocks,
            options=_seeded(options, self._next),
            next_sequence_no=self._next + len(blocks),
        )

    def _redelivery_job(self) -> _Job:
        start, end, options = self._redeliveries[0]
        blocks = self._source.read_blocks(start, end - start)
        return _Job(
            blocks=blocks,
            options=replace(options, aggregation=self.target.aggregation),
            ends_redelivery=True,
        )

    def _records_of(self, job: _Job) -> list[StreamRecord]:
        if job.control is not None:
            return [job.control]
        return [
            record
            for block in job.blocks
            if self.target.covers(block)
            for record in block_records(self.target.stream_arn, block)
        ]

    def _finish(self, job: _Job) -> None:
        with self._changed:
            if self._ended:
                return
            self._created = True
            if job.next_sequence_no is not None:
                self._next = job.next_sequence_no
            if job.ends_redelivery:
                self._redeliveries.popleft()
            if job.completes:
                self._status = "COMPLETED"
            self._changed.notify_all()

    def _put_until_done(self, entries: list[KinesisEntry]) -> None:
        while entries and not self._ended:
            try:
                failed = put_records(self._clients, self.target.kinesis_stream_arn, entries)
            except ImpairedError as error:
                self._note_attempt("IMPAIRED", error.cause)
                _log.warning("stream %s is impaired: %s", self.target.stream_arn, error)
                failed = entries
            except (ClientError, BotoCoreError) as error:
                # QLDB has no status for Kinesis not answering or throttling.
                _log.warning(
                    "delivery of %s is delayed: %s", self.target.stream_arn, error_code(error)
                )
                failed = entries
            else:
                self._note_attempt("ACTIVE", None)
                self._count(entries, failed)
            entries = failed
            if entries:
                with self._changed:
                    self._changed.wait_for(lambda: self._ended, self._timing.retry)

    def _note_attempt(self, status: Status, cause: ErrorCause | None) -> None:
        with self._changed:
            if not self._ended:
                self._status, self._cause = status, cause
        self._attempted.set()

    def _count(self, tried: Sequence[KinesisEntry], failed: Sequence[KinesisEntry]) -> None:
        with self._changed:
            self._records += sum(e.records for e in tried) - sum(e.records for e in failed)
            self._entries += len(tried) - len(failed)
            self._retried += len(failed)


def _seeded(options: DeliveryOptions, sequence_no: int) -> DeliveryOptions:
    # Otherwise all rounds of the same size would be shuffled alike.
    return replace(options, seed=options.seed * _SEED_STRIDE + sequence_no)

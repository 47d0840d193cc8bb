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
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.records import (
    DeliveryOptions,
    KinesisEntry,
    StreamRecord,
    block_records,
    control_record,
    delivery_plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

    from qldb_simulator.journal import Block

MAX_ENTRIES_PER_REQUEST: Final = 500
MAX_BYTES_PER_REQUEST: Final = 5 * 1024 * 1024
"""Kinesis API reference, PutRecords (the older, lower limit of bytes)."""

ErrorCause = Literal["KINESIS_STREAM_NOT_FOUND", "IAM_PERMISSION_REVOKED"]
Status = Literal["ACTIVE", "IMPAIRED", "COMPLETED", "CANCELED", "FAILED"]

TERMINAL: Final = frozenset({"COMPLETED", "CANCELED", "FAILED"})
"""Statuses that a stream never leaves."""

_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "KMSAccessDeniedException",
        "UnrecognizedClientException",
    }
)
_BLOCKS_PER_ROUND: Final = 100

_log = logging.getLogger(__name__)


class BlockSource(Protocol):
    """Where a delivery reads the journal."""

    def read_blocks(self, sequence_no: int, limit: int) -> list[Block]:
        """Give at most ``limit`` blocks from a sequence number on, as they are now."""

    def count_blocks(self) -> int:
        """Tell how many blocks are committed."""


class ClientSource(Protocol):
    """Who gives the Kinesis client (see `delivery_role.DeliveryRole`)."""

    def kinesis(self) -> KinesisClient:
        """Give a client with the rights of QLDB's role."""

    def recheck(self) -> None:
        """Look at those rights anew."""

    def remove(self) -> None:
        """Leave nothing behind."""


@dataclass(frozen=True, kw_only=True)
class StreamTarget:
    """What a QLDB stream delivers where.

    Attributes
    ----------
    stream_arn
        Of the QLDB stream; every record names it.
    kinesis_stream_arn
        Where the records go.
    inclusive_start, exclusive_end
        Block times that the stream covers; no end means that it goes on.
    aggregation
        Whether records travel in KPL aggregates.
    """

    stream_arn: str
    kinesis_stream_arn: str
    inclusive_start: datetime
    exclusive_end: datetime | None
    aggregation: bool

    def covers(self, block: Block) -> bool:
        """Tell whether the block's time is in the stream's range."""
        time = block.block_timestamp
        return time >= self.inclusive_start and not self.is_past(time)

    def is_past(self, time: datetime) -> bool:
        """Tell whether a time is at or after the end."""
        return self.exclusive_end is not None and time >= self.exclusive_end


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Waits of a delivery, in seconds.

    Attributes
    ----------
    retry
        Until an impaired stream or a failed entry is tried again.
    shuffle_window
        How long to gather blocks that are then delivered in a random order.
    """

    retry: float = 0.5
    shuffle_window: float = 0.25


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a delivery is.

    Attributes
    ----------
    next_sequence_no
        First block that is not delivered yet.
    records, entries
        User records and Kinesis records put so far, copies included.
    retried_entries
        Kinesis records that had to be put again.
    pending_redeliveries
        Redeliveries asked for and not finished.
    settled
        Whether everything committed and asked for is delivered; true of a stream that has ended.
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


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What is delivered together: a control record, or the records of blocks."""

    options: DeliveryOptions
    control: StreamRecord | None = None
    blocks: Sequence[Block] = ()
    next_sequence_no: int | None = None
    ends_redelivery: bool = False
    completes: bool = False


class _ImpairedError(Exception):
    def __init__(self, cause: ErrorCause, reason: str) -> None:
        super().__init__(reason)
        self.cause: ErrorCause = cause


class StreamDelivery:
    """The life of one QLDB stream, in a thread of its own from `start` until `cancel`.

    Parameters
    ----------
    source
        The journal.
    target
        What goes where.
    clients
        Gives the Kinesis client, or refuses.
    options
        How new blocks are delivered; ``aggregation`` is the target's.
    now
        The journal's clock, for the end of a stream that has one.
    """

    def __init__(
        self,
        *,
        source: BlockSource,
        target: StreamTarget,
        clients: ClientSource,
        options: DeliveryOptions,
        timing: Timing | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
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
        """Begin; `wait_for_first_attempt` tells when the first record was put or refused."""
        self._thread.start()

    def wait_for_first_attempt(self, timeout: float) -> None:
        """Wait until the status tells more than a wish, at most ``timeout`` seconds."""
        self._attempted.wait(timeout)

    def wake(self) -> None:
        """Look for new blocks."""
        with self._changed:
            self._changed.notify_all()

    def set_options(self, options: DeliveryOptions) -> None:
        """Deliver what is not delivered yet in another way."""
        with self._changed:
            self._options = options
            self._changed.notify_all()

    def set_paused(self, *, paused: bool) -> None:
        """Hold deliveries back, or go on."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def redeliver(self, *, from_sequence_no: int, options: DeliveryOptions) -> None:
        """Deliver all blocks that are committed now once more, from a sequence number on."""
        with self._changed:
            end = self._source.count_blocks()
            self._redeliveries.append((from_sequence_no, end, options))
            self._changed.notify_all()

    def cancel(self) -> None:
        """End for ever; returns when nothing more is put and the simulator's role is gone."""
        with self._changed:
            if not self._ended:
                self._status, self._cause = "CANCELED", None
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._clients.remove()

    @property
    def progress(self) -> Progress:
        """How far the delivery is now."""
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
                # Without the lock: encoding takes long, and commits would wait for it.
                records = self._records_of(job)
                for entries in requests(delivery_plan(records, job.options)):
                    self._put_until_done(entries)
                self._finish(job)
        except Exception as error:  # noqa: BLE001 - nobody above a thread could report it
            _log.error("stream %s has failed: %s", self.target.stream_arn, _code(error))
            with self._changed:
                self._status = "FAILED"
            self._attempted.set()

    def _next_job(self) -> _Job | None:
        """Wait for work; None when the stream has ended."""
        with self._changed:
            while not self._ended:
                job = None if self._paused and self._created else self._find_job()
                if job is not None:
                    return job
                # An end time passes without anybody's call.
                self._changed.wait(None if self.target.exclusive_end is None else 0.2)
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
        """Let more blocks come, so that there is something to shuffle."""
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
            except _ImpairedError as error:
                self._note_attempt("IMPAIRED", error.cause)
                _log.warning("stream %s is impaired: %s", self.target.stream_arn, error)
                failed = entries
            except (ClientError, BotoCoreError) as error:
                # No status of QLDB's fits a Kinesis that does not answer or asks to slow down.
                _log.warning("delivery of %s is delayed: %s", self.target.stream_arn, _code(error))
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


def requests(entries: Sequence[KinesisEntry]) -> Iterator[list[KinesisEntry]]:
    """Cut entries into PutRecords requests within Kinesis's limits."""
    request: list[KinesisEntry] = []
    size = 0
    for entry in entries:
        full = len(request) == MAX_ENTRIES_PER_REQUEST or size + entry.size > MAX_BYTES_PER_REQUEST
        if request and full:
            yield request
            request, size = [], 0
        request.append(entry)
        size += entry.size
    if request:
        yield request


def put_records(
    clients: ClientSource, kinesis_stream_arn: str, entries: list[KinesisEntry]
) -> list[KinesisEntry]:
    """Put entries and give back those that Kinesis did not take."""
    try:
        answer = clients.kinesis().put_records(
            StreamARN=kinesis_stream_arn, Records=[_request_entry(entry) for entry in entries]
        )
    except PermissionRevokedError as error:
        clients.recheck()
        raise _ImpairedError("IAM_PERMISSION_REVOKED", str(error)) from error
    except ClientError as error:
        clients.recheck()
        code = _code(error)
        if code in _DENIED:
            raise _ImpairedError("IAM_PERMISSION_REVOKED", code) from error
        if code == "ResourceNotFoundException":
            raise _ImpairedError("KINESIS_STREAM_NOT_FOUND", kinesis_stream_arn) from error
        raise
    results = zip(entries, answer["Records"], strict=True)
    return [entry for entry, result in results if result.get("ErrorCode")]


def _code(error: Exception) -> str:
    """Name an error without its text, which may quote a record."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__


def _request_entry(entry: KinesisEntry) -> PutRecordsRequestEntryTypeDef:
    request: PutRecordsRequestEntryTypeDef = {
        "Data": entry.data,
        "PartitionKey": entry.partition_key,
    }
    if entry.explicit_hash_key is not None:
        request["ExplicitHashKey"] = entry.explicit_hash_key
    return request


def _seeded(options: DeliveryOptions, sequence_no: int) -> DeliveryOptions:
    # Otherwise every round of the same size would be shuffled alike.
    return replace(options, seed=options.seed * 1_000_003 + sequence_no)

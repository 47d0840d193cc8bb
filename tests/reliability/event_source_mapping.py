"""A model of Lambda's event source mapping for Kinesis: pure, deterministic, without threads.

Its driver asks which lanes may be invoked, starts an invocation, runs the function, and
reports how that ended. Each rule cites its source where it is implemented: "batching"
is the Lambda developer guide's "How Lambda processes records from stream and queue-based event
sources", "partial batch" its "Configuring partial batch response with Kinesis Data Streams and
Lambda", "on failure" its "Retain discarded batch records", "API" the Lambda API reference.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.support.discarded_batches import discarded_batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.reliability.kinesis_stream import KinesisStream, StreamRecord

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
_MAX_BACKOFF_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class MappingSettings:
    """Properties of the mapping, with the names of the Lambda API.

    Attributes
    ----------
    batch_size
        Maximum number of records in a batch.
    parallelization_factor
        Batches of one shard that are processed concurrently.
    maximum_retry_attempts
        Retries after the first attempt; -1 for no limit.
    maximum_record_age
        Seconds; -1 for no limit.
    bisect_batch_on_function_error
        Whether to halve a batch whose invocation failed.
    report_batch_item_failures
        Whether to read the function's answer.
    retention
        Retention of the stream in seconds.
    """

    batch_size: int = 100
    parallelization_factor: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age: float = -1
    bisect_batch_on_function_error: bool = True
    report_batch_item_failures: bool = True
    retention: float = 168 * 3600


class Ending(Enum):
    """How an invocation can end without an answer."""

    ERROR = "the function raised, or its process ended"
    TIMED_OUT = "the function was stopped at its time-out"
    THROTTLED = "the function was not started"


@dataclass(kw_only=True)
class _Batch:
    """Records that stay together; `attempts` counts their failed invocations."""

    records: list[StreamRecord]
    attempts: int = 0
    retry_at: float = 0
    backoffs: int = 0


@dataclass(kw_only=True, eq=False)
class Lane:
    """One of a shard's parallel sequences of batches."""

    shard_id: str
    number: int
    waiting: deque[StreamRecord] = field(default_factory=deque)
    broken: deque[_Batch] = field(default_factory=deque)
    busy: bool = False

    @property
    def drained(self) -> bool:
        """Whether everything that was read has been processed."""
        return not (self.waiting or self.broken or self.busy)


@dataclass(frozen=True, kw_only=True, eq=False)
class Invocation:
    """One call of the function with `event`."""

    lane: Lane
    batch: _Batch
    event: dict[str, Any]
    request_id: str
    repeated: bool = False


class EventSourceMapping:
    """The state of one mapping between a stream and a function.

    Parameters
    ----------
    stream
        The stream, read from its oldest record on (``TRIM_HORIZON``).
    settings
        Properties of the mapping.
    on_failure
        Receives the key and the body of an object for the S3 destination.
    random
        Source of identifiers.
    """

    def __init__(
        self,
        stream: KinesisStream,
        settings: MappingSettings,
        on_failure: Callable[[str, bytes], None],
        random: Random,
    ) -> None:
        self._stream = stream
        self._settings = settings
        self._on_failure = on_failure
        self._random = random
        self._uuid = self._new_uuid()
        self._lanes: dict[str, list[Lane]] = {}
        self._read: dict[str, int] = {}
        self.expired: list[StreamRecord] = []

    def ready(self, now: float) -> list[Lane]:
        """Return the lanes that may be invoked now."""
        self._poll()
        return [
            lane
            for shard_id, lanes in self._lanes.items()
            if self._parents_done(shard_id)
            for lane in lanes
            if not lane.busy and _retry_at(lane) <= now and (lane.waiting or lane.broken)
        ]

    def next_retry(self) -> float | None:
        """Return the next time at which a waiting lane may be invoked, if one waits."""
        times = [
            _retry_at(lane)
            for lanes in self._lanes.values()
            for lane in lanes
            if lane.broken and not lane.busy
        ]
        return min(times, default=None)

    @property
    def quiet(self) -> bool:
        """Whether every record of the stream has been processed or discarded."""
        self._poll()
        return all(lane.drained for lanes in self._lanes.values() for lane in lanes)

    def start(self, lane: Lane, now: float) -> Invocation | None:
        """Return an invocation with the lane's next batch; None if all of it was too old."""
        batch = self._next_batch(lane)
        batch = self._without_expired(lane, batch, now)
        if not batch.records:
            return None
        lane.busy = True
        return Invocation(
            lane=lane,
            batch=batch,
            event=self._event(lane.shard_id, batch),
            request_id=str(self._new_uuid()),
        )

    def repeat(self, invocation: Invocation) -> Invocation:
        """Return an invocation that delivers a batch once more, regardless of its outcome.

        Batching: "Lambda event source mappings process each event at least once, and duplicate
        processing of records can occur."
        """
        return Invocation(
            lane=invocation.lane,
            batch=invocation.batch,
            event=invocation.event,
            request_id=str(self._new_uuid()),
            repeated=True,
        )

    def finish(self, invocation: Invocation, outcome: object, now: float) -> None:
        """Continue after the end of an invocation.

        Parameters
        ----------
        invocation
            Result of `start` or `repeat`.
        outcome
            The function's answer, or an `Ending`.
        now
            Seconds since the epoch.
        """
        if invocation.repeated:
            return
        lane, batch = invocation.lane, invocation.batch
        lane.busy = False
        if outcome is Ending.THROTTLED:
            # On failure: what happens before the function runs is retried without counting.
            lane.broken.appendleft(_later(batch, now))
        elif isinstance(outcome, Ending):
            self._failed_whole(lane, batch, now)
        else:
            self._answered(lane, batch, outcome, now)

    def _answered(self, lane: Lane, batch: _Batch, answer: object, now: float) -> None:
        if not self._settings.report_batch_item_failures:
            return
        try:
            checkpoint = lowest_failure(answer, batch.records)
        except InvalidAnswerError:
            self._failed_whole(lane, batch, now)
            return
        if checkpoint is None:
            return
        # Partial batch: everything from the lowest returned sequence number on is retried.
        rest = [each for each in batch.records if each.sequence_number >= checkpoint]
        if len(rest) == len(batch.records):
            self._retry_or_discard(lane, batch, now)
        elif self._settings.bisect_batch_on_function_error:
            # Partial batch: with bisect the batch is split there, and a split does not count.
            remaining = _Batch(records=rest, attempts=batch.attempts, backoffs=batch.backoffs)
            lane.broken.appendleft(_later(remaining, now))
        else:
            self._retry_or_discard(lane, _Batch(records=rest, attempts=batch.attempts), now)

    def _failed_whole(self, lane: Lane, batch: _Batch, now: float) -> None:
        if self._settings.bisect_batch_on_function_error and len(batch.records) > 1:
            # API, BisectBatchOnFunctionError: two halves; on failure: a split does not count.
            middle = len(batch.records) // 2
            for part in (batch.records[middle:], batch.records[:middle]):
                half = _Batch(records=part, attempts=batch.attempts, backoffs=batch.backoffs)
                lane.broken.appendleft(_later(half, now))
        else:
            self._retry_or_discard(lane, batch, now)

    def _retry_or_discard(self, lane: Lane, batch: _Batch, now: float) -> None:
        batch.attempts += 1
        limit = self._settings.maximum_retry_attempts
        if limit >= 0 and batch.attempts > limit:
            # On failure: then the batch is discarded, to the destination, and the shard goes on.
            self._discard(lane, batch, now)
        else:
            lane.broken.appendleft(_later(batch, now))

    def _discard(self, lane: Lane, batch: _Batch, now: float) -> None:
        if not batch.records:
            return
        body = discarded_batch(
            self._event(lane.shard_id, batch)["Records"],
            request_id=str(self._new_uuid()),
            invocations=max(batch.attempts, 1),
            failed_at=now,
        )
        time = datetime.fromtimestamp(now, UTC)
        key = (
            f"aws/lambda/{self._uuid}/{lane.shard_id}/{time:%Y/%m/%d}/"
            f"{time:%Y-%m-%dT%H.%M.%S}-{self._new_uuid()}"
        )
        self._on_failure(key, body)

    def _event(self, shard_id: str, batch: _Batch) -> dict[str, Any]:
        return {"Records": [self._stream.event_record(shard_id, each) for each in batch.records]}

    def _poll(self) -> None:
        factor = self._settings.parallelization_factor
        for shard_id, shard in self._stream.shards.items():
            lanes = self._lanes.setdefault(
                shard_id, [Lane(shard_id=shard_id, number=number) for number in range(factor)]
            )
            for record in shard.records[self._read.get(shard_id, 0) :]:
                # API, ParallelizationFactor: records of one partition key stay in order.
                lanes[_lane_number(record.partition_key, factor)].waiting.append(record)
            self._read[shard_id] = len(shard.records)

    def _parents_done(self, shard_id: str) -> bool:
        """Return whether all records from before a split or merge have been processed.

        Kinesis developer guide, "Resharding": the parents' records were written earlier and must
        be read first.
        """
        shard = self._stream.shards[shard_id]
        return all(
            self._parents_done(parent) and all(lane.drained for lane in self._lanes[parent])
            for parent in shard.parents
        )

    def _next_batch(self, lane: Lane) -> _Batch:
        if lane.broken:
            return lane.broken.popleft()
        records: list[StreamRecord] = []
        payload = len('{"Records": []}')
        while lane.waiting and len(records) < self._settings.batch_size:
            # API, BatchSize: at most that many, and at most the payload limit of an invocation.
            event_record = self._stream.event_record(lane.shard_id, lane.waiting[0])
            payload += len(json.dumps(event_record)) + 2
            if records and payload > MAX_PAYLOAD_BYTES:
                break
            records.append(lane.waiting.popleft())
        return _Batch(records=records)

    def _without_expired(self, lane: Lane, batch: _Batch, now: float) -> _Batch:
        retention, age = self._settings.retention, self._settings.maximum_record_age
        gone = [each for each in batch.records if now - each.arrival > retention]
        # On failure: what the stream no longer has cannot be delivered anywhere.
        self.expired.extend(gone)
        rest = batch.records[len(gone) :]
        old = [each for each in rest if age >= 0 and now - each.arrival > age]
        # API, MaximumRecordAgeInSeconds: older records are discarded, to the destination.
        self._discard(lane, _Batch(records=old, attempts=batch.attempts), now)
        batch.records = rest[len(old) :]
        return batch

    def _new_uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


class InvalidAnswerError(Exception):
    """An answer that Lambda treats as the failure of the whole batch."""


def lowest_failure(answer: object, records: list[StreamRecord]) -> int | None:
    """Return the checkpoint of a partial batch response; None for complete success.

    Partial batch: an empty or null answer, or one whose list is empty or null, is success; an
    empty or null identifier or a wrong key name is failure; of several the lowest counts. An
    identifier that the batch does not have is undocumented for streams: here, failure.

    Raises
    ------
    InvalidAnswerError
        If the whole batch has failed.
    """
    if not answer:
        return None
    if not isinstance(answer, dict):
        raise InvalidAnswerError("not an object")
    failures = answer.get("batchItemFailures")
    if not failures:
        return None
    known = {str(record.sequence_number) for record in records}
    identifiers = [
        failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures
    ]
    if not all(identifier in known for identifier in identifiers):
        raise InvalidAnswerError("an identifier is null, empty or not of this batch")
    return min(int(str(identifier)) for identifier in identifiers)


def _retry_at(lane: Lane) -> float:
    return lane.broken[0].retry_at if lane.broken else 0


def _later(batch: _Batch, now: float) -> _Batch:
    """Return the time of a retry; AWS documents no delays, so they double up to a minute."""
    batch.retry_at = now + min(2**batch.backoffs, _MAX_BACKOFF_SECONDS)
    batch.backoffs += 1
    return batch


def _lane_number(partition_key: str, factor: int) -> int:
    return md5(partition_key.encode()).digest()[-1] % factor  # noqa: S324 (spreads, no secret)

"""Reads all records of a Kinesis stream, from the oldest that it still has."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.errors import OpsError, aws_errors
from ops.handoff.shard_pace import MAX_REFUSALS, ShardPace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_TOO_MANY = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
    }
)
"""Refusals that end by themselves (Kinesis API reference, "GetRecords", "GetShardIterator")."""

_EXPIRED = "ExpiredIteratorException"
"""An iterator is valid for five minutes (Kinesis API reference, "GetShardIterator")."""

_PASSED = _TOO_MANY | {_EXPIRED}
_NAP_SECONDS = 0.2
"""After which a request to stop is noticed."""


@dataclass(slots=True)
class _Shard:
    """One shard and how far it was read.

    Attributes
    ----------
    shard_id
        Its id.
    is_closed
        Whether a resharding has ended it: it gets no more records.
    iterator
        Where the next request reads; None if a new one is needed.
    last_number
        Sequence number of the last record; None before the first one.
    behind_seconds
        How far the last answer was behind the newest record.
    is_at_end
        Whether all that it had when the reading began was read.
    pace
        How fast it is read.
    """

    shard_id: str
    is_closed: bool
    iterator: str | None = None
    last_number: str | None = None
    behind_seconds: float = 0.0
    is_at_end: bool = False
    pace: ShardPace = field(default_factory=ShardPace)


class StreamReader:
    """Reads the shards of a stream in turn; each is read as fast as `ShardPace` says.

    Parameters
    ----------
    client
        boto3's client of Kinesis.
    stream_arn
        The stream.
    clock
        Seconds of a clock that never goes back.
    sleep
        Waits for some seconds.

    Attributes
    ----------
    label
        The stream, for messages.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 (clients share no type)
        stream_arn: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.label = f"stream {stream_arn.rpartition('/')[2]}"
        self._client = client
        self._arn = stream_arn
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self._shards: dict[str, _Shard] = {}
        self._due: list[tuple[float, str]] = []

    @property
    def shards(self) -> int:
        """Number of shards, closed ones included."""
        return len(self._shards)

    @property
    def is_at_end(self) -> bool:
        """Whether all that the stream had when the reading began was read."""
        return all(shard.is_at_end for shard in self._shards.values())

    @property
    def behind_seconds(self) -> float:
        """How far the slowest shard is behind the newest record."""
        open_ends = [each.behind_seconds for each in self._shards.values() if not each.is_at_end]
        return max(open_ends, default=0.0)

    def open(self) -> None:
        """List the shards: those that a resharding has closed too, while they have records.

        Raises
        ------
        OpsError
            If AWS refuses.
        """
        token = None
        while True:
            # A later page is asked for by its token alone (Kinesis API reference, "ListShards").
            which = {"StreamARN": self._arn} if token is None else {"NextToken": token}
            with aws_errors(self.label):
                answer = self._client.list_shards(**which)
            for shard in answer["Shards"]:
                is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                self._add(shard["ShardId"], is_closed=is_closed)
            token = answer.get("NextToken")
            if token is None:
                return

    def read(
        self,
        take: Callable[[bytes, str, datetime], None],
        *,
        stop: Callable[[], bool],
        is_enough: Callable[[], bool],
        wait_seconds: float,
    ) -> None:
        """Read to the end of the stream.

        Parameters
        ----------
        take
            Receives the data of each record, its place for messages, and when it arrived.
        stop
            Returns whether to stop at once.
        is_enough
            Called at the end: returns whether nothing more is waited for.
        wait_seconds
            How long to go on at the end if it is not enough: QLDB delivers out of order, so a block
            may arrive later than those that follow it.

        Raises
        ------
        OpsError
            If AWS refuses.
        """
        end_reached: float | None = None
        while not stop():
            now = self._clock()
            if self.is_at_end:
                end_reached = now if end_reached is None else end_reached
                if not self._due or is_enough() or now - end_reached >= wait_seconds:
                    return
            else:
                end_reached = None
            due, shard_id = self._due[0]
            if due > now:
                self._sleep(min(due - now, _NAP_SECONDS))
                continue
            heapq.heappop(self._due)
            pause = self._read_once(self._shards[shard_id], take)
            if pause is not None:
                heapq.heappush(self._due, (self._clock() + pause, shard_id))

    def _add(self, shard_id: str, *, is_closed: bool) -> None:
        if shard_id not in self._shards:
            self._shards[shard_id] = _Shard(shard_id, is_closed)
            heapq.heappush(self._due, (self._clock(), shard_id))

    def _read_once(
        self, shard: _Shard, take: Callable[[bytes, str, datetime], None]
    ) -> float | None:
        """Read once, and return the seconds before the next time; None if nothing can follow."""
        try:
            with aws_errors(self.label, passes=_PASSED):
                answer = self._answer(shard)
        except ClientError as error:
            return self._refused(shard, str(error.response["Error"]["Code"]))
        records = answer["Records"]
        for record in records:
            place = f"{shard.shard_id} {record['SequenceNumber']}"
            take(record["Data"], place, record["ApproximateArrivalTimestamp"])
        if records:
            shard.last_number = records[-1]["SequenceNumber"]
        for child in answer.get("ChildShards") or ():
            self._add(child["ShardId"], is_closed=False)
        shard.behind_seconds = answer["MillisBehindLatest"] / 1000
        shard.iterator = answer.get("NextShardIterator")
        # A busy stream has no end: what arrives after the start of the command is not waited for.
        elapsed = self._clock() - self._started
        is_over = shard.iterator is None or (shard.is_closed and not shard.behind_seconds)
        shard.is_at_end = shard.is_at_end or is_over or shard.behind_seconds <= elapsed
        if is_over:
            return None
        return shard.pace.served(len(records), sum(len(each["Data"]) for each in records))

    def _answer(self, shard: _Shard) -> Any:  # noqa: ANN401 (answers of clients share no type)
        if shard.iterator is None:
            start = (
                {"ShardIteratorType": "TRIM_HORIZON"}
                if shard.last_number is None
                else {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "StartingSequenceNumber": shard.last_number,
                }
            )
            shard.iterator = self._client.get_shard_iterator(
                StreamARN=self._arn, ShardId=shard.shard_id, **start
            )["ShardIterator"]
        return self._client.get_records(
            StreamARN=self._arn, ShardIterator=shard.iterator, Limit=shard.pace.limit
        )

    def _refused(self, shard: _Shard, code: str) -> float:
        if code == _EXPIRED:
            shard.iterator = None
            return 0.0
        pause = shard.pace.refused()
        if shard.pace.refusals >= MAX_REFUSALS:
            raise OpsError(
                f"{self.label}: {shard.shard_id} was answered with {code} "
                f"{shard.pace.refusals} times: its other readers take all that it serves. Run the "
                "command again when they read less, or stop them meanwhile"
            )
        return pause

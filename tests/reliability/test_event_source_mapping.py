"""The model of the event source mapping follows the documented rules, one test for each.

It proves the model, on which the schedules rely. It cannot prove what AWS does not document: the
length of back-offs, the answer to an unknown identifier, which condition an aged batch carries.
Sources as in `event_source_mapping`.
"""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from tests.reliability.event_source_mapping import (
    MAX_PAYLOAD_BYTES,
    Ending,
    EventSourceMapping,
    Invocation,
    MappingSettings,
)
from tests.reliability.kinesis_stream import KinesisStream
from tests.support.kinesis_events import STREAM_ARN

START = 1_700_000_000.0


class MappedStream:
    """A stream with a mapping and a clock."""

    def __init__(self, *, shards: int = 1, first: int = 1, **settings: Any) -> None:  # noqa: ANN401 (settings of several types)
        self.now = START
        self.kinesis = KinesisStream(
            arn=STREAM_ARN, shard_count=shards, first_sequence_number=first - 1
        )
        self.objects: dict[str, dict[str, Any]] = {}
        self.mapping = EventSourceMapping(
            self.kinesis, MappingSettings(**settings), self._keep, random.Random(7)
        )

    def _keep(self, key: str, body: bytes) -> None:
        self.objects[key] = json.loads(body)

    def put(self, count: int, *, keys: int | None = None, size: int = 3) -> list[int]:
        """Put records; return their sequence numbers."""
        return [
            self.kinesis.put(
                f"key {n % (keys or count)}", b"x" * size, now=self.now
            ).sequence_number
            for n in range(count)
        ]

    def start(self) -> Invocation:
        """Start the first lane that is ready, at that time."""
        ready = self.mapping.ready(self.now)
        if not ready:
            retry = self.mapping.next_retry()
            assert retry is not None
            self.now = retry
            ready = self.mapping.ready(self.now)
        invocation = self.mapping.start(ready[0], self.now)
        assert invocation is not None
        return invocation

    def run(self, *outcomes: object) -> list[list[int]]:
        """Run one invocation for each outcome; return the sequence numbers of each."""
        seen = []
        for outcome in outcomes:
            invocation = self.start()
            seen.append(numbers(invocation))
            self.mapping.finish(invocation, outcome, self.now)
        return seen


def numbers(invocation: Invocation) -> list[int]:
    return [int(record["kinesis"]["sequenceNumber"]) for record in invocation.event["Records"]]


def failed(*identifiers: object) -> dict[str, Any]:
    shown = [str(each) if isinstance(each, int) else each for each in identifiers]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in shown]}


def payload_numbers(body: dict[str, Any]) -> list[int]:
    records = json.loads(body["payload"])["Records"]
    return [int(record["kinesis"]["sequenceNumber"]) for record in records]


# Batches (API, CreateEventSourceMapping: BatchSize; batching).


def test_a_batch_holds_at_most_the_batch_size() -> None:
    stream = MappedStream(batch_size=3)
    one, two, three, four = stream.put(4)
    assert stream.run(None, None) == [[one, two, three], [four]]
    assert stream.mapping.quiet


def test_a_batch_stays_within_the_payload_of_an_invocation() -> None:
    stream = MappedStream(batch_size=100)
    sent = stream.put(8, size=1024 * 1024)
    seen = stream.run(None, None)
    assert [number for batch in seen for number in batch] == sent
    # Base64 makes 1 MiB a third longer: four fit into 6 MiB, five do not.
    assert [len(batch) for batch in seen] == [4, 4]


def test_one_record_above_the_payload_is_still_tried_alone() -> None:
    stream = MappedStream()
    (only,) = stream.put(1, size=MAX_PAYLOAD_BYTES)
    assert stream.run(None) == [[only]]


def test_a_batch_is_of_one_shard() -> None:
    stream = MappedStream(shards=2)
    stream.put(20)
    lanes = stream.mapping.ready(stream.now)
    assert sorted(lane.shard_id for lane in lanes) == [
        "shardId-000000000000",
        "shardId-000000000001",
    ]
    for lane in lanes:
        invocation = stream.mapping.start(lane, stream.now)
        assert invocation is not None
        shards = {record["eventID"].split(":")[0] for record in invocation.event["Records"]}
        assert shards == {lane.shard_id}


def test_the_event_has_the_documented_fields() -> None:
    stream = MappedStream()
    (number,) = stream.put(1)
    (record,) = stream.start().event["Records"]
    assert record["eventID"] == f"shardId-000000000000:{number}"
    assert record["eventSourceARN"] == STREAM_ARN
    assert record["kinesis"]["data"] == "eHh4"
    assert record["kinesis"]["approximateArrivalTimestamp"] == START


def test_one_batch_of_a_lane_is_under_way_at_a_time() -> None:
    stream = MappedStream(batch_size=1)
    stream.put(2)
    stream.start()
    assert stream.mapping.ready(stream.now) == []


# Parallelization factor (API, ParallelizationFactor).


def test_parallel_batches_keep_the_order_of_each_partition_key() -> None:
    stream = MappedStream(parallelization_factor=10, batch_size=2)
    stream.put(200, keys=20)
    lanes_of_key: dict[str, set[int]] = {}
    last_of_key: dict[str, int] = {}
    most = 0
    while not stream.mapping.quiet:
        started = [
            stream.mapping.start(lane, stream.now) for lane in stream.mapping.ready(stream.now)
        ]
        most = max(most, len(started))
        for invocation in started:
            assert invocation is not None
            for record in invocation.event["Records"]:
                key = record["kinesis"]["partitionKey"]
                number = int(record["kinesis"]["sequenceNumber"])
                assert number > last_of_key.get(key, 0)
                last_of_key[key] = number
                lanes_of_key.setdefault(key, set()).add(invocation.lane.number)
            stream.mapping.finish(invocation, None, stream.now)
    assert all(len(lanes) == 1 for lanes in lanes_of_key.values())
    assert 1 < most <= 10


# Answers (partial batch).


@pytest.mark.parametrize(
    "answer", [None, "", {}, {"batchItemFailures": []}, {"batchItemFailures": None}], ids=str
)
def test_an_empty_answer_is_success(answer: object) -> None:
    stream = MappedStream()
    stream.put(4)
    stream.run(answer)
    assert stream.mapping.quiet


@pytest.mark.parametrize(
    "answer",
    [
        failed(""),
        failed(None),
        failed("no such number"),
        {"batchItemFailures": [{"itemIdentifer": "1"}]},
        {"batchItemFailures": ["1"]},
        "text",
    ],
    ids=str,
)
def test_an_invalid_answer_fails_the_whole_batch(answer: object) -> None:
    stream = MappedStream(bisect_batch_on_function_error=False)
    sent = stream.put(4)
    assert stream.run(answer, None) == [sent, sent]


@pytest.mark.parametrize("bisect", [False, True])
def test_the_lowest_returned_number_is_the_checkpoint(*, bisect: bool) -> None:
    stream = MappedStream(bisect_batch_on_function_error=bisect)
    sent = stream.put(6)
    assert stream.run(failed(sent[4], sent[2], sent[5]), None) == [sent, sent[2:]]
    assert stream.mapping.quiet


def test_numbers_are_compared_as_numbers() -> None:
    stream = MappedStream(first=98)
    sent = stream.put(4)
    assert sent == [98, 99, 100, 101]
    assert stream.run(failed(100, 99), None) == [sent, sent[1:]]


def test_a_failed_first_record_retries_the_whole_batch() -> None:
    stream = MappedStream()
    sent = stream.put(3)
    assert stream.run(failed(sent[0]), None) == [sent, sent]


def test_without_the_setting_an_answer_is_not_read() -> None:
    stream = MappedStream(report_batch_item_failures=False)
    sent = stream.put(3)
    stream.run(failed(sent[0]))
    assert stream.mapping.quiet


# Errors (API, BisectBatchOnFunctionError; on failure).


@pytest.mark.parametrize("ending", [Ending.ERROR, Ending.TIMED_OUT])
def test_an_error_or_time_out_halves_the_batch(ending: Ending) -> None:
    stream = MappedStream()
    sent = stream.put(5)
    seen = stream.run(ending, ending, None, None, None)
    assert seen == [sent, sent[:2], sent[:1], sent[1:2], sent[2:]]
    assert stream.mapping.quiet


def test_without_bisect_the_same_batch_is_tried_again() -> None:
    stream = MappedStream(bisect_batch_on_function_error=False)
    sent = stream.put(5)
    assert stream.run(Ending.ERROR, Ending.ERROR, None) == [sent, sent, sent]


def test_what_follows_a_failed_batch_waits() -> None:
    stream = MappedStream(batch_size=2)
    sent = stream.put(4)
    assert stream.run(Ending.ERROR, None, None, None) == [sent[:2], sent[:1], sent[1:2], sent[2:]]


def test_a_retry_waits() -> None:
    stream = MappedStream()
    stream.put(1)
    stream.run(Ending.ERROR)
    assert stream.mapping.ready(stream.now) == []
    retry = stream.mapping.next_retry()
    assert retry is not None
    assert retry > stream.now
    assert stream.mapping.ready(retry) != []


# Limits (API, MaximumRetryAttempts and MaximumRecordAgeInSeconds; on failure).


def test_after_the_retries_a_batch_is_discarded_to_the_destination() -> None:
    stream = MappedStream(
        maximum_retry_attempts=2, bisect_batch_on_function_error=False, batch_size=2
    )
    sent = stream.put(3)
    seen = stream.run(Ending.ERROR, Ending.ERROR, Ending.ERROR, None)
    # Two retries are three attempts; then the shard goes on.
    assert seen == [sent[:2]] * 3 + [sent[2:]]
    (body,) = stream.objects.values()
    assert payload_numbers(body) == sent[:2]


def test_a_split_does_not_count_as_an_attempt() -> None:
    stream = MappedStream(maximum_retry_attempts=0)
    sent = stream.put(4)
    # Given no retry at all, one bad record is still found by halving, and it alone is discarded.
    outcomes = (Ending.ERROR, Ending.ERROR, None, Ending.ERROR, None)
    assert stream.run(*outcomes) == [sent, sent[:2], sent[:1], sent[1:2], sent[2:]]
    (body,) = stream.objects.values()
    assert payload_numbers(body) == sent[1:2]
    assert stream.mapping.quiet


def test_progress_by_partial_answers_does_not_use_up_the_retries() -> None:
    stream = MappedStream(maximum_retry_attempts=0)
    sent = stream.put(4)
    seen = stream.run(failed(sent[1]), failed(sent[2]), failed(sent[3]), None)
    assert seen == [sent, sent[1:], sent[2:], sent[3:]]
    assert stream.objects == {}


def test_partial_answers_without_progress_use_up_the_retries() -> None:
    stream = MappedStream(maximum_retry_attempts=1)
    sent = stream.put(2)
    stream.run(failed(sent[0]), failed(sent[0]))
    assert stream.mapping.quiet
    (body,) = stream.objects.values()
    assert payload_numbers(body) == sent


def test_without_a_limit_a_poison_record_blocks_its_lane() -> None:
    stream = MappedStream(maximum_retry_attempts=-1)
    sent = stream.put(1)
    assert stream.run(*[Ending.ERROR] * 200) == [sent] * 200
    assert not stream.mapping.quiet
    assert stream.objects == {}


def test_throttles_are_not_counted() -> None:
    stream = MappedStream(maximum_retry_attempts=0)
    sent = stream.put(2)
    assert stream.run(*[Ending.THROTTLED] * 20, None) == [sent] * 21
    assert stream.objects == {}


def test_records_above_the_age_are_discarded_to_the_destination() -> None:
    stream = MappedStream(maximum_record_age=60)
    old = stream.put(2)
    stream.run(Ending.THROTTLED)
    stream.now += 61
    new = stream.put(2)
    lane = stream.mapping.ready(stream.now)[0]
    assert stream.mapping.start(lane, stream.now) is None
    assert stream.run(None) == [new]
    (body,) = stream.objects.values()
    assert payload_numbers(body) == old


def test_expired_records_are_lost_permanently() -> None:
    stream = MappedStream(retention=3600)
    old = stream.put(2)
    stream.now += 3601
    assert stream.mapping.start(stream.mapping.ready(stream.now)[0], stream.now) is None
    assert [record.sequence_number for record in stream.mapping.expired] == old
    assert stream.objects == {}


# The object in S3 (on failure).


def test_the_object_names_shard_batch_and_time_and_holds_the_event() -> None:
    stream = MappedStream(maximum_retry_attempts=0, bisect_batch_on_function_error=False)
    sent = stream.put(2)
    event = stream.start()
    stream.mapping.finish(event, Ending.ERROR, stream.now)
    ((key, body),) = stream.objects.items()
    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(
        f"aws/lambda/{uuid}/shardId-000000000000/2023/11/14/2023-11-14T22.13.20-{uuid}", key
    )
    assert json.loads(body["payload"]) == event.event
    assert body["KinesisBatchInfo"] == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": str(sent[0]),
        "endSequenceNumber": str(sent[1]),
        "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20.000Z",
        "approximateArrivalOfLastRecord": "2023-11-14T22:13:20.000Z",
        "batchSize": 2,
        "streamArn": STREAM_ARN,
    }
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"


# At least once (batching).


def test_a_repeated_batch_changes_nothing_in_the_mapping() -> None:
    stream = MappedStream()
    sent = stream.put(2)
    invocation = stream.start()
    again = stream.mapping.repeat(invocation)
    assert numbers(again) == sent
    stream.mapping.finish(again, Ending.ERROR, stream.now)
    stream.mapping.finish(invocation, None, stream.now)
    assert stream.mapping.quiet


# Resharding (Kinesis developer guide, "Resharding a stream").


def test_parents_are_processed_before_the_children_of_a_split() -> None:
    stream = MappedStream(batch_size=1)
    parents = stream.put(2)
    stream.kinesis.split("shardId-000000000000")
    children = stream.put(8)
    seen = stream.run(Ending.ERROR, None, None)
    assert [number for batch in seen for number in batch] == [parents[0], parents[0], parents[1]]
    later = stream.run(*[None] * 8)
    assert sorted(number for batch in later for number in batch) == children
    assert stream.mapping.quiet


def test_parents_are_processed_before_the_child_of_a_merge() -> None:
    stream = MappedStream(shards=2)
    parents = stream.put(10)
    stream.kinesis.merge("shardId-000000000000", "shardId-000000000001")
    child = stream.put(3)
    first, second, third = stream.run(None, None, None)
    assert sorted(first + second) == parents
    assert third == child


def test_only_open_neighbours_merge() -> None:
    stream = MappedStream(shards=3)
    with pytest.raises(ValueError, match="neighbours"):
        stream.kinesis.merge("shardId-000000000000", "shardId-000000000002")


def test_a_record_lands_in_the_shard_of_its_partition_key() -> None:
    stream = MappedStream(shards=4)
    for n in range(50):
        stream.kinesis.put(f"key {n % 10}", b"", now=stream.now)
    shards_of_key: dict[str, set[str]] = {}
    for shard in stream.kinesis.shards.values():
        for record in shard.records:
            shards_of_key.setdefault(record.partition_key, set()).add(shard.shard_id)
    assert all(len(shards) == 1 for shards in shards_of_key.values())
    assert len({min(shards) for shards in shards_of_key.values()}) > 1

"""Concurrent handlers in real threads, each with its own pool, on one table.

The schedules prove the interleavings that they choose, and hand over only at the clients' calls.
Here the operating system chooses, so runs differ, but the result must always be the same, even if
requests fail, or take longer than the invocation and are carried out after its end.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import pytest

from handler.batch import Handler
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from ops.failure_bucket import FailureBucket
from ops.record_processing import RecordProcessor
from ops.redrive import redrive_objects
from tests.reliability.assembly import environment, failure_objects
from tests.reliability.backends import MemoryBackend
from tests.reliability.fault_injection import (
    BUCKET_KINDS,
    SLOW,
    STATEMENT_KINDS,
    TABLE_KINDS,
    FaultKind,
)
from tests.reliability.history_factory import make_history
from tests.reliability.kinesis_stream import KinesisStream
from tests.reliability.plan import Plan
from tests.reliability.random_faults import RandomFaults
from tests.reliability.verdict import Watch, after_quiet, after_redrive
from tests.support.failure_bucket import BUCKET
from tests.support.faults import NoFaults
from tests.support.kinesis_events import STREAM_ARN
from tests.support.lambda_context import LambdaContext
from tests.support.memory_s3 import Buckets, MemoryS3

if TYPE_CHECKING:
    from tests.reliability.history import History

HANDLERS = 4


SLOW_KIND = FaultKind(name=SLOW)

LONG, SHORT = 60.0, 0.5
"""Time limits of an invocation in seconds."""

SLOWEST_SECONDS = 0.4
OUTAGE_SECONDS = 1.5
DELIVERIES = 200


class _Pauses(NoFaults):
    """Yields to other threads between statements."""

    def before_statement(self, operation: str) -> str | None:
        time.sleep(0)
        return super().before_statement(operation)


def _events(history: History, seed: int) -> list[dict[str, Any]]:
    """Return batches of all records, in a random order by seed."""
    stream = KinesisStream(arn=STREAM_ARN, shard_count=1)
    entries = list(history.entries)
    random.Random(seed).shuffle(entries)
    records = [stream.put(each.partition_key, each.data, now=1.0) for each in entries]
    shown = [stream.event_record("shardId-000000000000", record) for record in records]
    return [{"Records": shown[start : start + 50]} for start in range(0, len(shown), 50)]


@pytest.mark.parametrize("seed", range(5))
def test_handlers_with_pools_agree_on_the_table(seed: int) -> None:
    # Given a ledger with many documents and four handlers, each with its own pool
    plan = Plan(
        seed=seed,
        commits=60,
        documents=20,
        wide=40,
        copies=2,
        shuffle=True,
        projected_history=True,
        indexed=True,
        generations=1,
    )
    history = make_history(plan, random.Random(seed))
    watch = Watch(history)
    backend = MemoryBackend(history.tables, watch.written)
    buckets = Buckets(BUCKET)
    answers: list[object] = []

    def consume(number: int) -> None:
        handler = Handler(
            settings=HandlerSettings.from_environment(environment(backend, BUCKET, history.tables)),
            writer=BatchStatementWriter(backend.client(_Pauses())),
            failures=FailureStore(MemoryS3(buckets), BUCKET),
            telemetry=None,
        )
        events = _events(history, number)
        answers.extend(handler.process(event, LambdaContext.ending_in(LONG)) for event in events)

    # When all of them consume everything at once
    with ThreadPoolExecutor(HANDLERS) as threads:
        list(threads.map(consume, range(HANDLERS)))
    # Then the tables equal the ledger, and no write went backwards
    assert after_quiet(history, backend, [], watch) == 0
    assert watch.violations == []
    assert answers
    assert all(answer == {"batchItemFailures": []} for answer in answers)


def _until_success(handler: Handler, event: dict[str, Any]) -> int:
    """Deliver a batch like the event source mapping; return the number of deliveries."""
    records = event["Records"]
    for delivery in range(1, DELIVERIES):
        answer = handler.process({"Records": records}, LambdaContext.ending_in(SHORT))
        failures = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
        if not failures:
            return delivery
        places = [each["kinesis"]["sequenceNumber"] for each in records]
        records = records[places.index(min(failures, key=int)) :]
    raise AssertionError(f"not done after {DELIVERIES} deliveries")


@pytest.mark.parametrize("seed", range(2))
def test_handlers_with_pools_keep_every_promise_under_faults(seed: int) -> None:
    # Given documents, poison, and services with faults of every kind for some time
    plan = Plan(
        seed=seed,
        commits=60,
        documents=30,
        wide=40,
        copies=2,
        shuffle=True,
        poison=3,
        projected_history=True,
        whole_history=True,
    )
    history = make_history(plan, random.Random(seed))
    watch = Watch(history)
    backend, buckets = MemoryBackend(history.tables, watch.written), Buckets(BUCKET)
    settings = HandlerSettings.from_environment(environment(backend, BUCKET, history.tables))
    table_faults = RandomFaults(
        [*TABLE_KINDS, *[SLOW_KIND] * 60],
        STATEMENT_KINDS,
        rate=0.25,
        seed=seed,
        slow_seconds=SLOWEST_SECONDS,
    )
    bucket_faults = RandomFaults(
        [*BUCKET_KINDS, *[SLOW_KIND] * 20],
        [],
        rate=0.3,
        seed=seed,
        slow_seconds=SLOWEST_SECONDS,
    )

    def consume(number: int) -> int:
        handler = Handler(
            settings=settings,
            writer=BatchStatementWriter(backend.client(table_faults)),
            failures=FailureStore(MemoryS3(buckets, bucket_faults), BUCKET, puts_in_flight=4),
            telemetry=None,
        )
        return sum(_until_success(handler, event) for event in _events(history, number))

    # When all handlers consume everything at once, each batch until it is done
    with ThreadPoolExecutor(HANDLERS) as threads:
        consuming = [threads.submit(consume, number) for number in range(HANDLERS)]
        wait(consuming, timeout=OUTAGE_SECONDS)
        while not table_faults.counts[SLOW_KIND.name] and not all(map(Future.done, consuming)):
            time.sleep(0.01)  # a busy machine sends few requests in that time
        table_faults.end()
        bucket_faults.end()
    deliveries = sum(each.result() for each in consuming)
    time.sleep(SLOWEST_SECONDS)  # what was given up may still be under way
    # Then there was trouble, and the tables equal the ledger but for what is quarantined
    assert deliveries > HANDLERS * len(_events(history, 0))
    assert table_faults.counts[SLOW_KIND.name] > 0
    assert after_quiet(history, backend, failure_objects(buckets, BUCKET), watch) == 0
    # And after redrive they equal it but for what cannot be stored or read
    redrive_objects(
        list(buckets.objects(BUCKET)),
        bucket=FailureBucket(MemoryS3(buckets), BUCKET),
        processor=RecordProcessor(
            settings=settings, writer=BatchStatementWriter(backend.client(NoFaults()))
        ),
    )
    failures = failure_objects(buckets, BUCKET)
    assert after_redrive(history, backend, failures, watch, dropped=False) == 0
    assert watch.violations == []

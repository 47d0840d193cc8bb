"""Real threads: handlers that use their own pools, at once, on one table.

The schedules prove each interleaving that they choose, and hand over only at the clients' calls.
Here the operating system chooses; nothing repeats, but the end has to be the same every time.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from handler.app import Handler
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from tests.reliability.assembly import environment
from tests.reliability.backends import MemoryBackend
from tests.reliability.faults import NoFaults
from tests.reliability.history import History, make_history
from tests.reliability.kinesis_stream import KinesisStream
from tests.reliability.memory_s3 import Buckets, MemoryS3
from tests.reliability.plan import Plan
from tests.reliability.schedule import BUCKET, REPLICATED, STREAM_ARN
from tests.reliability.verdict import Watch, after_quiet

HANDLERS = 4


class _Context:
    function_name = "replica"
    function_version = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class _Pauses(NoFaults):
    """Gives the other threads a chance between any two statements."""

    def before_statement(self, operation: str) -> str | None:
        time.sleep(0)
        return super().before_statement(operation)


def _events(history: History, seed: int) -> list[dict[str, Any]]:
    """Put everything into batches, in an order of its own for each seed."""
    stream = KinesisStream(arn=STREAM_ARN, shard_count=1)
    entries = list(history.entries)
    random.Random(seed).shuffle(entries)
    records = [stream.put(each.partition_key, each.data, now=1.0) for each in entries]
    shown = [stream.event_record("shardId-000000000000", record) for record in records]
    return [{"Records": shown[start : start + 50]} for start in range(0, len(shown), 50)]


@pytest.mark.parametrize("seed", range(5))
def test_handlers_with_pools_agree_on_the_table(seed: int) -> None:
    # Given a ledger with many documents and four handlers, each with a pool of its own
    plan = Plan(seed=seed, commits=60, documents=20, wide=40, copies=2, shuffle=True)
    history = make_history(plan, random.Random(seed))
    watch = Watch(history)
    backend = MemoryBackend(REPLICATED, watch.written)
    buckets = Buckets(BUCKET)
    answers: list[object] = []

    def consume(number: int) -> None:
        handler = Handler(
            settings=HandlerSettings.from_environment(environment(backend, BUCKET, None)),
            writer=BatchStatementWriter(backend.client(_Pauses())),
            failures=FailureStore(MemoryS3(buckets), BUCKET),
            telemetry=None,
        )
        answers.extend(handler.process(event, _Context()) for event in _events(history, number))

    # When all of them consume everything at once
    threads = [threading.Thread(target=consume, args=(number,)) for number in range(HANDLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then the tables equal the ledger, and no write went backwards
    assert after_quiet(history, backend, [], watch) == 0
    assert watch.violations == []
    assert answers
    assert all(answer == {"batchItemFailures": []} for answer in answers)

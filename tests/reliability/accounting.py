"""Runs one Kinesis record through the handler, and checks that each user record is counted."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from handler.batch import UNFORESEEN, Handler
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from tests.reliability.assembly import environment
from tests.reliability.backends import MemoryBackend
from tests.support.failure_bucket import BUCKET
from tests.support.faults import NoFaults
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.memory_s3 import Buckets, MemoryS3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.telemetry import BatchCounts


class _Counts:
    def __init__(self) -> None:
        self.counts: BatchCounts | None = None

    def publish(self, counts: BatchCounts) -> None:
        self.counts = counts


def process(data: bytes) -> tuple[object, BatchCounts, list[bytes]]:
    """Process one Kinesis record; return answer, counts and the payloads in the failure bucket."""
    backend = MemoryBackend()
    buckets, counts = Buckets(BUCKET), _Counts()
    handler = Handler(
        settings=HandlerSettings.from_environment(environment(backend, BUCKET)),
        writer=BatchStatementWriter(backend.client(NoFaults()), requests_in_flight=1),
        failures=FailureStore(MemoryS3(buckets), BUCKET),
        telemetry=counts,
    )
    answer = handler.process(event(data), LambdaContext())
    assert counts.counts is not None
    bodies = buckets.objects(BUCKET).values()
    kept = [base64.b64decode(json.loads(body)["payload"]) for body in bodies]
    return answer, counts.counts, kept


def assert_accounted_for(data: bytes, records: Sequence[bytes]) -> None:
    """Check that each user record was counted once, or that the data was quarantined whole.

    Also checks that the handler had no unexpected exception.
    """
    answer, counts, kept = process(data)
    assert answer == {"batchItemFailures": []}
    total = counts.total()
    settled = total.applied + total.stale + total.superseded + total.redacted
    quarantined = counts.quarantined.total()
    assert quarantined == len(kept)
    assert {data, *records}.issuperset(kept)
    if data not in kept:
        expected = len(records) or 1  # an empty aggregate counts as one
        assert settled + counts.ignored.total() + quarantined == expected
    assert [code for reason, code in counts.quarantined if reason == UNFORESEEN] == []

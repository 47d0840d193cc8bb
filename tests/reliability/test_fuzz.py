"""Any bytes as a record: each ends applied, stale, ignored or whole in the failure bucket.

Random bytes, and records and frames of a simulated ledger with bytes changed, cut out, repeated and
put in. It proves that the handler comes to an end without an exception and counts each record once.
It cannot prove that a change which still reads as a right record is noticed: nothing could.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler.app import Handler
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from local.qldb.records import aggregate
from tests.reliability.assembly import environment
from tests.reliability.backends import MemoryBackend
from tests.reliability.faults import NoFaults
from tests.reliability.history import make_history
from tests.reliability.memory_s3 import Buckets, MemoryS3
from tests.reliability.plan import Plan
from tests.reliability.schedule import BUCKET, REPLICATED, STREAM_ARN

if TYPE_CHECKING:
    from handler.telemetry import BatchCounts
    from tests.reliability.attribute_values import Item

EXAMPLES = 400


class _Context:
    function_name = "replica"
    function_version = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class _Counts:
    def __init__(self) -> None:
        self.counts: BatchCounts | None = None

    def publish(self, counts: BatchCounts) -> None:
        self.counts = counts


def _not_watched(_: str, __: Item | None, ___: Item) -> None:
    """Changed bytes may change any attribute: there is nothing to compare an item with."""


def process(data: bytes) -> tuple[object, BatchCounts, list[bytes]]:
    """Process one Kinesis record; return answer, counts and the payloads in the failure bucket."""
    backend = MemoryBackend(REPLICATED, _not_watched)
    buckets, counts = Buckets(BUCKET), _Counts()
    handler = Handler(
        settings=HandlerSettings.from_environment(environment(backend, BUCKET, None)),
        writer=BatchStatementWriter(backend.client(NoFaults()), requests_in_flight=1),
        failures=FailureStore(MemoryS3(buckets), BUCKET),
        telemetry=counts,
    )
    answer = handler.process({"Records": [_event_record(data)]}, _Context())
    assert counts.counts is not None
    bodies = buckets.objects(BUCKET).values()
    kept = [base64.b64decode(json.loads(body)["payload"]) for body in bodies]
    return answer, counts.counts, kept


def _event_record(data: bytes) -> dict[str, Any]:
    return {
        "kinesis": {
            "partitionKey": "a",
            "sequenceNumber": "1",
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1.0,
        },
        "eventID": "shardId-000000000000:1",
        "eventSourceARN": STREAM_ARN,
    }


@cache
def genuine() -> tuple[list[bytes], list[bytes]]:
    """Give user records and Kinesis records of one simulated ledger, redactions among them."""
    plan = Plan(seed=5, commits=25, replay=True, records_per_aggregate=3)
    history = make_history(plan, Random(plan.seed))
    records = [data for each in history.user_records.values() for data in each]
    return list(dict.fromkeys(records)), list(history.user_records)


@st.composite
def damaged(draw: st.DrawFn, *, frames: bool) -> bytes:
    """Change a genuine record at some places."""
    data = bytearray(draw(st.sampled_from(genuine()[frames])))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        match draw(st.sampled_from(("flip", "cut", "insert", "repeat", "truncate"))):
            case "flip":
                data[start : start + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del data[start:end]
            case "insert":
                data[start:start] = draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                data[start:start] = data[start:end]
            case _:
                del data[start:]
    return bytes(data)


def assert_accounted_for(data: bytes, records: list[bytes]) -> None:
    """Check that each of the user records of some data was counted once, or the data kept whole."""
    answer, counts, kept = process(data)
    assert answer == {"batchItemFailures": []}
    settled = counts.applied + counts.stale + counts.superseded + counts.redacted
    quarantined = counts.quarantined.total()
    assert quarantined == len(kept)
    assert set(kept) <= {data, *records}
    if data not in kept:
        assert settled + counts.ignored.total() + quarantined == len(records)


_SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@_SETTINGS
@given(st.one_of(st.binary(max_size=200), damaged(frames=False)))
def test_any_bytes_as_a_record(data: bytes) -> None:
    assert_accounted_for(data, [data])


@_SETTINGS
@given(st.lists(st.one_of(st.binary(max_size=60), damaged(frames=False)), min_size=1, max_size=4))
def test_any_bytes_in_an_aggregate(records: list[bytes]) -> None:
    frame = aggregate((str(number), data) for number, data in enumerate(records))
    assert_accounted_for(frame, records)


@_SETTINGS
@given(damaged(frames=True))
def test_a_damaged_frame(data: bytes) -> None:
    # Given a frame whose MD5 does not fit, it is kept whole; else it is a record of its own.
    answer, counts, kept = process(data)
    assert answer == {"batchItemFailures": []}
    if data not in kept:
        assert not counts.quarantined
    assert set(kept) <= {data}

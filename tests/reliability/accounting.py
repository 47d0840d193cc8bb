"""Runs one Kinesis record through the handler, and checks that each user record is counted."""

from __future__ import annotations

import base64
import builtins
import json
from typing import TYPE_CHECKING, NamedTuple

from handler.batch import Handler
from handler.failures import FailureStore
from handler.revision_batch import UNFORESEEN
from handler.settings import HandlerSettings
from handler.writer import BatchStatementWriter
from tests.reliability.assembly import environment
from tests.reliability.backends import MemoryBackend
from tests.reliability.ledger_tables import NO_OPTIONS, REPLICATED, TableOptions
from tests.support.failure_bucket import BUCKET
from tests.support.faults import NoFaults
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.memory_s3 import Buckets, MemoryS3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handler.telemetry import BatchCounts
    from tests.support.attribute_values import Item

WITH_HISTORY = {name: TableOptions(history=True) for name in REPLICATED}
"""Options of ledger tables that all have a history."""


class Processed(NamedTuple):
    """What became of one Kinesis record.

    Attributes
    ----------
    answer
        The handler's answer.
    counts
        Its counts.
    quarantined
        The payloads in the failure bucket.
    state, history
        The items of the current state by ledger table and key, and those of the history table.
    """

    answer: object
    counts: BatchCounts
    quarantined: list[bytes]
    state: dict[str, dict[str, Item]]
    history: dict[tuple[str, int], Item]


class _Counts:
    def __init__(self) -> None:
        self.counts: BatchCounts | None = None

    def publish(self, counts: BatchCounts) -> None:
        self.counts = counts


def process(data: bytes, options: Mapping[str, TableOptions] = NO_OPTIONS) -> Processed:
    """Process one Kinesis record with the ledger tables' options."""
    backend = MemoryBackend(options)
    buckets, counts = Buckets(BUCKET), _Counts()
    handler = Handler(
        settings=HandlerSettings.from_environment(environment(backend, BUCKET, options)),
        writer=BatchStatementWriter(backend.client(NoFaults()), requests_in_flight=1),
        failures=FailureStore(MemoryS3(buckets), BUCKET),
        telemetry=counts,
    )
    answer = handler.process(event(data), LambdaContext())
    assert counts.counts is not None
    bodies = buckets.objects(BUCKET).values()
    return Processed(
        answer=answer,
        counts=counts.counts,
        quarantined=[base64.b64decode(json.loads(body)["payload"]) for body in bodies],
        state={name: backend.items(name) for name in options},
        history=backend.history(),
    )


def settled(counts: BatchCounts) -> int:
    """Return the number of user records that a batch did not quarantine, or not for all tables."""
    total = counts.total()
    written = total.applied + total.stale + total.superseded + total.redacted + counts.redactions
    return written + counts.ignored.total()


def assert_counted(counts: BatchCounts, expected: int) -> None:
    """Check that each of so many user records was counted once, and raised nothing unexpected.

    A revision that only the history table refuses counts as settled and as quarantined.
    """
    quarantined = counts.quarantined.total()
    only_history = sum(
        count for (_, code), count in counts.quarantined.items() if code.startswith("history: ")
    )
    done = settled(counts)
    assert expected <= done + quarantined <= expected + only_history
    assert done <= expected
    assert quarantined <= expected
    assert [code for reason, code in counts.quarantined if reason == UNFORESEEN] == []
    # The code of the other table is the name of an exception if that one was unexpected.
    codes = {each for _, code in counts.quarantined for each in code.split("; ")}
    assert {code for code in codes if hasattr(builtins, code.removeprefix("history: "))} == set()


def assert_accounted_for(data: bytes, records: Sequence[bytes]) -> None:
    """Check that each user record was counted once, or that the data was quarantined whole.

    Without a history and with one, which must not change the current state. Also checks that the
    handler had no unexpected exception.
    """
    states = []
    for options in (NO_OPTIONS, WITH_HISTORY):
        found = process(data, options)
        assert found.answer == {"batchItemFailures": []}
        assert found.counts.quarantined.total() == len(found.quarantined)
        assert {data, *records}.issuperset(found.quarantined)
        is_whole = data in found.quarantined and data not in records
        # An empty aggregate counts as one.
        assert_counted(found.counts, 1 if is_whole else len(records) or 1)
        states.append(found.state)
    assert states[0] == states[1]

"""Delivery to a Kinesis in memory: order, retries, impairment, redelivery.

Cannot prove that permissions are enforced, which needs an AWS emulator.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from qldb_simulator.config import Timing
from qldb_simulator.delivery import StreamDelivery, StreamTarget
from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, Insert, Select
from qldb_simulator.resources import LedgerResource

from tests.support.memory_kinesis import KINESIS_ARN, client_error, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.memory_kinesis import MemoryKinesis

    Begin = Callable[..., "RunningDelivery"]

ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefABCDEF"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAST = Timing(retry=0.01, shuffle_window=0.05)


@pytest.fixture
def ledger() -> LedgerResource:
    ledger = LedgerResource(
        name="ledger",
        arn="arn:aws:qldb:us-east-1:000000000000:ledger/ledger",
        created=EPOCH,
        permissions_mode="STANDARD",
        deletion_protection=False,
        kms_key=None,
        tags={},
        journal=Ledger(),
    )
    ledger.commit([CreateTable(table="Person")])
    return ledger


class RunningDelivery:
    """A running delivery of the ledger, woken by `commit`."""

    def __init__(
        self,
        ledger: LedgerResource,
        kinesis: MemoryKinesis,
        *,
        options: DeliveryOptions | None = None,
        start: datetime = EPOCH,
        end: datetime | None = None,
        aggregation: bool = True,
    ) -> None:
        self._ledger = ledger
        self.delivery = StreamDelivery(
            source=ledger,
            target=StreamTarget(
                stream_arn=ARN,
                kinesis_stream_arn=KINESIS_ARN,
                inclusive_start=start,
                exclusive_end=end,
                aggregation=aggregation,
            ),
            clients=kinesis,
            options=options or DeliveryOptions(),
            timing=FAST,
        )
        self.delivery.start()

    def commit(self, number: int = 1) -> None:
        for _ in range(number):
            self._ledger.commit([Insert(table="Person", document={"a": 1})])
            self.delivery.wake()

    def settle(self) -> None:
        wait_until(lambda: self.delivery.progress.settled)


@pytest.fixture
def begin(ledger: LedgerResource, kinesis: MemoryKinesis) -> Iterator[Begin]:
    started: list[RunningDelivery] = []

    def start(**settings: Any) -> RunningDelivery:  # noqa: ANN401 (RunningDelivery's own)
        started.append(RunningDelivery(ledger, kinesis, **settings))
        return started[-1]

    yield start
    for item in started:
        item.delivery.cancel()


def test_control_first_then_the_backfill_then_new_blocks(
    ledger: LedgerResource, kinesis: MemoryKinesis, begin: Begin
) -> None:
    ledger.commit([Insert(table="Person", document={"a": 1})])
    started = begin()
    started.settle()
    assert kinesis.summaries == [0, 1]

    started.commit(3)
    started.settle()

    assert kinesis.user_records[0]["payload"] == {"controlRecordType": "CREATED"}
    assert kinesis.summaries == [0, 1, 2, 3, 4]
    assert started.delivery.progress.status == "ACTIVE"
    assert started.delivery.progress.records == len(kinesis.user_records) == 1 + 5 + 4


def test_without_aggregation_each_record_is_a_kinesis_record(
    kinesis: MemoryKinesis, begin: Begin
) -> None:
    started = begin(aggregation=False)
    started.commit(2)
    started.settle()

    assert len(kinesis.data) == len(kinesis.user_records) == 1 + 3 + 2


def test_blocks_before_the_start_and_from_the_end_on_stay_out(
    ledger: LedgerResource, kinesis: MemoryKinesis, begin: Begin
) -> None:
    for _ in range(3):
        time.sleep(0.002)
        ledger.commit([Select(table="Person")])
    times = [block.block_timestamp for block in ledger.journal.blocks]

    started = begin(start=times[1], end=times[3])
    wait_until(lambda: started.delivery.progress.status == "COMPLETED")

    assert kinesis.summaries == [1, 2]
    assert kinesis.user_records[-1]["payload"] == {"controlRecordType": "COMPLETED"}
    assert kinesis.user_records[0]["payload"] == {"controlRecordType": "CREATED"}


def test_a_stream_with_an_end_ahead_completes_when_it_passes(
    kinesis: MemoryKinesis, begin: Begin
) -> None:
    started = begin(end=datetime.now(UTC) + timedelta(seconds=0.3))
    started.settle()
    assert started.delivery.progress.status == "ACTIVE"

    wait_until(lambda: started.delivery.progress.status == "COMPLETED")

    assert kinesis.user_records[-1]["payload"] == {"controlRecordType": "COMPLETED"}


def test_entries_that_kinesis_refused_are_put_again(kinesis: MemoryKinesis, begin: Begin) -> None:
    kinesis.faults = [{0}, set(), {0, 2}]
    started = begin(aggregation=False)
    started.commit(2)
    started.settle()

    assert Counter(kinesis.summaries) == Counter([0, 1, 2])
    assert started.delivery.progress.retried_entries >= 2
    assert started.delivery.progress.records == len(kinesis.user_records)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (client_error("AccessDeniedException"), "IAM_PERMISSION_REVOKED"),
        (PermissionRevokedError("no trust"), "IAM_PERMISSION_REVOKED"),
        (client_error("ResourceNotFoundException"), "KINESIS_STREAM_NOT_FOUND"),
    ],
)
def test_an_impaired_stream_names_the_cause_and_recovers(
    kinesis: MemoryKinesis, begin: Begin, fault: Exception, cause: str
) -> None:
    kinesis.standing_fault = fault
    started = begin()
    started.delivery.wait_for_first_attempt(5)
    progress = started.delivery.progress
    assert (progress.status, progress.error_cause) == ("IMPAIRED", cause)
    assert not progress.settled
    assert kinesis.rechecks > 0

    kinesis.standing_fault = None
    started.settle()

    progress = started.delivery.progress
    assert (progress.status, progress.error_cause) == ("ACTIVE", None)
    assert kinesis.summaries == [0]


@pytest.mark.parametrize(
    "fault",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("InternalFailure"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_passing_fault_delays_and_does_not_impair(
    kinesis: MemoryKinesis, begin: Begin, fault: Exception
) -> None:
    kinesis.faults = [fault, fault]
    started = begin()
    started.settle()

    assert started.delivery.progress.status == "ACTIVE"
    assert kinesis.summaries == [0]


def test_new_blocks_arrive_in_copies_and_shuffled(kinesis: MemoryKinesis, begin: Begin) -> None:
    started = begin(options=DeliveryOptions(copies=2, shuffle=True, seed=7))
    started.commit(40)
    started.settle()

    assert Counter(kinesis.summaries) == Counter(list(range(41)) * 2)
    assert kinesis.summaries != sorted(kinesis.summaries)


def test_a_redelivery_starts_at_its_block(kinesis: MemoryKinesis, begin: Begin) -> None:
    started = begin()
    started.commit(4)
    started.settle()
    before = len(kinesis.summaries)

    started.delivery.redeliver(
        from_sequence_no=2, options=DeliveryOptions(copies=3, shuffle=True, seed=1)
    )
    started.settle()

    assert Counter(kinesis.summaries[before:]) == Counter([2, 3, 4] * 3)
    assert started.delivery.progress.pending_redeliveries == 0


def test_a_paused_delivery_holds_back_what_is_new(kinesis: MemoryKinesis, begin: Begin) -> None:
    started = begin()
    started.settle()
    started.delivery.set_paused(paused=True)
    started.commit(2)
    time.sleep(0.05)
    assert kinesis.summaries == [0]
    assert started.delivery.progress.paused
    assert not started.delivery.progress.settled

    started.delivery.set_paused(paused=False)
    started.settle()

    assert kinesis.summaries == [0, 1, 2]


def test_cancelling_ends_even_a_stream_without_progress(
    kinesis: MemoryKinesis, begin: Begin
) -> None:
    kinesis.standing_fault = client_error("AccessDeniedException")
    started = begin()
    started.delivery.wait_for_first_attempt(5)

    started.delivery.cancel()

    assert started.delivery.progress.status == "CANCELED"
    assert kinesis.removed
    assert kinesis.data == []


def test_a_record_that_does_not_fit_fails_the_stream(
    ledger: LedgerResource, kinesis: MemoryKinesis, begin: Begin
) -> None:
    ledger.commit([Select(table="Person") for _ in range(16_000)])

    started = begin()

    wait_until(lambda: started.delivery.progress.status == "FAILED")
    assert kinesis.summaries == []

"""Delivery against a stand-in for the Kinesis client: order, retries, impairment, redelivery.

Cannot prove that permissions are enforced: tests/integration/test_qldb_delivery.py does, on the
emulator.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from botocore.exceptions import ClientError, EndpointConnectionError
from qldb_simulator.control_plane import LedgerResource
from qldb_simulator.delivery import (
    MAX_BYTES_PER_REQUEST,
    MAX_ENTRIES_PER_REQUEST,
    StreamDelivery,
    StreamTarget,
    Timing,
    requests,
)
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.journal import CreateTable, Insert, Ledger, Select
from qldb_simulator.records import DeliveryOptions, KinesisEntry

from tests.support import genuine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefABCDEF"
KINESIS = "arn:aws:kinesis:us-east-1:000000000000:stream/records"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAST = Timing(retry=0.01, shuffle_window=0.05)


def _client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "PutRecords")


class FakeKinesis:
    """Takes records; `faults` are raised, or the records at these places refused, one per call."""

    def __init__(self) -> None:
        self.faults: list[BaseException | set[int]] = []
        self.standing_fault: BaseException | None = None
        self.data: list[bytes] = []
        self.rechecks = 0
        self.removed = False

    def kinesis(self) -> Any:  # noqa: ANN401 - the stand-in for boto3's client
        if isinstance(self.standing_fault, PermissionRevokedError):
            raise self.standing_fault
        return self

    def recheck(self) -> None:
        self.rechecks += 1

    def remove(self) -> None:
        self.removed = True

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert StreamARN == KINESIS
        fault = self.standing_fault or (self.faults.pop(0) if self.faults else set())
        if isinstance(fault, BaseException):
            raise fault
        self.data += [r["Data"] for number, r in enumerate(Records) if number not in fault]
        code = {"ErrorCode": "ProvisionedThroughputExceededException"}
        return {"Records": [code if n in fault else {} for n in range(len(Records))]}

    @property
    def user_records(self) -> list[Any]:
        """All records so far, decoded, aggregated or not."""
        magic = b"\xf3\x89\x9a\xc2"
        plain = [
            data
            for frame in self.data
            for data in (
                [d for _, d in genuine.user_records(frame)] if frame[:4] == magic else [frame]
            )
        ]
        return [simpleion.loads(data) for data in plain]

    @property
    def summaries(self) -> list[int]:
        """Sequence numbers of the blocks in the order of their arrival."""
        return [
            record["payload"]["blockAddress"]["sequenceNo"]
            for record in self.user_records
            if record["recordType"] == "BLOCK_SUMMARY"
        ]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 s"
        time.sleep(0.005)


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


@pytest.fixture
def kinesis() -> FakeKinesis:
    return FakeKinesis()


class Started:
    """A running delivery of the ledger, woken by `commit`."""

    def __init__(
        self,
        ledger: LedgerResource,
        kinesis: FakeKinesis,
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
                kinesis_stream_arn=KINESIS,
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
        _until(lambda: self.delivery.progress.settled)


@pytest.fixture
def begin(ledger: LedgerResource, kinesis: FakeKinesis) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def start(**settings: Any) -> Started:  # noqa: ANN401 - Started's own
        started.append(Started(ledger, kinesis, **settings))
        return started[-1]

    yield start
    for item in started:
        item.delivery.cancel()


def test_control_first_then_the_backfill_then_new_blocks(
    ledger: LedgerResource, kinesis: FakeKinesis, begin: Callable[..., Started]
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
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    started = begin(aggregation=False)
    started.commit(2)
    started.settle()

    assert len(kinesis.data) == len(kinesis.user_records) == 1 + 3 + 2


def test_blocks_before_the_start_and_from_the_end_on_stay_out(
    ledger: LedgerResource, kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    for _ in range(3):
        time.sleep(0.002)
        ledger.commit([Select(table="Person")])
    times = [block.block_timestamp for block in ledger.journal.blocks]

    started = begin(start=times[1], end=times[3])
    _until(lambda: started.delivery.progress.status == "COMPLETED")

    assert kinesis.summaries == [1, 2]
    assert kinesis.user_records[-1]["payload"] == {"controlRecordType": "COMPLETED"}
    assert kinesis.user_records[0]["payload"] == {"controlRecordType": "CREATED"}


def test_a_stream_with_an_end_ahead_completes_when_it_passes(
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    started = begin(end=datetime.now(UTC) + timedelta(seconds=0.3))
    started.settle()
    assert started.delivery.progress.status == "ACTIVE"

    _until(lambda: started.delivery.progress.status == "COMPLETED")

    assert kinesis.user_records[-1]["payload"] == {"controlRecordType": "COMPLETED"}


def test_entries_that_kinesis_refused_are_put_again(
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
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
        (_client_error("AccessDeniedException"), "IAM_PERMISSION_REVOKED"),
        (PermissionRevokedError("no trust"), "IAM_PERMISSION_REVOKED"),
        (_client_error("ResourceNotFoundException"), "KINESIS_STREAM_NOT_FOUND"),
    ],
)
def test_an_impaired_stream_says_why_and_recovers(
    kinesis: FakeKinesis, begin: Callable[..., Started], fault: Exception, cause: str
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
        _client_error("ProvisionedThroughputExceededException"),
        _client_error("InternalFailure"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_passing_fault_delays_and_does_not_impair(
    kinesis: FakeKinesis, begin: Callable[..., Started], fault: Exception
) -> None:
    kinesis.faults = [fault, fault]
    started = begin()
    started.settle()

    assert started.delivery.progress.status == "ACTIVE"
    assert kinesis.summaries == [0]


def test_copies_and_shuffle_of_new_blocks(
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    started = begin(options=DeliveryOptions(copies=2, shuffle=True, seed=7))
    started.commit(40)
    started.settle()

    assert Counter(kinesis.summaries) == Counter(list(range(41)) * 2)
    assert kinesis.summaries != sorted(kinesis.summaries)


def test_redelivery_from_a_block_on(kinesis: FakeKinesis, begin: Callable[..., Started]) -> None:
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


def test_a_paused_delivery_holds_back_what_is_new(
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
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


def test_cancelling_ends_even_a_stream_that_gets_nowhere(
    kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    kinesis.standing_fault = _client_error("AccessDeniedException")
    started = begin()
    started.delivery.wait_for_first_attempt(5)

    started.delivery.cancel()

    assert started.delivery.progress.status == "CANCELED"
    assert kinesis.removed
    assert kinesis.data == []


def test_a_record_that_does_not_fit_fails_the_stream(
    ledger: LedgerResource, kinesis: FakeKinesis, begin: Callable[..., Started]
) -> None:
    ledger.commit([Select(table="Person") for _ in range(16_000)])

    started = begin()

    _until(lambda: started.delivery.progress.status == "FAILED")
    assert kinesis.summaries == []


def _entries(number: int, size: int) -> list[KinesisEntry]:
    return [
        KinesisEntry(partition_key="a", explicit_hash_key=None, data=bytes(size), records=1)
        for _ in range(number)
    ]


def test_requests_keep_to_kinesis_limits() -> None:
    many, large = _entries(1201, 10), _entries(12, 1024 * 1024 - 1)

    assert [len(request) for request in requests(many)] == [MAX_ENTRIES_PER_REQUEST] * 2 + [201]
    assert [len(request) for request in requests(large)] == [5, 5, 2]
    for request in requests(large):
        assert sum(entry.size for entry in request) <= MAX_BYTES_PER_REQUEST
    assert list(requests([])) == []

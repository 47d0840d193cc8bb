"""All records of a stream are read, whatever its shards do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.errors import OpsError
from ops.handoff.stream_reader import StreamReader
from tests.support.clock import Clock
from tests.support.kinesis_events import STREAM_ARN
from tests.support.memory_shards import ARRIVED, MemoryShard, MemoryShards

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Reading:
    """A reading whose time passes only while it sleeps.

    Attributes
    ----------
    clock
        The time.
    taken
        Data of the records.
    places, arrivals
        What else each record has.
    """

    def __init__(self, kinesis: MemoryShards) -> None:
        self.clock = Clock(1_000.0)
        self.taken: list[bytes] = []
        self.places: list[str] = []
        self.arrivals: list[datetime] = []
        self.reader = StreamReader(
            kinesis, STREAM_ARN, clock=self.clock.time, sleep=self.clock.sleep
        )
        self.reader.open()

    def _take(self, data: bytes, place: str, arrival: datetime) -> None:
        self.taken.append(data)
        self.places.append(place)
        self.arrivals.append(arrival)

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        is_enough: Callable[[], bool] = lambda: True,
        wait_seconds: float = 0,
    ) -> None:
        self.reader.read(self._take, stop=stop, is_enough=is_enough, wait_seconds=wait_seconds)


def one_shard(count: int) -> MemoryShards:
    return MemoryShards({"a": MemoryShard(records=[b"%d" % n for n in range(count)])})


def test_all_shards_of_all_pages_are_read() -> None:
    shards = {name: MemoryShard(records=[name.encode()]) for name in ("a", "b", "c", "d", "e")}
    reading = Reading(MemoryShards(shards))

    reading.run()

    assert sorted(reading.taken) == [b"a", b"b", b"c", b"d", b"e"]
    assert reading.reader.shards == 5
    assert reading.reader.is_at_end


def test_a_long_shard_is_read_to_its_end_once() -> None:
    kinesis = one_shard(950)
    reading = Reading(kinesis)

    reading.run()

    assert reading.taken == [b"%d" % n for n in range(950)]
    assert reading.places[3] == "a 3"
    assert reading.arrivals[0] == ARRIVED


def test_a_closed_shard_is_read_and_its_children_that_were_not_listed_too() -> None:
    kinesis = MemoryShards(
        {
            "parent": MemoryShard(records=[b"1"], is_closed=True, children=("left", "right")),
            "left": MemoryShard(records=[b"2"]),
            "right": MemoryShard(records=[b"3"]),
        },
        listed=["parent", "left"],
    )
    reading = Reading(kinesis)

    reading.run()

    assert sorted(reading.taken) == [b"1", b"2", b"3"]


def test_a_stream_of_closed_shards_alone_comes_to_an_end() -> None:
    reading = Reading(MemoryShards({"a": MemoryShard(records=[b"1"], is_closed=True)}))

    reading.run(is_enough=lambda: False, wait_seconds=1e9)

    assert reading.taken == [b"1"]


def test_an_expired_iterator_is_replaced_where_it_was() -> None:
    kinesis = one_shard(250)
    kinesis.expired.add("a 100")
    reading = Reading(kinesis)

    reading.run()

    assert reading.taken == [b"%d" % n for n in range(250)]


def test_an_iterator_that_expires_before_the_first_record_starts_again() -> None:
    kinesis = one_shard(3)
    kinesis.faults = ["ExpiredIteratorException"]
    reading = Reading(kinesis)

    reading.run()

    assert reading.taken == [b"0", b"1", b"2"]


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "KMSThrottlingException"]
)
def test_throttling_slows_down_and_loses_nothing(code: str) -> None:
    kinesis = one_shard(3)
    kinesis.faults = [code] * 3
    reading = Reading(kinesis)

    reading.run()

    assert reading.taken == [b"0", b"1", b"2"]
    assert reading.clock.now - 1_000 >= 1 + 2 + 4


def test_a_shard_that_is_always_throttled_is_given_up_with_a_remedy() -> None:
    kinesis = one_shard(3)
    kinesis.faults = ["ProvisionedThroughputExceededException"] * 1_000
    reading = Reading(kinesis)

    with pytest.raises(OpsError, match="its other readers take all that it serves"):
        reading.run()


def test_a_refused_permission_names_the_action() -> None:
    kinesis = one_shard(3)
    kinesis.faults = ["AccessDeniedException"]
    reading = Reading(kinesis)

    with pytest.raises(OpsError, match="kinesis:GetRecords"):
        reading.run()


def test_a_key_that_may_not_be_used_names_the_action() -> None:
    kinesis = one_shard(3)
    kinesis.faults = ["KMSAccessDeniedException"]
    reading = Reading(kinesis)

    with pytest.raises(OpsError, match="kms:Decrypt"):
        reading.run()


def test_at_the_end_it_waits_for_what_is_missing() -> None:
    kinesis = one_shard(1)
    reading = Reading(kinesis)

    def is_enough() -> bool:
        if reading.clock.now > 1_005 and len(kinesis.shards["a"].records) == 1:
            kinesis.shards["a"].records.append(b"late")
        return b"late" in reading.taken

    reading.run(is_enough=is_enough, wait_seconds=30)

    assert reading.taken == [b"0", b"late"]
    assert reading.clock.now < 1_010


def test_it_waits_no_longer_than_it_may() -> None:
    reading = Reading(one_shard(1))

    reading.run(is_enough=lambda: False, wait_seconds=30)

    assert 1_030 <= reading.clock.now < 1_031


def test_a_request_to_stop_ends_it_before_the_end() -> None:
    reading = Reading(one_shard(500))

    reading.run(stop=lambda: len(reading.taken) >= 100)

    assert not reading.reader.is_at_end
    assert reading.reader.behind_seconds == 3_600


def test_a_stream_that_grows_as_fast_as_it_is_read_has_an_end() -> None:
    kinesis = one_shard(200)
    kinesis.behind_milliseconds = 5_000
    reading = Reading(kinesis)

    def stop() -> bool:
        kinesis.shards["a"].records += [b"new"] * 1_000
        return reading.clock.now > 1_100

    reading.run(stop=stop)

    assert reading.reader.is_at_end
    assert reading.taken[:200] == [b"%d" % n for n in range(200)]

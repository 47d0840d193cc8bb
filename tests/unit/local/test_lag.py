"""The lag is the time from a commit until the item can be read."""

from __future__ import annotations

import time

import pytest

from local.lag import Lags, measure_lags
from tests.support.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(100.0)
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


def test_each_document_is_measured_by_itself(clock: Clock) -> None:
    # given documents that arrive a number of seconds after their commit
    arrivals: dict[str, float] = {}

    def insert(number: int) -> str:
        arrivals[str(number)] = clock.now + number
        return str(number)

    # when they are measured / then these are the lags
    lags = measure_lags(3, insert, lambda name: clock.now >= arrivals[name], seconds=60, pause=0.5)
    assert lags.seconds == [0.0, 1.0, 2.0]
    assert lags.all_arrived


def test_the_first_document_that_does_not_arrive_in_time_is_the_last_one(clock: Clock) -> None:
    # given documents of which the third never arrives
    inserted: list[int] = []

    def insert(number: int) -> str:
        inserted.append(number)
        return str(number)

    # when ten are to be measured
    lags = measure_lags(10, insert, lambda name: name in "01", seconds=5, pause=1)
    # then it ends at the time limit, and only those that arrived have a lag
    assert inserted == [0, 1, 2]
    assert lags == Lags(probes=10, seconds=[0.0, 0.0])
    assert not lags.all_arrived
    assert clock.now == 105.0


def test_the_time_limit_is_that_of_all_documents_together(clock: Clock) -> None:
    # given documents that arrive two seconds after their commit each
    committed: dict[str, float] = {}

    def insert(number: int) -> str:
        committed[str(number)] = clock.now
        return str(number)

    def is_there(name: str) -> bool:
        return clock.now >= committed[name] + 2

    # when ten are to be measured in five seconds / then that is enough for two
    lags = measure_lags(10, insert, is_there, seconds=5, pause=1)
    assert lags.seconds == [2.0, 2.0]
    assert clock.now == 105.0


def test_it_tells_how_many_have_arrived_while_it_waits(clock: Clock) -> None:
    told: list[tuple[int, float]] = []

    measure_lags(
        3,
        str,
        lambda name: name == "0" or clock.now >= 102.0,
        seconds=5,
        pause=1,
        progress=lambda arrived, waited: told.append((arrived, waited)),
    )

    assert told == [(1, 0.0), (1, 1.0)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ([0.5, 3.0, 1.0], "3 of 3 documents arrived, median 1.00 s, longest 3.00 s"),
        ([0.5], "1 of 3 documents arrived, median 0.50 s, longest 0.50 s"),
        ([], "0 of 3 documents arrived"),
    ],
)
def test_how_many_arrived_is_named_with_median_and_longest(seconds: list[float], text: str) -> None:
    assert Lags(probes=3, seconds=seconds).text == text

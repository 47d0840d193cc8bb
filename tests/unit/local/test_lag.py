"""The lag is the time from a commit until the item can be read."""

from __future__ import annotations

import time

import pytest

from local.lag import lag_text, measure_lags
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
    assert lags == [0.0, 1.0, 2.0]


def test_a_document_that_never_arrives_has_the_time_limit(clock: Clock) -> None:
    assert measure_lags(1, str, lambda _: False, seconds=5, pause=1) == [5.0]
    assert clock.now == 105.0


def test_median_and_longest_are_named() -> None:
    assert lag_text([0.5, 3.0, 1.0]) == ("3 documents one by one: median 1.00 s, longest 3.00 s")

"""The profile of the handler's CPU time.

Proves that every part exists in the code, and that no time is counted twice. Cannot prove that the
parts together are the whole handler.
"""

from __future__ import annotations

import time

import pytest

from bench.cpu_profile import PARTS, Clocks, holder_of


@pytest.mark.parametrize("name", [name for _, name in PARTS])
def test_every_part_is_in_the_code(name: str) -> None:
    holder, attribute = holder_of(name)
    assert callable(getattr(holder, attribute))


@pytest.mark.parametrize("name", ["handler.no_such_module:x", "handler.contract:Metric.no_such"])
def test_a_part_that_does_not_exist_is_reported(name: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        getattr(*holder_of(name))


def test_the_time_of_an_inner_part_counts_for_that_part_only() -> None:
    # given a part that does nothing but call another one, which computes
    clocks = Clocks()

    def compute() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    outer = clocks.wrap("outer", clocks.wrap("inner", compute))
    # when
    outer()
    # then
    assert clocks.seconds["inner"] >= 0.02
    assert clocks.seconds["outer"] < 0.01

"""Concurrent calls all run, and none is waited for beyond the deadline."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from handler.workers import Workers


@pytest.mark.parametrize("count", [1, 3])
def test_every_call_is_made(count: int) -> None:
    made: list[int] = []
    calls = [partial(made.append, number) for number in range(20)]

    Workers(count, "test").run(calls, time.time() + 60)

    assert sorted(made) == list(range(20))


def test_one_worker_is_the_callers_own_thread() -> None:
    threads: list[threading.Thread] = []

    Workers(1, "test").run([lambda: threads.append(threading.current_thread())], 0.0)

    assert threads == [threading.current_thread()]


def test_calls_run_concurrently() -> None:
    # given calls of which each waits for the other
    together = threading.Barrier(2, timeout=10)

    def meet() -> None:
        together.wait()

    # when, then both end
    Workers(2, "test").run([meet, meet], time.time() + 60)


@pytest.mark.parametrize("count", [1, 3])
def test_an_exception_of_a_call_reaches_the_caller(count: int) -> None:
    def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        Workers(count, "test").run([broken], time.time() + 60)


def test_a_call_that_has_not_started_by_the_deadline_never_runs() -> None:
    # given more calls than workers, all of which hang
    release = threading.Event()
    begun: list[int] = []

    def hang(number: int) -> None:
        begun.append(number)
        release.wait(10)

    workers = Workers(2, "test")
    # when the deadline comes
    began = time.monotonic()
    workers.run([partial(hang, number) for number in range(5)], time.time() + 0.2)
    # then the caller goes on, and so do the workers with what comes next
    assert time.monotonic() - began < 5
    release.set()
    after: list[int] = []
    workers.run([lambda: after.append(1)], time.time() + 60)
    assert after == [1]
    assert sorted(begun) == [0, 1]

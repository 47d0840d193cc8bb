"""Settings of the process; those of the logs are tested with the entry point."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from handler.process import collect_garbage_less_often

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _default_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_the_objects_of_a_batch_do_not_start_the_garbage_collector() -> None:
    # given a process that is set up
    collect_garbage_less_often()
    gc.collect()
    collections = sum(generation["collections"] for generation in gc.get_stats())
    # when it allocates the objects of a batch
    batch = [[number] for number in range(40_000)]
    # then nothing was collected
    assert sum(generation["collections"] for generation in gc.get_stats()) == collections
    assert len(batch) == 40_000

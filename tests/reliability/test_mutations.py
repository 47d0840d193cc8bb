"""Defects planted in the function, one at a time, are found by schedules or in the output.

It proves that these checks can fail, and for which mistakes. It cannot prove that they detect any
other mistake.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.reliability.mutations import MUTATIONS
from tests.reliability.planted_defect import (
    Mutation,
    MutationError,
    first_broken_promise,
    mutated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

_PROCESSES = 2


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Future[str | None]]]:
    """Search for every mutation, two at a time."""
    environment = dict(os.environ)  # once, here: pytest changes it while the pool's threads read
    with ThreadPoolExecutor(_PROCESSES) as pool:
        yield {
            each.name: pool.submit(first_broken_promise, each, environment=environment)
            for each in MUTATIONS
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_defect_is_found(mutation: Mutation, found: dict[str, Future[str | None]]) -> None:
    assert found[mutation.name].result() is not None, "no schedule breaks a promise"


def test_a_copy_without_defect_keeps_every_promise() -> None:
    assert first_broken_promise(None, schedules=30) is None


def test_a_mutation_that_no_longer_fits_the_code_is_an_error(tmp_path: Path) -> None:
    stale = Mutation(name="stale", file="handler/app.py", old="no such text", new="")
    with pytest.raises(MutationError, match=r"0 times in handler/app.py, not once"):
        mutated(stale, tmp_path)


def test_a_mutation_names_one_place_only(tmp_path: Path) -> None:
    vague = Mutation(name="vague", file="handler/app.py", old="handler", new="")
    with pytest.raises(MutationError, match=r"times in handler/app.py, not once"):
        mutated(vague, tmp_path)

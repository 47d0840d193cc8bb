"""Batches are of about the same work, and depend on nothing but the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.exports.sequence import ObjectPart
from ops.exports import parallel

if TYPE_CHECKING:
    import pytest


def part(number: int, size: int = 10) -> ObjectPart:
    return ObjectPart(str(number), size, number, number, None, number, number)


def sizes(parts: list[ObjectPart]) -> list[int]:
    return [len(batch) for batch in parallel.batches(parts)]


def test_small_objects_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH_BYTES", 35)

    assert sizes([part(number) for number in range(10)]) == [4, 4, 2]


def test_very_many_small_objects_are_limited_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH_PARTS", 3)

    assert sizes([part(number) for number in range(7)]) == [3, 3, 1]


def test_a_large_object_is_a_batch_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH_BYTES", 35)

    assert sizes([part(0, 100), part(1, 100)]) == [1, 1]


def test_nothing_is_no_batch() -> None:
    assert sizes([]) == []


def test_results_come_in_the_order_of_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH_PARTS", 2)
    found: list[tuple[str, list[str]]] = []

    parallel.run(
        lambda location, parts: (location, [each.key for each in parts]),
        "folder",
        [part(number) for number in range(5)],
        1,
        found.append,
    )

    assert found == [("folder", ["0", "1"]), ("folder", ["2", "3"]), ("folder", ["4"])]


def test_at_least_one_process_is_available() -> None:
    assert parallel.available_processes() >= 1

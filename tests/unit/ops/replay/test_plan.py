"""A plan has the newest objects first, and stands for its work."""

from __future__ import annotations

from journal.exports.sequence import JournalSequence, ObjectPart
from ops.replay.plan import plan_of


def part(first: int, last: int, size: int = 5_000_000) -> ObjectPart:
    return ObjectPart(f"strand.{first}-{last}.ion", size, first, last, None, first, last)


def sequence(*parts: ObjectPart, superseded: tuple[ObjectPart, ...] = ()) -> JournalSequence:
    return JournalSequence("strand", list(parts), [], list(superseded))


def test_the_newest_objects_come_first() -> None:
    plan = plan_of(sequence(part(0, 9), part(10, 19), part(20, 29)))

    assert [batch.number for batch in plan.batches] == [0, 1, 2]
    assert [batch.parts[0].first for batch in plan.batches] == [20, 10, 0]


def test_small_objects_share_a_batch_newest_first() -> None:
    plan = plan_of(sequence(part(0, 9, 10), part(10, 19, 10)))

    (batch,) = plan.batches
    assert [each.first for each in batch.parts] == [10, 0]
    assert plan.size == batch.size == 20


def test_superseded_copies_are_batches_of_their_own() -> None:
    plan = plan_of(sequence(part(0, 9), superseded=(part(0, 9),)))

    assert len(plan.superseded) == len(plan.batches) == 1
    assert plan.size == 10_000_000


def test_the_digest_changes_with_the_blocks_and_what_is_written() -> None:
    plan = plan_of(sequence(part(0, 9)))
    grown = plan_of(sequence(part(0, 9), part(10, 19)))

    assert plan.digest({"a": 1}) == plan_of(sequence(part(0, 9))).digest({"a": 1})
    assert len({plan.digest({"a": 1}), plan.digest({"a": 2}), grown.digest({"a": 1})}) == 3


def test_an_object_that_was_copied_again_is_the_same_work() -> None:
    assert plan_of(sequence(part(0, 9, 1))).digest({}) == plan_of(sequence(part(0, 9, 2))).digest(
        {}
    )

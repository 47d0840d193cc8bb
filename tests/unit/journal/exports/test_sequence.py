"""Objects of several exports are put in the order of the journal, and each block is read once."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from journal.exports.sequence import DataObject, Gap, JournalSequence, journal_sequences

STRAND = "2ilSU3AWdLPCuTZig4osfI"
OTHER_STRAND = "9KmA3ZZca7vAIiJAK9S5Iw"


def data_object(
    first: int,
    last: int,
    *,
    export: str = "A",
    recency: int = 0,
    key: str = "",
    strand: str = STRAND,
) -> DataObject:
    """Return an object; a higher recency is a later export."""
    return DataObject(
        key or f"{export}/{first}-{last}", 100, strand, first, last, export, (recency, "", 0.0)
    )


def one_sequence(*objects: DataObject) -> JournalSequence:
    (sequence,) = journal_sequences(objects)
    return sequence


def taken(sequence: JournalSequence) -> list[tuple[str, int, int]]:
    return [(part.key, part.read_from, part.read_to) for part in sequence.parts]


def superseded(sequence: JournalSequence) -> list[tuple[str, int, int]]:
    return [(part.key, part.read_from, part.read_to) for part in sequence.superseded]


def test_objects_come_in_the_order_of_their_blocks_not_of_their_keys() -> None:
    sequence = one_sequence(data_object(10, 19), data_object(100, 120), data_object(20, 99))
    assert taken(sequence) == [("A/10-19", 10, 19), ("A/20-99", 20, 99), ("A/100-120", 100, 120)]
    assert sequence.gaps == []
    assert sequence.superseded == []


def test_no_objects_are_no_sequence() -> None:
    assert journal_sequences([]) == []


def test_gaps_between_parts_are_named() -> None:
    sequence = one_sequence(data_object(5, 9), data_object(12, 12), data_object(20, 21))
    assert sequence.gaps == [Gap(10, 11), Gap(13, 19)]


def test_of_two_copies_the_one_of_the_later_export_is_read() -> None:
    sequence = one_sequence(
        data_object(0, 9, export="new", recency=2), data_object(0, 9, export="old", recency=1)
    )
    assert taken(sequence) == [("new/0-9", 0, 9)]
    assert superseded(sequence) == [("old/0-9", 0, 9)]


def test_an_overlap_is_cut_out_of_the_older_object() -> None:
    sequence = one_sequence(
        data_object(0, 9, export="old", recency=1), data_object(5, 14, export="new", recency=2)
    )
    assert taken(sequence) == [("old/0-9", 0, 4), ("new/5-14", 5, 14)]
    assert superseded(sequence) == [("old/0-9", 5, 9)]
    assert [part.is_whole for part in sequence.parts] == [False, True]


def test_an_older_object_is_read_around_a_newer_one() -> None:
    sequence = one_sequence(
        data_object(0, 99, export="old", recency=1), data_object(40, 59, export="new", recency=2)
    )
    assert taken(sequence) == [
        ("old/0-99", 0, 39),
        ("new/40-59", 40, 59),
        ("old/0-99", 60, 99),
    ]
    assert superseded(sequence) == [("old/0-99", 40, 59)]


def test_neighbouring_blocks_of_one_object_are_one_part() -> None:
    sequence = one_sequence(
        data_object(0, 99, export="new", recency=2),
        data_object(40, 59, export="old", recency=1),
        data_object(60, 70, export="old", recency=1),
    )
    assert taken(sequence) == [("new/0-99", 0, 99)]


def test_equal_copies_are_chosen_by_key_whatever_the_order_of_the_listing() -> None:
    copies = [data_object(0, 9, key="a"), data_object(0, 9, key="b")]
    assert taken(one_sequence(*copies)) == taken(one_sequence(*copies[::-1])) == [("a", 0, 9)]


def test_each_strand_is_a_sequence_of_its_own() -> None:
    sequences = journal_sequences(
        [data_object(0, 9, strand=OTHER_STRAND), data_object(0, 4), data_object(5, 5)]
    )
    assert [(each.strand_id, len(each.parts)) for each in sequences] == [
        (STRAND, 2),
        (OTHER_STRAND, 1),
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    )
)
def test_every_block_comes_from_the_latest_export_that_has_it(
    shapes: list[tuple[int, int, int]],
) -> None:
    # given any objects
    objects = {
        f"{place:02}": data_object(
            first, first + length, recency=recency, export=str(recency), key=f"{place:02}"
        )
        for place, (first, length, recency) in enumerate(shapes)
    }
    # when
    sequence = one_sequence(*objects.values())
    # then each block is read once, in order, from the best object
    read = [
        (number, part.key)
        for part in sequence.parts
        for number in range(part.read_from, part.read_to + 1)
    ]
    numbers = [number for number, _ in read]
    assert numbers == sorted(set(numbers))
    for number, key in read:
        having = [each for each in objects.values() if each.first <= number <= each.last]
        best = max(each.recency for each in having)
        assert key == min(each.key for each in having if each.recency == best)
    # and what is not read is told
    held = {n for each in objects.values() for n in range(each.first, each.last + 1)}
    assert set(numbers) == held
    missing = {n for gap in sequence.gaps for n in range(gap.first, gap.last + 1)}
    assert missing == set(range(min(held), max(held) + 1)) - held
    copies = sorted(
        (number, each.key)
        for each in objects.values()
        for number in range(each.first, each.last + 1)
    )
    rest = [
        (number, part.key)
        for part in sequence.superseded
        for number in range(part.read_from, part.read_to + 1)
    ]
    assert sorted(read + rest) == copies
    # and no part could be joined with the one before it
    for before, after in pairwise(sequence.parts):
        assert before.key != after.key or before.read_to + 1 < after.read_from


def test_a_hundred_thousand_objects_take_seconds() -> None:
    # given an export in many small objects below one that holds all of them
    objects = [data_object(10 * n, 10 * n + 9, recency=2) for n in range(100_000)]
    objects.append(data_object(0, 2_000_000, export="old", recency=1))
    started = time.process_time()
    # when
    sequence = one_sequence(*objects)
    # then
    assert len(sequence.parts) == 100_001
    assert time.process_time() - started < 10

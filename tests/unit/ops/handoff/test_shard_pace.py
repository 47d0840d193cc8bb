"""How fast a shard is read."""

from __future__ import annotations

import pytest

from ops.handoff.shard_pace import ShardPace

MEBIBYTE = 1024 * 1024
SERVED_BYTES, SERVED_READS = 2_000_000, 5
"""What a shard serves in a second to all its readers (Kinesis API reference, "GetRecords")."""


@pytest.mark.parametrize("record_bytes", [100, 25 * 1024, MEBIBYTE])
def test_the_function_beside_it_is_left_a_share(record_bytes: int) -> None:
    pace = ShardPace()
    seconds, requests, size = 0.0, 0, 0

    for _ in range(50):
        records = pace.limit
        seconds += pace.served(records, records * record_bytes)
        requests += 1
        size += records * record_bytes

    assert size / seconds <= 0.6 * SERVED_BYTES
    assert requests / seconds <= SERVED_READS - 2


def test_an_answer_stays_small_enough_not_to_block_the_shard() -> None:
    pace = ShardPace()
    pace.served(100, 100 * 25 * 1024)

    assert pace.limit * 25 * 1024 <= MEBIBYTE


def test_small_records_are_asked_for_in_large_numbers() -> None:
    pace = ShardPace()
    pace.served(100, 100 * 50)

    assert pace.limit == 10_000


def test_refusals_make_it_slower_up_to_a_bound_and_an_answer_ends_that() -> None:
    pace = ShardPace()

    assert [pace.refused() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    pace.served(0, 0)
    assert pace.refused() == 1

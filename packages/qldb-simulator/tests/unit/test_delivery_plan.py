"""Records become Kinesis entries as often as requested and within all limits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qldb_simulator.delivery_plan import (
    MAX_RECORD_BYTES,
    DeliveryOptions,
    KinesisEntry,
    delivery_plan,
)
from qldb_simulator.kpl import explicit_hash_key
from qldb_simulator.records import StreamRecord

from tests.support import genuine


def _record(number: int, size: int = 10) -> StreamRecord:
    return StreamRecord(
        record_type="REVISION_DETAILS",
        sequence_no=number,
        partition_key=hashlib.sha256(str(number).encode()).hexdigest(),
        data=number.to_bytes(4, "big") + bytes(size),
    )


def _delivered(entries: list[KinesisEntry]) -> list[bytes]:
    return [data for entry in entries for _, data in genuine.user_records(entry.data)]


# Found once: the frame's own 20 bytes were not counted.
@example([0, 0], DeliveryOptions(aggregate_bytes=168))
@settings(deadline=None)  # another process may have the CPU
@given(
    st.lists(st.integers(0, 200), max_size=30),
    st.builds(
        DeliveryOptions,
        copies=st.integers(1, 3),
        shuffle=st.booleans(),
        seed=st.integers(0, 5),
        records_per_aggregate=st.one_of(st.none(), st.integers(1, 7)),
        aggregate_bytes=st.integers(1, 1000),
    ),
)
def test_a_plan_delivers_each_record_as_often_as_asked_within_its_limits(
    sizes: list[int], options: DeliveryOptions
) -> None:
    records = [_record(number, size) for number, size in enumerate(sizes)]
    wanted = records * options.copies

    entries = delivery_plan(records, options)

    assert sorted(_delivered(entries)) == sorted(record.data for record in wanted)
    assert sum(entry.records for entry in entries) == len(wanted)
    for entry in entries:
        assert entry.records == 1 or len(entry.data) <= options.aggregate_bytes
        assert entry.records <= (options.records_per_aggregate or len(wanted))
    assert delivery_plan(records, options) == entries


def test_without_shuffle_the_order_stays() -> None:
    records = [_record(number) for number in range(300)]

    entries = delivery_plan(records, DeliveryOptions(aggregate_bytes=1000))

    assert _delivered(entries) == [record.data for record in records]
    assert len(entries) > 1


def test_shuffle_follows_the_seed() -> None:
    records = [_record(number) for number in range(50)]
    plans = [delivery_plan(records, DeliveryOptions(shuffle=True, seed=seed)) for seed in (1, 1, 2)]

    assert plans[0] == plans[1] != plans[2]
    assert _delivered(plans[0]) != [record.data for record in records]


def test_without_aggregation_each_record_is_its_own_entry() -> None:
    records = [_record(number) for number in range(3)]

    entries = delivery_plan(records, DeliveryOptions(aggregation=False))

    assert [(e.partition_key, e.data) for e in entries] == [
        (r.partition_key, r.data) for r in records
    ]
    assert all(entry.explicit_hash_key is None for entry in entries)


def test_a_record_that_kinesis_would_refuse_is_an_error() -> None:
    record = replace(_record(1), data=bytes(MAX_RECORD_BYTES))

    for aggregation in (True, False):
        with pytest.raises(ValueError, match="exceeds Kinesis's limit"):
            delivery_plan([record], DeliveryOptions(aggregation=aggregation))


@pytest.mark.parametrize(
    "options",
    [{"copies": 0}, {"records_per_aggregate": 0}, {"aggregate_bytes": MAX_RECORD_BYTES}],
)
def test_options_that_no_plan_can_follow_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        DeliveryOptions(**options)  # type: ignore[arg-type]


def test_an_aggregate_goes_to_the_shard_of_its_first_record() -> None:
    first = _record(7)

    (entry,) = delivery_plan([first, _record(8)])

    assert (entry.partition_key, entry.explicit_hash_key) == (
        "a",
        explicit_hash_key(first.partition_key),
    )

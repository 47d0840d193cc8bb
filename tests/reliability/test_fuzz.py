"""Any bytes as a record are applied, stale, ignored or quarantined whole.

Random bytes, and records and frames of a simulated ledger with bytes changed, cut out, repeated and
put in; and frames whose MD5 fits, around whatever protobuf can hold. It proves that the handler
ends without an exception and counts each record once. It cannot prove that a change which results
in another valid record is detected: nothing could.
"""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler.aggregation import AggregatedRecord
from tests.reliability.accounting import (
    WITH_HISTORY,
    assert_accounted_for,
    assert_counted,
    process,
    settled,
)
from tests.reliability.damaged_bytes import damaged_bytes
from tests.reliability.history_factory import make_history
from tests.reliability.plan import Plan
from tests.support.kpl import (
    DATA,
    HASH_KEY_INDEX,
    HASH_KEYS,
    PARTITION_KEY_INDEX,
    PARTITION_KEYS,
    RECORDS,
    TAGS,
    aggregate,
    bytes_field,
    frame,
    groups,
    number_field,
)

pytestmark = pytest.mark.timeout(20, func_only=True)

EXAMPLES = 400
MESSAGES = 200


@cache
def genuine() -> tuple[list[bytes], list[bytes]]:
    """Return user records and Kinesis records of a simulated ledger, including redactions."""
    plan = Plan(
        seed=5,
        commits=25,
        replay=True,
        records_per_aggregate=3,
        projected_history=True,
        whole_history=True,
    )
    history = make_history(plan, Random(plan.seed))
    records = [data for each in history.user_records.values() for data in each]
    return list(dict.fromkeys(records)), list(history.user_records)


def redacting() -> list[bytes]:
    """Return the block summaries of a simulated ledger that announce redactions."""
    return [data for data in genuine()[0] if b"redactionInfo" in data]


def damaged(*, frames: bool) -> st.SearchStrategy[bytes]:
    """Return a valid record, changed at some places; often one that announces redactions."""
    each = st.sampled_from(genuine()[frames])
    return damaged_bytes(each if frames else st.one_of(each, st.sampled_from(redacting())))


_SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@_SETTINGS
@given(st.one_of(st.binary(max_size=200), damaged(frames=False)))
def test_any_record_is_counted_once_or_quarantined_whole(data: bytes) -> None:
    assert_accounted_for(data, [data])


@_SETTINGS
@given(st.lists(st.one_of(st.binary(max_size=60), damaged(frames=False)), min_size=1, max_size=4))
def test_each_record_of_an_aggregate_is_counted_once_whatever_its_bytes(
    records: list[bytes],
) -> None:
    assert_accounted_for(aggregate(*records), records)


@_SETTINGS
@given(damaged(frames=True))
def test_a_damaged_frame_is_quarantined_whole_or_each_of_its_records_is_counted(
    data: bytes,
) -> None:
    # Given a frame that is damaged, or by chance is not: its genuine records are never refused
    found = process(data, WITH_HISTORY)
    # Then none is delivered again, and something is counted
    assert found.answer == {"batchItemFailures": []}
    if found.quarantined:
        assert found.quarantined == [data]
        assert_counted(found.counts, 1)
    else:
        assert settled(found.counts) > 0


_BORDERS = [0, 1, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
_NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1), st.sampled_from(_BORDERS))


@st.composite
def aggregates(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Return a message with any keys, hash keys, indexes and tags, and the data of its records."""
    keys = draw(st.lists(st.one_of(st.just(b"key"), st.binary(max_size=4)), max_size=3))
    hash_keys = draw(st.lists(st.just(b"123"), max_size=2))
    parts = [bytes_field(PARTITION_KEYS, key) for key in keys]
    parts += [bytes_field(HASH_KEYS, key) for key in hash_keys]
    contents = []
    for _ in range(draw(st.integers(0, 4))):
        data = draw(st.one_of(st.binary(max_size=8), st.sampled_from(genuine()[0])))
        fields = [number_field(PARTITION_KEY_INDEX, draw(_NUMBERS)), bytes_field(DATA, data)]
        if draw(st.booleans()):
            fields.append(number_field(HASH_KEY_INDEX, draw(_NUMBERS)))
        if draw(st.booleans()):
            fields.append(bytes_field(TAGS, bytes_field(1, draw(st.binary(max_size=4)))))
        if draw(st.booleans()):
            fields.append(number_field(draw(st.integers(5, 2**29 - 1)), draw(_NUMBERS)))
        contents.append(data)
        parts.append(bytes_field(RECORDS, b"".join(draw(st.permutations(fields)))))
    return b"".join(parts), contents


@pytest.mark.parametrize("number", _BORDERS)
@pytest.mark.parametrize("field", [PARTITION_KEY_INDEX, HASH_KEY_INDEX])
def test_a_record_with_an_index_of_any_size_is_counted_once_or_quarantined_whole(
    field: int, number: int
) -> None:
    # Given an aggregate with one key and one hash key, of which a record names another one
    indexes = number_field(PARTITION_KEY_INDEX, 0) + number_field(field, number)
    message = (
        bytes_field(PARTITION_KEYS, b"key")
        + bytes_field(HASH_KEYS, b"123")
        + bytes_field(RECORDS, indexes + bytes_field(DATA, b"data"))
    )
    assert_accounted_for(frame(message), [b"data"])


@settings(_SETTINGS, max_examples=MESSAGES)
@given(aggregates())
def test_each_record_of_an_aggregate_is_counted_once_whatever_its_numbers(
    aggregated: tuple[bytes, list[bytes]],
) -> None:
    message, records = aggregated
    assert_accounted_for(frame(message), records)


@st.composite
def damaged_messages(draw: st.DrawFn) -> bytes:
    """Return a message, changed at some places."""
    message = bytearray(draw(aggregates())[0] or b"x")
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(message) - 1))
        message[start : start + draw(st.integers(0, 2))] = draw(st.binary(max_size=10))
        message += b"x" if not message else b""
    return bytes(message)


@st.composite
def nested_messages(draw: st.DrawFn) -> bytes:
    """Return a message with groups around protobuf's limit, or far deeper, in any of its parts."""
    levels = draw(st.one_of(st.integers(96, 104), st.integers(1_000, 60_000)))
    content = groups(levels)[: draw(st.sampled_from([levels, None]))]
    for field in draw(st.sampled_from([(), (RECORDS,), (TAGS, RECORDS)])):
        content = bytes_field(field, content)
    return draw(aggregates())[0] + content


@settings(_SETTINGS, max_examples=MESSAGES)
@given(st.one_of(st.binary(max_size=60), damaged_messages(), nested_messages()))
def test_any_message_is_quarantined_whole_or_each_of_its_records_is_counted(message: bytes) -> None:
    # Given any bytes as a message whose MD5 fits
    data = frame(message)
    # When it is processed
    found = process(data, WITH_HISTORY)
    # Then it is quarantined whole, or each record that protobuf reads is counted once
    assert found.answer == {"batchItemFailures": []}
    if data in found.quarantined:
        assert found.quarantined == [data]
        assert_counted(found.counts, 1)
    else:
        records = [each.data for each in AggregatedRecord.FromString(message).records]
        assert set(found.quarantined) <= set(records)
        assert found.counts.quarantined.total() == len(found.quarantined)
        assert_counted(found.counts, len(records) or 1)  # an empty aggregate counts as one

"""Any bytes as a record: each ends applied, stale, ignored or whole in the failure bucket.

Random bytes, and records and frames of a simulated ledger with bytes changed, cut out, repeated and
put in; and frames whose MD5 fits, around whatever protobuf can hold. It proves that the handler
comes to an end without an exception and counts each record once. It cannot prove that a change
which still reads as a right record is noticed: nothing could.
"""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qldb_simulator.kpl import aggregate

from tests.reliability.accounting import assert_accounted_for, process
from tests.reliability.history import make_history
from tests.reliability.plan import Plan
from tests.support.records import frame

pytestmark = pytest.mark.timeout(20, func_only=True)

EXAMPLES = 400
MESSAGES = 200


@cache
def genuine() -> tuple[list[bytes], list[bytes]]:
    """Give user records and Kinesis records of one simulated ledger, redactions among them."""
    plan = Plan(seed=5, commits=25, replay=True, records_per_aggregate=3)
    history = make_history(plan, Random(plan.seed))
    records = [data for each in history.user_records.values() for data in each]
    return list(dict.fromkeys(records)), list(history.user_records)


@st.composite
def damaged(draw: st.DrawFn, *, frames: bool) -> bytes:
    """Change a genuine record at some places."""
    data = bytearray(draw(st.sampled_from(genuine()[frames])))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        match draw(st.sampled_from(("flip", "cut", "insert", "repeat", "truncate"))):
            case "flip":
                data[start : start + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del data[start:end]
            case "insert":
                data[start:start] = draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                data[start:start] = data[start:end]
            case _:
                del data[start:]
    return bytes(data)


_SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@_SETTINGS
@given(st.one_of(st.binary(max_size=200), damaged(frames=False)))
def test_any_bytes_as_a_record(data: bytes) -> None:
    assert_accounted_for(data, [data])


@_SETTINGS
@given(st.lists(st.one_of(st.binary(max_size=60), damaged(frames=False)), min_size=1, max_size=4))
def test_any_bytes_in_an_aggregate(records: list[bytes]) -> None:
    frame = aggregate((str(number), data) for number, data in enumerate(records))
    assert_accounted_for(frame, records)


@_SETTINGS
@given(damaged(frames=True))
def test_a_damaged_frame(data: bytes) -> None:
    # Given a frame whose MD5 does not fit, it is kept whole; else it is a record of its own.
    answer, counts, kept = process(data)
    assert answer == {"batchItemFailures": []}
    if data not in kept:
        assert not counts.quarantined
    assert set(kept) <= {data}


# The fields of an aggregate and of its records: aggregation-format.md of the Kinesis Producer
# Library; how they are written: Protocol Buffers documentation, "Encoding".

_BORDERS = [0, 1, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
_NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1), st.sampled_from(_BORDERS))


def varint(number: int) -> bytes:
    """Write a number in groups of seven bits, all but the last one marked."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(groups) + bytes([number])


def numeric(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def sized(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


@st.composite
def aggregates(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Make a message with any keys, hash keys, indexes and tags; and the data of its records."""
    keys = draw(st.lists(st.one_of(st.just(b"key"), st.binary(max_size=4)), max_size=3))
    hash_keys = draw(st.lists(st.just(b"123"), max_size=2))
    parts = [sized(1, key) for key in keys] + [sized(2, key) for key in hash_keys]
    contents = []
    for _ in range(draw(st.integers(0, 4))):
        data = draw(st.one_of(st.binary(max_size=8), st.sampled_from(genuine()[0])))
        fields = [numeric(1, draw(_NUMBERS)), sized(3, data)]
        if draw(st.booleans()):
            fields.append(numeric(2, draw(_NUMBERS)))
        if draw(st.booleans()):
            fields.append(sized(4, sized(1, draw(st.binary(max_size=4)))))
        if draw(st.booleans()):
            fields.append(numeric(draw(st.integers(5, 2**29 - 1)), draw(_NUMBERS)))
        contents.append(data)
        parts.append(sized(3, b"".join(draw(st.permutations(fields)))))
    return b"".join(parts), contents


@pytest.mark.parametrize("number", _BORDERS)
@pytest.mark.parametrize("field", [1, 2])
def test_an_index_of_any_size(field: int, number: int) -> None:
    # Given an aggregate with one key and one hash key, of which a record names another one
    record = numeric(1, 0) + numeric(field, number) + sized(3, b"data")
    message = sized(1, b"key") + sized(2, b"123") + sized(3, record)
    assert_accounted_for(frame(message), [b"data"])


@settings(_SETTINGS, max_examples=MESSAGES)
@given(aggregates())
def test_an_aggregate_of_any_numbers(aggregated: tuple[bytes, list[bytes]]) -> None:
    message, records = aggregated
    assert_accounted_for(frame(message), records)


@st.composite
def damaged_messages(draw: st.DrawFn) -> bytes:
    """Change a message at some places."""
    message = bytearray(draw(aggregates())[0] or b"x")
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(message) - 1))
        message[start : start + draw(st.integers(0, 2))] = draw(st.binary(max_size=10))
        message += b"x" if not message else b""
    return bytes(message)


@settings(_SETTINGS, max_examples=MESSAGES)
@given(st.one_of(st.binary(max_size=60), damaged_messages()))
def test_any_message_whose_md5_fits(message: bytes) -> None:
    # Given any bytes as a message, it is kept whole, or each of its records is taken or kept.
    data = frame(message)
    answer, counts, kept = process(data)
    assert answer == {"batchItemFailures": []}
    assert counts.quarantined.total() == len(kept)
    assert all(each == data or each in message for each in kept)
    if data in kept:
        assert kept == [data]
        assert (counts.applied, counts.ignored.total()) == (0, 0)

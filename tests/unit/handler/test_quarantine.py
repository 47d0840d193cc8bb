"""The records of a batch that can never be written are collected, one fault of both tables each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handler.aggregation import UserRecord
from handler.incoming import Source
from handler.quarantine import Quarantine
from tests.support.lambda_context import LambdaContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.failures import FailedRecord

SOURCE = Source("arn:aws:kinesis:eu-west-1:1:stream/s", "shard-1", "7", "outer", 1000.0)


class Store:
    """A failure bucket with scripted answers."""

    def __init__(self, answers: list[bool]) -> None:
        self._answers = answers
        self.records: list[FailedRecord] = []

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        assert deadline == 5.0
        self.records += records
        return self._answers


def quarantine(store: Store) -> Quarantine:
    return Quarantine(store, LambdaContext(), lambda: 2000.0)


def test_the_codes_of_one_record_are_one_fault_with_that_of_the_current_state_first() -> None:
    store = Store([True])
    record = UserRecord(b"data", 3, "inner")
    found = quarantine(store)
    for code in ("history: Validation", "Validation", "history: Validation"):
        found.add(record, SOURCE, "refused", code, "Person")
    # when it is stored
    ((fault, failed, is_stored),) = found.store(5.0, lambda _: False)
    # then
    assert (fault.table_name, is_stored) == ("Person", True)
    assert failed.code == "Validation; history: Validation"
    assert (failed.payload, failed.partition_key, failed.failed_at) == (b"data", "inner", 2000.0)
    assert store.records == [failed]


def test_equal_records_at_two_places_are_two() -> None:
    found = quarantine(Store([True, False]))
    first, second = UserRecord(b"data", 0), UserRecord(b"data", 1)
    found.add(first, SOURCE, "malformed", "x")
    assert (first in found, second in found) == (True, False)
    found.add(second, SOURCE, "malformed", "x")
    stored = [is_stored for _, _, is_stored in found.store(5.0, lambda _: False)]
    assert stored == [True, False]


@pytest.mark.parametrize("is_alone", [True, False])
def test_what_is_delivered_again_is_not_stored(*, is_alone: bool) -> None:
    store = Store([True])
    found = quarantine(store)
    again = UserRecord(b"again", 0)
    found.add(again, SOURCE, "refused", "Validation")
    if not is_alone:
        found.add(UserRecord(b"other", 1), SOURCE, "refused", "Validation")
    stored = list(found.store(5.0, lambda record: record is again))
    assert [each.payload for each in store.records] == ([] if is_alone else [b"other"])
    assert len(stored) == len(store.records)

"""A table is read page by page, completely, and no faster than allowed."""

from __future__ import annotations

import pytest

from ops.errors import OpsError
from ops.table_scan import CapacityLimit, pages
from tests.support.clock import Clock
from tests.support.generation_items import live_item
from tests.support.scanned_tables import ScannedTables


def test_every_page_is_read_with_the_attributes_that_are_asked_for() -> None:
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})

    found = list(pages(tables, "person", ("pk", "tableId"), CapacityLimit()))

    assert [[item["pk"]["S"] for item in page] for page in found] == [["a", "b"], ["c", "d"], ["e"]]
    assert all(set(item) == {"pk", "tableId"} for page in found for item in page)


def test_pages_are_read_one_at_a_time() -> None:
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})

    next(pages(tables, "person", ("pk",), CapacityLimit()))

    assert len(tables.requests) == 1


def test_a_table_that_does_not_exist_is_named() -> None:
    with pytest.raises(OpsError, match=r"^table gone does not exist"):
        list(pages(ScannedTables({}), "gone", ("pk",), CapacityLimit()))


def test_consumed_units_are_waited_for() -> None:
    # given a limit of 2 units a second, and pages of one unit
    clock = Clock(100.0)
    tables = ScannedTables({"person": [live_item(str(number)) for number in range(8)]})
    # when four pages are read / then that takes two seconds
    list(pages(tables, "person", ("pk",), CapacityLimit(2.0, clock.time, clock.sleep)))
    assert clock.now == 102.0


def test_unused_time_is_not_saved_up() -> None:
    clock = Clock(100.0)
    limit = CapacityLimit(2.0, clock.time, clock.sleep)
    clock.now += 1000

    limit.spend({"ConsumedCapacity": {"CapacityUnits": 10.0}})

    assert clock.now == 1105.0


def test_a_wait_ends_soon_once_it_is_asked_to() -> None:
    # given a limit by which one request is to be waited for for minutes
    clock = Clock(100.0)
    limit = CapacityLimit(1.0, clock.time, clock.sleep)
    # when a stop is asked for after three seconds / then the wait ends within a second
    limit.spend({"ConsumedCapacity": {"CapacityUnits": 256.0}}, lambda: clock.now >= 103.0)
    assert clock.now < 104.0


def test_no_page_is_read_after_a_stop() -> None:
    tables = ScannedTables({"person": [live_item(key) for key in "abcde"]})

    found = list(pages(tables, "person", ("pk",), CapacityLimit(), lambda: True))

    assert len(found) == len(tables.requests) == 1


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock(100.0)

    CapacityLimit(None, clock.time, clock.sleep).spend({"ConsumedCapacity": {"CapacityUnits": 1e9}})

    assert clock.now == 100.0

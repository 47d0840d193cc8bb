"""How a journal is divided into objects, and what the manifests say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from qldb_simulator.config import ExportLayout
from qldb_simulator.export_format import ION_TEXT, JSON
from qldb_simulator.export_objects import data_objects
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, Select

from tests.support.ledgers import Clock, busy_ledger, new_ledger

MANY = 10**9


class Hours(Clock):
    """Advances by a quarter of an hour at each reading; a transaction reads it thrice."""

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=15)
        return self.now


def _names(ledger: Ledger, **limits: int) -> list[str]:
    objects = data_objects(ledger.blocks, ION_TEXT, ExportLayout(**limits))
    return [item.name.removeprefix("2021/02/03/04/") for item in objects]


def test_an_object_holds_so_many_blocks() -> None:
    ledger = busy_ledger()
    strand = ledger.strand_id

    names = _names(ledger, blocks_per_object=3)

    assert names == [f"{strand}.0-2.ion", f"{strand}.3-5.ion", f"{strand}.6-7.ion"]


def test_an_object_holds_as_many_blocks_as_its_bytes_allow() -> None:
    ledger = busy_ledger()
    sizes = [len(ION_TEXT.encode(block.to_ion())) for block in ledger.blocks]
    limit = sum(sizes[:3])

    objects = list(data_objects(ledger.blocks, ION_TEXT, ExportLayout(bytes_per_object=limit)))

    assert objects[0].blocks == 3
    position = 0
    for item in objects:
        following = position + item.blocks
        assert len(item.body) == sum(sizes[position:following]) <= limit
        assert following == len(sizes) or len(item.body) + sizes[following] > limit
        position = following
    assert len(objects) < len(sizes)


def test_a_block_above_the_limit_has_an_object_to_itself() -> None:
    ledger = busy_ledger()

    names = _names(ledger, bytes_per_object=1)

    assert names == [f"{ledger.strand_id}.{number}-{number}.ion" for number in range(8)]


def test_objects_hold_all_blocks_in_order() -> None:
    ledger = busy_ledger()

    objects = list(data_objects(ledger.blocks, ION_TEXT, ExportLayout(blocks_per_object=3)))

    whole = b"".join(ION_TEXT.encode(block.to_ion()) for block in ledger.blocks)
    assert b"".join(item.body for item in objects) == whole
    assert [item.blocks for item in objects] == [3, 3, 2]


def test_no_object_spans_two_hours() -> None:
    ledger = Ledger(clock=Hours())
    ledger.commit([CreateTable(table="Person")])
    for _ in range(3):
        ledger.commit([Select(table="Person")])

    names = _names(ledger, blocks_per_object=MANY)

    strand = ledger.strand_id
    expected = [f"{strand}.0-0.ion", f"2021/02/03/05/{strand}.1-1.ion"]
    assert names[:2] == expected
    assert len({name.rpartition("/")[0] for name in names}) == len(names)


def test_json_objects_have_their_own_ending() -> None:
    ledger = new_ledger()

    (item,) = data_objects(ledger.blocks, JSON, ExportLayout())

    assert item.name == f"2021/02/03/04/{ledger.strand_id}.0-0.json"


def test_a_journal_without_blocks_has_no_objects() -> None:
    assert list(data_objects([], ION_TEXT, ExportLayout())) == []


@pytest.mark.parametrize("limits", [{"blocks_per_object": 0}, {"bytes_per_object": -1}])
def test_a_limit_below_one_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1 block"):
        ExportLayout(**limits)


def test_the_hour_is_that_of_utc() -> None:
    ledger = new_ledger()
    assert ledger.blocks[0].block_timestamp.astimezone(UTC).hour == 4

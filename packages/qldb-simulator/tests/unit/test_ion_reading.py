"""Ints of eight bytes, from 2^63 on, are read correctly at any position.

If the first test fails after an upgrade of amazon.ion, its C reader is fixed and
`qldb_simulator.ion_reading` can be removed.
"""

from __future__ import annotations

import pytest
from amazon.ion import simpleion
from qldb_simulator.ion_reading import read_binary
from qldb_simulator.journal import Ledger
from qldb_simulator.operation_encoding import dump_operations, load_operations
from qldb_simulator.operations import CreateTable, Insert

LARGE = 2**63


def straddling(offset: int = 8162) -> dict[str, object]:
    """Return a document whose int straddles two pages of its binary Ion."""
    return {"padding": b"x" * offset, "number": LARGE}


def test_the_c_reader_still_misreads_a_straddling_int() -> None:
    misread = [
        simpleion.loads(simpleion.dumps(straddling(offset)))["number"]
        for offset in range(8140, 8180)
    ]
    assert set(misread) != {LARGE}


@pytest.mark.parametrize("page", [8192, 16384, 65536])
def test_an_int_is_read_right_wherever_it_lies(page: int) -> None:
    for offset in range(page - 60, page):
        assert read_binary(simpleion.dumps(straddling(offset)))["number"] == LARGE


def test_less_than_a_page_is_read() -> None:
    assert read_binary(simpleion.dumps({"a": [1, "b"]})) == {"a": [1, "b"]}


def test_a_transaction_that_travels_as_bytes_keeps_the_number() -> None:
    # given transactions that travel as bytes
    ledger = Ledger()
    ledger.commit([CreateTable(table="Person")])
    for offset in range(8100, 8180):
        operations = [Insert(table="Person", document=straddling(offset))]
        ledger.commit(load_operations(dump_operations(operations)))
    # when, then
    numbers = {int(revision.data["number"]) for revision in ledger.state("Person").values()}
    assert numbers == {LARGE}

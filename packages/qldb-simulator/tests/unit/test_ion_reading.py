"""Ints of eight bytes are read as they were written, wherever in the bytes they lie.

Where the first test fails after an upgrade of amazon.ion, its C reader is right by now and
`qldb_simulator.ion_reading` can go.
"""

from __future__ import annotations

import pytest
from amazon.ion import simpleion
from qldb_simulator.client import LedgerClient
from qldb_simulator.ion_reading import read_binary
from qldb_simulator.journal import CreateTable, Insert, Ledger
from qldb_simulator.operations import dump_operations, load_operations

LARGE = 2**63


def straddling(offset: int = 8162) -> dict[str, object]:
    """Give a document whose int lies across two pages of its binary Ion."""
    return {"padding": b"x" * offset, "number": LARGE}


def test_the_c_reader_gives_another_number_without_an_error() -> None:
    misread = [
        simpleion.loads(simpleion.dumps(straddling(offset)))["number"]
        for offset in range(8140, 8180)
    ]
    assert set(misread) != {LARGE}


@pytest.mark.parametrize("page", [8192, 16384, 65536])
def test_every_place_is_read_right(page: int) -> None:
    for offset in range(page - 60, page):
        assert read_binary(simpleion.dumps(straddling(offset)))["number"] == LARGE


def test_short_bytes_are_read_too() -> None:
    assert read_binary(simpleion.dumps({"a": [1, "b"]})) == {"a": [1, "b"]}


def test_the_simulated_ledger_keeps_the_number() -> None:
    # given transactions that travel as bytes
    ledger = Ledger()
    ledger.commit([CreateTable(table="Person")])
    for offset in range(8100, 8180):
        operations = [Insert(table="Person", document=straddling(offset))]
        ledger.commit(load_operations(dump_operations(operations)))
    # when, then
    numbers = {int(revision.data["number"]) for revision in ledger.state("Person").values()}
    assert numbers == {LARGE}


def test_the_client_reads_what_the_service_says(monkeypatch: pytest.MonkeyPatch) -> None:
    revision = {
        "metadata": {"version": 0, "txTime": "", "txId": "t"},
        "hash": b"h",
        "data": straddling(),
    }
    client = LedgerClient("http://127.0.0.1:1")
    for length in range(40):
        body = simpleion.dumps({"d" * (length + 1): revision})
        monkeypatch.setattr(client, "_send", lambda *_, body=body: body)
        (state,) = client.state("ledger", "Person").values()
        assert state.data["number"] == LARGE

"""What the three formats hold is the journal, as independent readers read it."""

from __future__ import annotations

import base64
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from amazon.ion import simpleion
from hypothesis import given
from qldb_simulator.export_format import (
    EXPORT_FORMATS,
    ION_BINARY,
    ION_TEXT,
    JSON,
    ExportFormat,
)
from qldb_simulator.hash_chain import block_faults, chain_faults
from qldb_simulator.ion_hash import ion_hash

from tests.support.ion_documents import documents
from tests.support.ledgers import busy_ledger, insert, new_ledger


def _read(form: ExportFormat, data: bytes) -> list[Any]:
    """Return the values of an object, read by amazon.ion's reader in Python.

    It misreads text beyond ASCII that it is given as bytes.
    """
    source = io.StringIO(data.decode()) if form is ION_TEXT else io.BytesIO(data)
    return list(simpleion.load_python(source, single_value=False))


def _encoded(name: str) -> tuple[bytes, list[Any]]:
    """Return all blocks of a busy ledger in a format, and the blocks."""
    blocks = [block.to_ion() for block in busy_ledger().blocks]
    return b"".join(map(EXPORT_FORMATS[name].encode, blocks)), blocks


@pytest.mark.parametrize("name", ["ION_BINARY", "ION_TEXT"])
def test_ion_read_back_equals_the_blocks(name: str) -> None:
    data, blocks = _encoded(name)

    read = _read(EXPORT_FORMATS[name], data)

    assert [ion_hash(block) for block in read] == [ion_hash(block) for block in blocks]


@pytest.mark.parametrize("name", ["ION_BINARY", "ION_TEXT"])
def test_ion_read_back_verifies(name: str) -> None:
    data, blocks = _encoded(name)

    read = _read(EXPORT_FORMATS[name], data)

    assert len(read) == len(blocks)
    assert [fault for block in read for fault in block_faults(block)] == []
    assert chain_faults(read) == []


@given(documents())
def test_every_document_survives_in_ion(document: Any) -> None:  # noqa: ANN401 (any struct)
    ledger = new_ledger()
    insert(ledger, document=document)
    block = ledger.blocks[-1].to_ion()

    for form in (ION_BINARY, ION_TEXT):
        (read,) = _read(form, form.encode(block))
        assert ion_hash(read) == ion_hash(block)


@given(documents())
def test_every_document_is_one_line_of_json(document: Any) -> None:  # noqa: ANN401 (any struct)
    ledger = new_ledger()
    insert(ledger, document=document)

    data = JSON.encode(ledger.blocks[-1].to_ion())

    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert set(json.loads(data)["revisions"][0]["data"]["document"]) == set(document)


def test_json_has_one_block_a_line_with_the_fields_of_ion() -> None:
    data, blocks = _encoded("JSON")

    lines = data.decode().splitlines()

    assert [set(json.loads(line)) for line in lines] == [set(block) for block in blocks]


def test_json_of_a_block_shows_hashes_and_times_as_strings() -> None:
    ledger = new_ledger()
    insert(ledger, name="one", amount=Decimal("90.250"))
    block = ledger.blocks[1]

    text = JSON.encode(block.to_ion()).decode()

    read = json.loads(text)
    assert read["blockAddress"] == block.block_address
    assert read["blockTimestamp"] == "2021-02-03T04:05:06.795Z"
    assert read["blockHash"] == base64.b64encode(block.block_hash).decode()
    assert '"data":{"name":"one","amount":90250e-3}' in text


def test_revisions_have_the_parts_of_their_state() -> None:
    """Deletes have no data, redacted ones a hash of it, system revisions a hash only."""
    data, _ = _encoded("JSON")
    revisions = [r for line in data.splitlines() for r in json.loads(line).get("revisions", [])]

    shapes = {tuple(sorted(set(revision) - {"blockAddress", "metadata"})) for revision in revisions}

    assert shapes == {("data", "hash"), ("dataHash", "hash"), ("hash",)}


def test_ion_text_is_one_block_a_line() -> None:
    data, blocks = _encoded("ION_TEXT")

    assert data.count(b"\n") == len(blocks)
    assert data.startswith(b"{blockAddress:{strandId:")

"""Simulated journals as blocks in binary Ion, and the verification of changed ones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Select, Update

from journal.exports.part_verifier import Part, verify_part
from journal.exports.selection import Selection
from journal.ion.binary_stream import binary_values
from journal.ion.stream import VERSION_MARKER
from tests.support.exports import new_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.journal import Ledger

    from journal.exports.part_verification import PartVerification
    from journal.exports.part_verifier import TypeSearch

KEY = "exports/object.ion"


def busy_ledger(seed: int = 1) -> Ledger:
    """Return a ledger with every kind of transaction once."""
    ledger = new_ledger(random.Random(seed))
    ledger.commit([CreateTable(table="Person")])
    first = _insert(ledger, name="one", amount=Decimal("90.25"))
    second = ledger.commit(
        [
            Insert(table="Person", document={"name": "two"}),
            Update(table="Person", document_id=first, document={"name": "uno"}),
        ]
    )
    other = second.documents[0].document_id
    ledger.commit([Update(table="Person", document_id=other, document={"name": "due"})])
    ledger.commit([Delete(table="Person", document_id=first)])
    ledger.commit([Redact(table="Person", document_id=first, version=0)])
    ledger.commit([Select(table="Person")])
    ledger.commit([CreateTable(table="Other"), DropTable(table="Other")])
    return ledger


def _insert(ledger: Ledger, **fields: object) -> str:
    block = ledger.commit([Insert(table="Person", document=fields)])
    return str(block.documents[0].document_id)


def structs(ledger: Ledger) -> list[dict[str, Any]]:
    """Return all blocks as structs that may be changed."""
    return [_copy(block.to_ion()) for block in ledger.blocks]


def _copy(value: Any) -> Any:  # noqa: ANN401 (any Ion value)
    if isinstance(value, Mapping):
        return {name: _copy(field) for name, field in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_copy, value))
    return value


def verified(
    blocks: Sequence[dict[str, Any]],
    strand_id: str,
    *,
    name: tuple[int, int] | None = None,
    read: tuple[int, int] | None = None,
    selection: Selection | None = None,
    wanted: frozenset[int] = frozenset(),
    types: TypeSearch | None = None,
) -> PartVerification:
    """Verify blocks as one object.

    Parameters
    ----------
    name
        First and last block that the object's name tells.
    read
        First and last block that is taken.
    """
    data = VERSION_MARKER
    if blocks:
        data = bytes(simpleion.dumps(blocks, binary=True, sequence_as_stream=True))
    first, last = name or (None, None)
    read_from, read_to = read or (None, None)
    return verify_part(
        Part(KEY, strand_id, first, last, read_from, read_to),
        binary_values([data]),
        selection=selection or Selection(),
        wanted=wanted,
        types=types,
    )

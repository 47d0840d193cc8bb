"""A ledger of any size with every kind of change, for exports that are loaded."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from tests.support.exports import new_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.journal import Ledger

_PER_TRANSACTION = 20
"""Documents of a transaction; QLDB takes up to 40."""


def varied_ledger(
    documents: int, revisions: int, *, tables: Sequence[str] = ("Person", "Vehicle"), seed: int = 1
) -> Ledger:
    """Return a ledger.

    Parameters
    ----------
    documents
        Number of documents, over all tables.
    revisions
        Number of revisions at least, those that delete included. Some are redacted later.
    tables
        Names of the ledger tables.
    seed
        The same number gives the same ledger.
    """
    source = random.Random(seed)
    ledger = new_ledger(source)
    for name in tables:
        ledger.commit([CreateTable(table=name)])
    live: dict[str, str] = {}
    versions: dict[str, int] = {}
    inserted = committed = 0
    while inserted < documents or committed < revisions:
        table = source.choice(tables)
        operations: list[Any] = []
        of_table = [each for each, name in live.items() if name == table]
        if inserted < documents and (not of_table or source.random() < documents / revisions * 2):
            operations = [
                Insert(table=table, document=document(source))
                for _ in range(min(_PER_TRANSACTION, documents - inserted))
            ]
            inserted += len(operations)
        elif of_table:
            chosen = source.sample(of_table, min(_PER_TRANSACTION, len(of_table)))
            for each in chosen:
                if source.random() < 0.02 and len(live) > 1:
                    operations.append(Delete(table=table, document_id=each))
                    del live[each]
                else:
                    operations.append(
                        Update(table=table, document_id=each, document=document(source))
                    )
        else:
            continue
        block = ledger.commit(operations)
        for revision in block.documents:
            committed += 1
            versions[revision.document_id] = versions.get(revision.document_id, -1) + 1
            if isinstance(operations[0], Insert):
                live[revision.document_id] = table
        if source.random() < 0.1:
            _redact(ledger, source, live, versions)
    return ledger


def _redact(
    ledger: Ledger, source: random.Random, live: dict[str, str], versions: dict[str, int]
) -> None:
    """Redact an inactive revision, if the chosen document has one."""
    document_id = source.choice(list(live))
    if versions[document_id] > 0:
        version = source.randrange(versions[document_id])
        ledger.commit([Redact(table=live[document_id], document_id=document_id, version=version)])


def document(source: random.Random) -> dict[str, Any]:
    """Return a document with values of every type."""
    number = source.randrange(10**6)
    return {
        "name": f"name {number}",
        "city": source.choice(["Bern", "Zürich", "Genève"]),
        "points": number,
        "amount": Decimal(number).scaleb(-2),
        "since": datetime(2020, 1, 1 + number % 28, tzinfo=UTC),
        "photo": number.to_bytes(4, "big"),
        "active": number % 2 == 0,
        "nothing": None,
        "tags": [f"tag {number % 7}", number % 7],
        "address": {"street": f"street {number % 100}", "zip": number % 10_000},
    }

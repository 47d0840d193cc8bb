"""Ledgers with a history, and operations on their table ``Person``."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import (
    CreateTable,
    Delete,
    DropTable,
    Insert,
    Redact,
    Select,
    Update,
)

START = datetime(2021, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC)


class Clock:
    """Advances by one millisecond at each reading."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def new_ledger(seed: int = 1) -> Ledger:
    """Return a ledger with the table ``Person``, the same one for the same seed."""
    ledger = Ledger(clock=Clock(), new_id=new_ids(random.Random(seed)))
    ledger.commit([CreateTable(table="Person")])
    return ledger


def busy_ledger() -> Ledger:
    """Return a ledger with every kind of transaction once."""
    ledger = new_ledger()
    first = insert(ledger, name="one", amount=Decimal("90.25"))
    second = ledger.commit(
        [Insert(table="Person", document={"name": "two"}), update(first, name="uno")]
    )
    ledger.commit([update(second.documents[0].document_id, name="due", born=START)])
    ledger.commit([delete(first)])
    ledger.commit([redact(first, 0)])
    ledger.commit([Select(table="Person")])
    ledger.commit([CreateTable(table="Other"), DropTable(table="Other")])
    return ledger


def insert(ledger: Ledger, **fields: object) -> str:
    """Commit a new document and return its id."""
    return ledger.commit([Insert(table="Person", document=fields)]).documents[0].document_id


def update(document_id: str, **fields: object) -> Update:
    return Update(table="Person", document_id=document_id, document=fields)


def delete(document_id: str) -> Delete:
    return Delete(table="Person", document_id=document_id)


def redact(document_id: str, version: int) -> Redact:
    return Redact(table="Person", document_id=document_id, version=version)

"""QLDB's rules for transactions: what breaks one is refused and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qldb_simulator.errors import TransactionError
from qldb_simulator.operations import CreateTable, DropTable, Insert, Operation, Select
from qldb_simulator.transaction import MAX_DOCUMENT_BYTES

from tests.support.ledgers import delete, insert, new_ledger, redact, update

if TYPE_CHECKING:
    from collections.abc import Callable

    from qldb_simulator.journal import Ledger

UNKNOWN_ID = "0" * 22


def _too_many(ledger: Ledger) -> list[Operation]:
    del ledger
    return [Insert(table="Person", document={"n": n}) for n in range(41)]


def _large(ledger: Ledger) -> list[Operation]:
    del ledger
    return [Insert(table="Person", document={"text": "x" * MAX_DOCUMENT_BYTES})]


def _large_together(ledger: Ledger) -> list[Operation]:
    del ledger
    text = "x" * (MAX_DOCUMENT_BYTES - 100)
    return [Insert(table="Person", document={"text": text}) for _ in range(33)]


def _deleted(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    ledger.commit([delete(document_id)])
    return [update(document_id, name="two")]


def _deleted_before(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    return [delete(document_id), delete(document_id)]


def _active(ledger: Ledger) -> list[Operation]:
    return [redact(insert(ledger, name="one"), 0)]


def _final(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    ledger.commit([delete(document_id)])
    return [redact(document_id, 1)]


def _twice(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    ledger.commit([delete(document_id)])
    ledger.commit([redact(document_id, 0)])
    return [redact(document_id, 0)]


def _two_redactions(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    ledger.commit([update(document_id, name="two")])
    ledger.commit([update(document_id, name="three")])
    return [redact(document_id, 0), redact(document_id, 1)]


def _used_id(ledger: Ledger) -> list[Operation]:
    return [Insert(table="Person", document={}, document_id=insert(ledger, name="one"))]


def _dropped_in_between(ledger: Ledger) -> list[Operation]:
    document_id = insert(ledger, name="one")
    return [DropTable(table="Person"), update(document_id, name="two")]


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (lambda _: [], "without statements"),
        (_too_many, "at most 40 documents, not 41"),
        (_large, "at most 131072 bytes"),
        (_large_together, "at most 4194304 bytes"),
        (_deleted, "is deleted"),
        (_deleted_before, "is deleted"),
        (lambda _: [update(UNKNOWN_ID, name="x")], "has no document"),
        (lambda _: [delete(UNKNOWN_ID)], "has no document"),
        (lambda _: [Insert(table="Nobody", document={})], "no active table 'Nobody'"),
        (lambda _: [Select(table="Nobody")], "no active table"),
        (_dropped_in_between, "no active table"),
        (lambda _: [CreateTable(table="Person")], "exists"),
        (lambda _: [CreateTable(table="no name")], "not a table name"),
        (lambda _: [CreateTable(table=f"T{n}") for n in range(20)], "20 active tables"),
        (lambda _: [Insert(table="Person", document=[1])], "is a struct"),
        (lambda _: [Insert(table="Person", document={"a": {1}})], "is not Ion"),
        (lambda _: [Insert(table="Person", document={}, document_id="short")], "22 letters"),
        (_used_id, "exists"),
        (_active, "only an inactive revision"),
        (_final, "only an inactive revision"),
        (_twice, "is redacted"),
        (_two_redactions, "at most one revision"),
        (lambda _: [redact(UNKNOWN_ID, 0)], "has no document"),
    ],
)
def test_a_transaction_against_the_rules_is_refused_and_changes_nothing(
    operations: Callable[[Ledger], list[Operation]], message: str
) -> None:
    ledger = new_ledger()
    attempt = operations(ledger)
    blocks, tables = ledger.blocks, ledger.tables
    state = ledger.state("Person")

    with pytest.raises(TransactionError, match=message):
        ledger.commit(attempt)

    assert (ledger.blocks, ledger.tables, ledger.state("Person")) == (blocks, tables, state)


def test_an_error_never_quotes_the_document() -> None:
    ledger = new_ledger()

    with pytest.raises(TransactionError) as caught:
        ledger.commit([Insert(table="Person", document={"a": {"secret-value"}})])

    assert "secret-value" not in str(caught.value)
    assert caught.value.__cause__ is None

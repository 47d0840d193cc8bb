"""The wire form of transactions: values keep their types, and errors name what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from amazon.ion import simpleion
from qldb_simulator import operations
from qldb_simulator.errors import TransactionError
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.operation_encoding import dump_operations, load_operations

ID = "0" * 22


def test_every_operation_survives_the_encoding() -> None:
    every: list[operations.Operation] = [
        operations.CreateTable(table="Person"),
        operations.Insert(table="Person", document={"a": Decimal("1.0")}),
        operations.Insert(table="Person", document={}, document_id=ID),
        operations.Update(table="Person", document_id=ID, document={"a": "b"}),
        operations.Delete(table="Person", document_id=ID),
        operations.Redact(table="Person", document_id=ID, version=0),
        operations.Select(table="Person"),
        operations.DropTable(table="Person"),
    ]

    assert load_operations(dump_operations(every)) == every


def test_values_keep_their_types() -> None:
    document = simpleion.loads("{a:sym,b:1.00,c:1e0,d:2020-01T,e:null.string,f:x::(1 2),g:1,g:2}")

    (operation,) = load_operations(
        dump_operations([operations.Insert(table="T", document=document)])
    )

    assert isinstance(operation, operations.Insert)
    assert ion_hash(operation.document) == ion_hash(document)


def test_ion_text_and_json_are_read_too() -> None:
    text = b'[{"operation": "INSERT", "table": "Person", "document": {"a": 2020-01-01T, "b": 1.5}}]'

    (operation,) = load_operations(text)

    assert operation == operations.Insert(
        table="Person", document=simpleion.loads("{a: 2020-01-01T, b: 1.5}")
    )


def test_text_may_be_longer_than_amazon_ions_own_limit() -> None:
    text = b'[{operation: INSERT, table: "Person", document: {a: "%s"}}]' % (b"x" * 100_000)

    (operation,) = load_operations(text)

    assert isinstance(operation, operations.Insert)
    assert len(operation.document["a"]) == 100_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[{secret", "is not Ion"),
        (b"\xff\xfe", "is not Ion"),
        (b"", "list of operations"),
        (b"{}", "list of operations"),
        (b"[1]", "is a struct"),
        (b"[{}]", "is one of CREATE_TABLE"),
        (b"[{operation:[]}]", "is one of CREATE_TABLE"),
        (b'[{operation:"DROP"}]', "is one of CREATE_TABLE"),
        (b'[{operation:"DELETE",table:"T",id:1}]', "has no field id"),
        (b'[{operation:"DELETE",table:"T"}]', "missing or unexpected fields"),
        (b'[{operation:"SELECT",table:"T",version:1}]', "missing or unexpected fields"),
        (b'[{operation:"SELECT",table:1}]', "table of an operation is of type str"),
        (
            b'[{operation:"REDACT",table:"T",documentId:"x",version:"0"}]',
            "version of an operation is of type int",
        ),
    ],
)
def test_bytes_that_are_not_a_transaction_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(TransactionError, match=message) as caught:
        load_operations(text)

    assert "secret" not in str(caught.value)

"""The API below ``/simulator/`` refuses invalid requests without quoting documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.api import Api


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "delivery-options", {"copies": 0}),
        ("PUT", "delivery-options", {"copies": "two"}),
        ("PUT", "delivery-options", {"speed": 1}),
        ("POST", "redeliveries", {"fromSequenceNo": -1}),
        ("POST", "redeliveries", {"fromSequenceNo": "0"}),
        ("GET", "blocks?from=-1", None),
    ],
)
def test_a_wrong_control_of_the_delivery_is_refused(
    api: Api, method: str, path: str, body: dict[str, Any] | None
) -> None:
    api.create_ledger("one")

    answer = api(method, f"/simulator/ledgers/one/{path}", body)

    assert answer[:2] == (400, "InvalidParameterException")


def test_a_refused_transaction_is_named_without_the_document(api: Api) -> None:
    api.create_ledger("one")
    operations = b'[{operation: INSERT, table: "Nobody", document: {name: "secret-value"}}]'

    status, error, answer = api("POST", "/simulator/ledgers/one/transactions", operations)

    assert (status, error) == (400, "TransactionError")
    assert "no active table 'Nobody'" in answer["Message"]
    assert "secret-value" not in answer["Message"]


def test_the_revisions_of_a_table_that_never_was_are_refused(api: Api) -> None:
    api.create_ledger("one")

    answer = api("GET", f"/simulator/ledgers/one/generations/{'0' * 22}")

    assert answer[:2] == (400, "TransactionError")


def test_a_transaction_of_an_unknown_ledger_is_refused(api: Api) -> None:
    answer = api("POST", "/simulator/ledgers/none/transactions", b"[]")

    assert answer[:2] == (404, "ResourceNotFoundException")

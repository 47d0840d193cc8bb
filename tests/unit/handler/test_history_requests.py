"""The requests of the history table name everything that they write, and what they demand.

tests/integration proves on DynamoDB Local that DynamoDB accepts them.
"""

from __future__ import annotations

import pytest

from handler.history_requests import complete_statement, insert_revision_statement, revision_put
from tests.unit.handler.test_history import DELETED, ITEMS, KEY, LIVE, METADATA


def test_the_insert_makes_the_whole_item() -> None:
    text, parameters = insert_revision_statement(DELETED)
    assert text == (
        "INSERT INTO \"history\" VALUE {'pk': ?, 'version': ?, 'revisionState': ?, "
        "'ledgerTable': ?, 'tableId': ?, 'blockStrandId': ?, 'blockSequenceNo': ?, 'txTime': ?, "
        "'txId': ?, 'hash': ?}"
    )
    assert parameters == [*KEY.values(), {"S": "deleted"}, *METADATA.values()]


def test_the_completion_takes_no_data() -> None:
    text, parameters = complete_statement(LIVE)
    assert text == (
        'UPDATE "history" SET "ledgerTable"=? SET "tableId"=? SET "blockStrandId"=? '
        'SET "blockSequenceNo"=? SET "txTime"=? SET "txId"=? SET "hash"=? WHERE "pk"=? '
        'AND "version"=? AND "revisionState"=? AND "hash" IS MISSING'
    )
    assert parameters == [*METADATA.values(), *KEY.values(), {"S": "redacted"}]


@pytest.mark.parametrize(
    ("stored", "condition"),
    [
        (None, "attribute_not_exists(#key)"),
        (
            "live",
            "#state = :state AND attribute_exists(#hash) AND attribute_not_exists(#dataHash)",
        ),
        (
            "stub",
            "#state = :state AND attribute_not_exists(#hash) AND attribute_not_exists(#dataHash)",
        ),
    ],
)
def test_a_put_demands_the_item_that_it_leads_from(stored: str | None, condition: str) -> None:
    former = None if stored is None else ITEMS[stored]
    put = revision_put("history", ITEMS["completed"], former)
    assert (put["TableName"], put["Item"]) == ("history", ITEMS["completed"])
    assert put["ConditionExpression"] == condition
    values = None if former is None else {":state": former["revisionState"]}
    assert put.get("ExpressionAttributeValues") == values
    assert put["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"

"""Requests with PartiQL need the permissions of their statements.

The forms are those of the DynamoDB developer guide, "PartiQL statements". That the emulator asks
for them is proven by `tests/integration/packages/test_stand_in_iam.py`.
"""

from __future__ import annotations

import json

import pytest

from local.emulator_launch import statement_checks

REFUSED = [("dynamodb:PartiQL", "*")]


def checks(operation: str, request: object) -> list[tuple[str, str]]:
    return statement_checks(
        f"dynamodb:{operation}", json.dumps(request).encode(), "us-east-1", "000000000000"
    )


def needs(action: str, table: str = "Person-0a1b2c3") -> list[tuple[str, str]]:
    return [(f"dynamodb:{action}", f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}")]


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("INSERT INTO \"Person-0a1b2c3\" VALUE {'pk': ?}", "PartiQLInsert"),
        ("  insert\n into Person-0a1b2c3 value ?", "PartiQLInsert"),
        ('UPDATE "Person-0a1b2c3" SET a=? WHERE pk=?', "PartiQLUpdate"),
        ('DELETE FROM "Person-0a1b2c3" WHERE pk=?', "PartiQLDelete"),
        ('SELECT * FROM "Person-0a1b2c3"', "PartiQLSelect"),
        ('SELECT a, b FROM "Person-0a1b2c3"."by-city" WHERE c=?', "PartiQLSelect"),
    ],
)
def test_a_statement_needs_the_action_of_its_kind_on_its_table(statement: str, action: str) -> None:
    assert checks("ExecuteStatement", {"Statement": statement}) == needs(action)


def test_each_statement_of_a_request_is_checked() -> None:
    statements = [
        {"Statement": "INSERT INTO \"a.b\" VALUE {'pk': ?}"},
        {"Statement": 'UPDATE "c_d" SET a=? WHERE pk=?'},
    ]
    expected = needs("PartiQLInsert", "a.b") + needs("PartiQLUpdate", "c_d")
    assert checks("BatchExecuteStatement", {"Statements": statements}) == expected
    assert checks("ExecuteTransaction", {"TransactStatements": statements}) == expected


@pytest.mark.parametrize(
    "request_body",
    [{}, {"Statements": []}, {"Statements": [{}]}, {"Statements": [{"Statement": "EXISTS (x)"}]}],
)
def test_what_is_not_understood_is_refused(request_body: object) -> None:
    assert checks("BatchExecuteStatement", request_body) == REFUSED


def test_one_statement_that_is_not_understood_refuses_the_request() -> None:
    statements = [{"Statement": 'UPDATE "t" SET a=? WHERE pk=?'}, {"Statement": "EXISTS (x)"}]
    found = checks("BatchExecuteStatement", {"Statements": statements})
    assert found == needs("PartiQLUpdate", "t") + REFUSED


def test_other_requests_are_left_to_the_emulator() -> None:
    assert checks("PutItem", {"TableName": "t"}) == []

"""Whether a trust policy lets QLDB in: principal, action and conditions, as IAM evaluates them."""

from __future__ import annotations

from typing import Any

import pytest
from qldb_simulator.trust_policy import allows_qldb

ACCOUNT = "000000000000"
ARN = f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/ledger/0123456789abcdefABCDEF"


def _allowed(*statements: dict[str, Any]) -> bool:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return allows_qldb(policy, source_account=ACCOUNT, source_arn=ARN)


def _statement(**changes: object) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "qldb.amazonaws.com"},
        "Action": "sts:AssumeRole",
        **changes,
    }


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringEquals": {"AWS:SOURCEACCOUNT": [ACCOUNT, "111111111111"]}},
        {"StringLike": {"aws:SourceArn": "arn:aws:qldb:*:stream/ledger/*"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/ledger/*"}},
        {"ArnEquals": {"aws:SourceArn": ARN}},
        {"ArnLike": {"aws:SourceArn": f"arn:*:qldb:*:{ACCOUNT}:stream/*"}},
        {"StringNotEquals": {"aws:SourceAccount": "111111111111"}},
        {"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}},
        {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/ledger/*"},
        },
    ],
)
def test_a_condition_that_the_stream_meets_lets_qldb_in(condition: dict[str, Any]) -> None:
    assert _allowed(_statement(Condition=condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": "111111111111"}},
        {"StringEquals": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/ledger/*"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/other/*"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:qldb:eu-west-1:{ACCOUNT}:stream/ledger/*"}},
        # A wildcard in an ARN does not match a colon.
        {"ArnLike": {"aws:SourceArn": "arn:aws:qldb:*:stream/ledger/*"}},
        {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringEquals": {"aws:SourceOrgID": "o-1"}},
        {"NumericEquals": {"aws:SourceAccount": ACCOUNT}},
        {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/other/*"},
        },
    ],
)
def test_a_condition_that_the_stream_fails_keeps_qldb_out(
    condition: dict[str, Any],
) -> None:
    assert not _allowed(_statement(Condition=condition))


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"Service": "lambda.amazonaws.com"}},
        {"Principal": {"AWS": "qldb.amazonaws.com"}},
        {"Principal": "*"},
        {"Action": "sts:TagSession"},
        {"Effect": "Deny"},
    ],
)
def test_a_statement_about_something_else_does_not_let_qldb_in(changes: dict[str, Any]) -> None:
    assert not _allowed(_statement(**changes))


def test_lists_mean_the_same_as_single_values() -> None:
    statement = _statement(
        Principal={"Service": ["lambda.amazonaws.com", "qldb.amazonaws.com"]},
        Action=["sts:TagSession", "sts:*"],
    )

    assert _allowed(statement)
    assert allows_qldb({"Statement": statement}, source_account=ACCOUNT, source_arn=ARN)


def test_a_deny_beats_an_allow() -> None:
    assert not _allowed(_statement(), _statement(Effect="Deny"))


def test_a_policy_without_statements_keeps_qldb_out() -> None:
    assert not _allowed()

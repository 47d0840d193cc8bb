"""Proves which policies get an addition for the emulator, and that it stays hidden."""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.policies import canonical_policy
from pulumi_aws_standin.quirks import (
    from_emulator,
    identity_policy_for_emulator,
    resource_policy_for_emulator,
)

INSERT, UPDATE = "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/Person"
BATCH = "dynamodb:BatchExecuteStatement"


def allow(*actions: str, resource: object = TABLE, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    "statements",
    [
        [allow(INSERT, UPDATE)],
        [allow(INSERT), allow(UPDATE)],
        [allow(INSERT, resource=[TABLE, "x"]), allow(UPDATE, resource=["y", TABLE])],
        [allow("dynamodb:PartiQL*")],
        [allow("DynamoDB:partiqlinsert", "dynamodb:PartiQLUpdate")],
    ],
)
def test_both_actions_on_one_resource_get_the_emulators_action(statements: list[object]) -> None:
    policy = document(*statements)
    sent = identity_policy_for_emulator(policy)
    assert BATCH in sent
    assert len(json.loads(sent)["Statement"]) == len(statements) + 1
    shown = from_emulator(sent, identity_policy_for_emulator)
    assert canonical_policy(shown) == canonical_policy(policy)


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow(INSERT)],
        [allow(UPDATE)],
        [allow(INSERT, resource="x"), allow(UPDATE, resource="y")],
        [allow(INSERT), allow(UPDATE, Condition={"Bool": {"aws:SecureTransport": "true"}})],
        [allow(INSERT, UPDATE), {"Effect": "Deny", "Action": UPDATE, "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": "s3:*", "Resource": TABLE}],
        [allow("dynamodb:UpdateItem", "dynamodb:PutItem")],
    ],
)
def test_without_both_actions_nothing_is_added(statements: list[object]) -> None:
    policy = document(*statements)
    assert identity_policy_for_emulator(policy) == policy
    assert canonical_policy(from_emulator(policy, identity_policy_for_emulator)) == (
        canonical_policy(policy)
    )


def test_a_lost_action_is_drift_despite_the_added_statement() -> None:
    """PartiQLUpdate was removed outside of Pulumi, and nothing else."""
    sent = json.loads(identity_policy_for_emulator(document(allow(INSERT, UPDATE))))
    sent["Statement"][0]["Action"] = [INSERT]
    assert BATCH in from_emulator(json.dumps(sent), identity_policy_for_emulator)


def test_a_removal_of_the_added_statement_shows_as_drift() -> None:
    policy = document(allow(INSERT, UPDATE), allow("s3:GetObject"))
    shown = from_emulator(document(allow(INSERT, UPDATE)), identity_policy_for_emulator)
    assert canonical_policy(shown) != canonical_policy(policy)


def deny(**condition: object) -> dict[str, object]:
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": condition,
    }


@pytest.mark.parametrize("value", ["false", False, ["false"]])
def test_a_denial_of_plain_http_never_holds_for_the_emulator(value: object) -> None:
    policy = document(deny(Bool={"aws:SecureTransport": value}), allow("s3:GetObject"))
    sent = resource_policy_for_emulator(policy)
    condition = json.loads(sent)["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:PrincipalTag/EmulatorSpeaksPlainHttp": "never"}
    assert condition["Bool"] == {"aws:SecureTransport": value}
    shown = from_emulator(sent, resource_policy_for_emulator)
    assert canonical_policy(shown) == canonical_policy(policy)


def test_other_conditions_of_the_denial_stay() -> None:
    policy = document(
        deny(Bool={"aws:SecureTransport": "false"}, StringEquals={"aws:SourceAccount": "1"})
    )
    sent = resource_policy_for_emulator(policy)
    assert json.loads(sent)["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] == "1"
    shown = from_emulator(sent, resource_policy_for_emulator)
    assert canonical_policy(shown) == canonical_policy(policy)


@pytest.mark.parametrize(
    "statement",
    [
        deny(Bool={"aws:SecureTransport": "true"}),
        deny(StringEquals={"aws:SourceAccount": "1"}),
        {**deny(Bool={"aws:SecureTransport": "false"}), "Effect": "Allow"},
    ],
)
def test_other_statements_are_unchanged(statement: object) -> None:
    policy = document(statement)
    assert resource_policy_for_emulator(policy) == policy

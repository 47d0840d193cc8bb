"""Proves what is done about differences of the emulator, and that it stays hidden."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from pulumi_aws_standin.policies import canonical_policy
from pulumi_aws_standin.quirks import from_emulator, lacking, policy_for_emulator

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/Person"


def allow(*actions: str, resource: object = TABLE, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


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
    sent = policy_for_emulator(policy)
    condition = json.loads(sent)["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:PrincipalTag/EmulatorSpeaksPlainHttp": "never"}
    assert condition["Bool"] == {"aws:SecureTransport": value}
    shown = from_emulator(sent)
    assert canonical_policy(shown) == canonical_policy(policy)


def test_other_conditions_of_the_denial_stay() -> None:
    policy = document(
        deny(Bool={"aws:SecureTransport": "false"}, StringEquals={"aws:SourceAccount": "1"})
    )
    sent = policy_for_emulator(policy)
    assert json.loads(sent)["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] == "1"
    shown = from_emulator(sent)
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
    assert policy_for_emulator(policy) == policy


def test_a_removal_of_the_added_condition_shows_as_drift() -> None:
    policy = document(deny(Bool={"aws:SecureTransport": "false"}))
    assert from_emulator(policy) == policy
    sent = json.loads(policy_for_emulator(policy))
    del sent["Statement"][0]["Condition"]["Bool"]
    assert canonical_policy(from_emulator(json.dumps(sent))) != canonical_policy(policy)


def refusal(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "InvalidAction", "Message": message}}, "any")


def test_only_the_refusal_of_a_lacking_action_is_suppressed() -> None:
    with lacking("AssociateKmsKey", "DisassociateKmsKey"):
        raise refusal("Unknown action: DisassociateKmsKey")
    for message in ("Unknown action: PutItem", "Access denied"):
        with pytest.raises(ClientError), lacking("AssociateKmsKey"):
            raise refusal(message)

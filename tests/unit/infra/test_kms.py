"""A key that no service can use is refused; the grants' conditions fit the key's partition.

Proves the checks and the text of the policies. Cannot prove that AWS evaluates them so: there is
no local KMS that enforces policies.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from infra.kms import may_consume, may_write_stream
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import KEY_ARN, Deployment, deploy_dev, deploy_dev_again

ID = f"--key-id {KEY_ARN}"
ELSEWHERE = KEY_ARN.replace(deployment.REGION, "us-east-1")


def test_a_key_of_another_region_is_refused_before_anything_is_touched() -> None:
    deployed = Deployment()

    with pytest.raises(pulumi.RunError, match="kmsKeyArn names a key in us-east-1, and this stack"):
        deploy_dev_again({}, {"kmsKeyArn": ELSEWHERE}, into=deployed)

    assert deployed.resources == []


def refusal(monkeypatch: pytest.MonkeyPatch, **changed: str) -> str:
    """Return why a key is refused; nothing may be touched."""
    for name, value in changed.items():
        monkeypatch.setitem(deployment.KEY, name, value)
    deployed = Deployment()
    with pytest.raises(pulumi.RunError) as refused:
        deploy_dev_again({}, {"kmsKeyArn": KEY_ARN}, into=deployed)
    assert deployed.resources == []
    return str(refused.value)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("Disabled", f"aws kms enable-key {ID}"),
        ("PendingDeletion", f"aws kms cancel-key-deletion {ID} && aws kms enable-key {ID}"),
        ("PendingImport", "make it usable"),
    ],
)
def test_a_key_that_is_not_enabled_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, state: str, remedy: str
) -> None:
    assert refusal(monkeypatch, keyState=state) == (
        f"kmsKeyArn names a key whose state is {state}, and nothing can be encrypted with it: "
        f"{remedy}, or name another key"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keyManager", "AWS"),
        ("keyUsage", "SIGN_VERIFY"),
        ("keySpec", "RSA_4096"),
    ],
)
def test_a_key_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    reason = refusal(monkeypatch, **{name: value})

    assert reason.startswith("kmsKeyArn names a key of the kind ")
    assert value in reason
    assert reason.endswith(
        "; expected CUSTOMER, ENCRYPT_DECRYPT, SYMMETRIC_DEFAULT: name a symmetric customer "
        "managed key for encryption"
    )


def test_a_key_that_cannot_be_looked_up_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> None:
        raise Exception("invoke of aws:kms/getKey:getKey failed:\n AccessDeniedException")  # noqa: TRY002 (as Pulumi does)

    monkeypatch.setattr(aws.kms, "get_key", fail)

    assert refusal(monkeypatch) == (
        f"kmsKeyArn names the key {KEY_ARN}, which cannot be looked up: name a key that exists, "
        "and allow whoever deploys kms:DescribeKey on it. The lookup ended with: invoke of "
        "aws:kms/getKey:getKey failed: AccessDeniedException"
    )


def test_an_enabled_symmetric_key_of_this_region_is_accepted() -> None:
    assert deploy_dev(kmsKeyArn=KEY_ARN).resources


def test_in_china_services_have_other_names() -> None:
    key = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    conditions = [statement["Condition"] for statement in may_consume(key, "stream", "function")]
    assert {
        "StringEquals": {"kms:ViaService": "dynamodb.cn-north-1.amazonaws.com.cn"}
    } in conditions
    assert {"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}} in conditions


def test_every_grant_names_the_key_and_has_a_condition() -> None:
    grants = [*may_write_stream(KEY_ARN, "stream"), *may_consume(KEY_ARN, "stream", "function")]

    assert len(grants) == 5
    assert all(grant["Resource"] == KEY_ARN and grant["Condition"] for grant in grants)


def test_without_a_key_nothing_is_granted() -> None:
    assert may_write_stream("", "stream") == may_consume("", "stream", "function") == []

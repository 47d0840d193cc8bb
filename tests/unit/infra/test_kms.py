"""A key of another region is refused; the conditions of the grants fit the key's partition.

Proves the checks and the text of the policies. Cannot prove that AWS evaluates them so: there is
no local KMS that enforces policies.
"""

from __future__ import annotations

import pulumi
import pytest

from infra.kms import may_consume, may_write_stream
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import KEY_ARN, Deployment, deploy_dev, deploy_dev_again

ELSEWHERE = KEY_ARN.replace(deployment.REGION, "us-east-1")


def test_a_key_of_another_region_is_refused_before_anything_is_touched() -> None:
    deployed = Deployment()

    with pytest.raises(pulumi.RunError, match="kmsKeyArn names a key in us-east-1, and this stack"):
        deploy_dev_again({}, {"kmsKeyArn": ELSEWHERE}, into=deployed)

    assert deployed.resources == []


def test_a_key_of_this_region_is_accepted() -> None:
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

"""The QLDB stream and the role under which it writes, as registered with the engine.

Proves inputs, wiring and order of creation. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import pytest

from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import (
    KEY_ARN,
    TAGS,
    Deployment,
    arn,
    deploy_dev,
    physical_name,
    statements,
)

KINESIS = "aws:kinesis/stream:Stream"
QLDB = "aws:qldb/stream:Stream"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
NAME = "qldb-journal-writer"


@pytest.fixture(scope="module")
def dev() -> Deployment:
    return deploy_dev()


def test_the_qldb_stream_carries_the_upstream_ledger_to_the_kinesis_stream(
    dev: Deployment,
) -> None:
    kinesis = dev.one(KINESIS)

    assert dev.one(QLDB).inputs == {
        "ledgerName": deployment.LEDGER,
        "streamName": physical_name(kinesis),
        "inclusiveStartTime": "2020-05-29T00:00:00Z",
        "roleArn": arn(dev.one(ROLE, NAME)),
        "kinesisConfiguration": {"streamArn": arn(kinesis), "aggregationEnabled": True},
        "tags": TAGS,
    }


def test_the_qldb_stream_starts_where_its_setting_says() -> None:
    changed = deploy_dev(inclusiveStartTime="2024-02-29T12:00:00Z")

    assert changed.one(QLDB).inputs["inclusiveStartTime"] == "2024-02-29T12:00:00Z"


def test_the_qldb_stream_waits_for_its_permissions(dev: Deployment) -> None:
    assert dev.one(ROLE_POLICY, NAME).urn in dev.one(QLDB).dependencies


def test_a_new_qldb_stream_replaces_the_old_one_before_it_takes_its_name(dev: Deployment) -> None:
    assert dev.one(QLDB).delete_before_replace


def test_names_fit_what_qldb_takes_after_pulumi_has_added_eight_characters(
    dev: Deployment,
) -> None:
    assert len(dev.one(KINESIS).name) + 8 <= 32


def test_only_qldb_for_this_ledgers_streams_may_assume_the_role(dev: Deployment) -> None:
    assert statements(dev.one(ROLE, NAME).inputs["assumeRolePolicy"]) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "qldb.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": deployment.ACCOUNT},
                "ArnLike": {
                    "aws:SourceArn": (
                        f"arn:{deployment.PARTITION}:qldb:{deployment.REGION}:"
                        f"{deployment.ACCOUNT}:stream/{deployment.LEDGER}/*"
                    )
                },
            },
        }
    ]


def test_the_role_may_write_to_its_stream_and_nothing_else(dev: Deployment) -> None:
    policy = dev.one(ROLE_POLICY, NAME).inputs

    assert policy["role"] == physical_name(dev.one(ROLE, NAME))
    [statement] = statements(policy["policy"])
    assert statement["Effect"] == "Allow"
    assert set(statement["Action"]) == {
        "kinesis:DescribeStream",
        "kinesis:ListShards",
        "kinesis:PutRecord",
        "kinesis:PutRecords",
    }
    assert statement["Resource"] == arn(dev.one(KINESIS))


def test_the_role_may_encrypt_for_its_stream_with_a_customer_key() -> None:
    deployed = deploy_dev(kmsKeyArn=KEY_ARN)

    [_, statement] = statements(deployed.one(ROLE_POLICY, NAME).inputs["policy"])
    assert statement == {
        "Sid": "EncryptJournal",
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey"],
        "Resource": KEY_ARN,
        "Condition": {
            "StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": arn(deployed.one(KINESIS))}
        },
    }

"""The failure bucket and queue, as registered with the engine.

Proves inputs, wiring and order of creation. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import pytest

from ops.failure_objects import DISCARDED_PREFIX
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

BUCKET = "aws:s3/bucket:Bucket"
QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
PRIVATE = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTED = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"


@pytest.fixture(scope="module")
def dev() -> Deployment:
    return deploy_dev()


@pytest.mark.parametrize(("protected", "force"), [(True, False), (False, True)])
def test_a_protected_bucket_is_not_emptied(*, protected: bool, force: bool) -> None:
    bucket = deploy_dev(deletionProtection=protected).one(BUCKET)

    assert bucket.inputs == {"forceDestroy": force, "tags": TAGS}


@pytest.mark.parametrize("protected", [True, False])
def test_the_engine_refuses_to_delete_a_protected_bucket(*, protected: bool) -> None:
    assert deploy_dev(deletionProtection=protected).one(BUCKET).protect is protected


def test_the_bucket_is_private_and_encrypted(dev: Deployment) -> None:
    name = physical_name(dev.one(BUCKET))

    assert dev.one(PRIVATE).inputs == {
        "bucket": name,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert dev.one(ENCRYPTED).inputs == {
        "bucket": name,
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }


def test_the_bucket_refuses_requests_without_tls(dev: Deployment) -> None:
    bucket = dev.one(BUCKET)
    policy = dev.one(BUCKET_POLICY).inputs

    assert policy["bucket"] == physical_name(bucket)
    assert statements(policy["policy"]) == [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn(bucket), f"{arn(bucket)}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_objects_expire() -> None:
    changed = deploy_dev(failureRetentionDays=12)

    assert changed.one(LIFECYCLE).inputs == {
        "bucket": physical_name(changed.one(BUCKET)),
        "rules": [
            {
                "id": "expire-failures",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": 12},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            }
        ],
    }


def test_the_queue_is_encrypted_and_keeps_messages_as_long_as_it_can(dev: Deployment) -> None:
    assert dev.one(QUEUE).inputs == {
        "tags": TAGS,
        "messageRetentionSeconds": 1_209_600,
        "visibilityTimeoutSeconds": 300,
        "sqsManagedSseEnabled": True,
    }


def test_the_bucket_notifies_the_queue_of_both_kinds_of_failure(dev: Deployment) -> None:
    notification = dev.one(NOTIFICATION)
    queue = {"queueArn": arn(dev.one(QUEUE)), "events": ["s3:ObjectCreated:*"]}

    assert notification.inputs == {
        "bucket": physical_name(dev.one(BUCKET)),
        "queues": [
            queue | {"id": "quarantined-records", "filterPrefix": "records/"},
            queue | {"id": "discarded-batches", "filterPrefix": "aws/lambda/"},
        ],
    }
    assert dev.one(QUEUE_POLICY).urn in notification.dependencies


def test_discarded_failures_cause_no_message_and_expire(dev: Deployment) -> None:
    filters = [queue["filterPrefix"] for queue in dev.one(NOTIFICATION).inputs["queues"]]
    (rule,) = dev.one(LIFECYCLE).inputs["rules"]

    assert not any(DISCARDED_PREFIX.startswith(prefix) for prefix in filters)
    assert DISCARDED_PREFIX.startswith(rule["filter"]["prefix"])


def test_only_the_bucket_may_send_to_the_queue_and_only_over_tls(dev: Deployment) -> None:
    policy = dev.one(QUEUE_POLICY).inputs

    assert policy["queueUrl"] == "https://queue/qldb-failures"
    assert statements(policy["policy"]) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn(dev.one(QUEUE)),
            "Condition": {
                "ArnEquals": {"aws:SourceArn": arn(dev.one(BUCKET))},
                "StringEquals": {"aws:SourceAccount": deployment.ACCOUNT},
            },
        },
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": arn(dev.one(QUEUE)),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_bucket_and_queue_are_encrypted_with_a_customer_key() -> None:
    deployed = deploy_dev(kmsKeyArn=KEY_ARN)

    assert deployed.one(ENCRYPTED).inputs["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms",
                "kmsMasterKeyId": KEY_ARN,
            },
            "bucketKeyEnabled": True,
        }
    ]
    queue = deployed.one(QUEUE).inputs
    assert queue["kmsMasterKeyId"] == KEY_ARN
    assert "sqsManagedSseEnabled" not in queue


def test_a_retained_bucket_stays_as_it_is_but_sends_no_more_messages() -> None:
    deployed = deploy_dev(deletionProtection=True, retainOnDelete=True)

    retained = {
        resource.type
        for resource in deployed.resources
        if resource.retain_on_delete and resource.parent.endswith("::qldb-failures")
    }
    assert retained == {BUCKET, PRIVATE, ENCRYPTED, LIFECYCLE, BUCKET_POLICY}
    assert not deployed.one(BUCKET).protect


def test_without_that_setting_nothing_is_retained(dev: Deployment) -> None:
    assert [r.type for r in dev.resources if r.retain_on_delete] == []

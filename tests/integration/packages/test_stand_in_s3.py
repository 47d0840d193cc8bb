"""Proves the stand-in provider's buckets and their settings against the emulator.

Cannot prove that a setting has an effect, on the emulator or on AWS: nobody reads the queue that is
notified, and no object expires.
"""

from __future__ import annotations

import pytest
from pulumi_aws_standin.testing import CallError, ManagedResource, urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY, queue_policy, tls_policy

pytestmark = pytest.mark.emulator


def test_a_bucket_and_its_settings_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    engine = provider.engine
    bucket_case = Case(
        type_name="aws:s3/bucket:Bucket",
        inputs={"forceDestroy": False, "tags": {"a": "b"}},
        changed={"forceDestroy": True},
        outputs=("arn", "bucket"),
    )
    bucket = assert_lifecycle(provider, bucket_case)
    name, arn = bucket.identifier, str(bucket.outputs["arn"])
    queue = engine.create(urn_of("aws:sqs/queue:Queue", "target"), {})
    encryption: dict[str, object] = {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}
    }
    with_key: dict[str, object] = {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }
    rule: dict[str, object] = {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": 90},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    }
    target: dict[str, object] = {
        "queueArn": queue.outputs["arn"],
        "events": ["s3:ObjectCreated:*"],
    }
    blocks = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    cases = [
        Case(
            type_name="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            inputs={"bucket": name, **dict.fromkeys(blocks, True)},
            changed={"bucket": name, **dict.fromkeys(blocks, True), "blockPublicAcls": False},
            gone_after_delete=False,
        ),
        Case(
            type_name=(
                "aws:s3/bucketServerSideEncryptionConfiguration:"
                "BucketServerSideEncryptionConfiguration"
            ),
            inputs={"bucket": name, "rules": [{**encryption, "bucketKeyEnabled": True}]},
            changed={"bucket": name, "rules": [with_key]},
            gone_after_delete=False,
        ),
        Case(
            type_name="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            inputs={"bucket": name, "rules": [rule]},
            changed={
                "bucket": name,
                "rules": [
                    {
                        "id": "expire",
                        "status": "Enabled",
                        "noncurrentVersionExpiration": {"noncurrentDays": 1},
                    }
                ],
            },
        ),
        Case(
            type_name="aws:s3/bucketPolicy:BucketPolicy",
            inputs={"bucket": name, "policy": tls_policy(arn)},
            changed={"bucket": name, "policy": tls_policy(arn, "s3:PutObject")},
        ),
    ]
    for case in cases:
        assert_deletable(provider, case, assert_lifecycle(provider, case))

    permission = engine.create(
        urn_of("aws:sqs/queuePolicy:QueuePolicy", "target"),
        {"queueUrl": queue.identifier, "policy": queue_policy(queue, name)},
    )
    notification_case = Case(
        type_name="aws:s3/bucketNotification:BucketNotification",
        inputs={"bucket": name, "queues": [{**target, "filterPrefix": "records/"}]},
        changed={"bucket": name, "queues": [{**target, "id": "named"}]},
    )
    notification = assert_lifecycle(provider, notification_case)
    provider.client("s3").put_object(Bucket=name, Key="records/1", Body=b"x")
    with pytest.raises(CallError, match="BucketNotEmpty"):
        engine.delete(
            ManagedResource(
                bucket.urn, name, {"bucket": name, "forceDestroy": False}, bucket.outputs
            )
        )
    assert_deletable(provider, notification_case, notification)
    engine.delete(permission)
    engine.delete(queue)
    assert_deletable(provider, bucket_case, bucket)

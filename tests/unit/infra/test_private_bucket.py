"""What makes a bucket private, whatever component it belongs to, as registered with the engine.

Proves inputs and order of creation. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import pulumi_aws as aws
import pytest

from infra.component import Component
from infra.private_bucket import Privacy, keep_private
from tests.support.pulumi_mocks import (
    KEY_ARN,
    Deployment,
    arn,
    deploy,
    physical_name,
    statements,
)

NAME = "shelf"
BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
PRIVATE = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTED = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ADDED = (LIFECYCLE, PRIVATE, ENCRYPTED, POLICY)


def deployed(*, key_arn: str = "", retain_on_delete: bool = False) -> Deployment:
    def program() -> None:
        component = Component("Shelf", NAME, tags={})
        bucket = aws.s3.Bucket(NAME, opts=component.child())
        privacy = Privacy(
            key_arn=key_arn, rule="expire-books", days=12, retain_on_delete=retain_on_delete
        )
        keep_private(component, NAME, bucket, privacy)

    return deploy({}, upstream={}, program=program)


@pytest.fixture(scope="module")
def plain() -> Deployment:
    return deployed()


def test_all_public_access_is_blocked(plain: Deployment) -> None:
    assert plain.one(PRIVATE).inputs == {
        "bucket": physical_name(plain.one(BUCKET)),
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_every_request_without_tls_is_denied(plain: Deployment) -> None:
    bucket = plain.one(BUCKET)

    assert plain.one(POLICY).inputs["bucket"] == physical_name(bucket)
    assert statements(plain.one(POLICY).inputs["policy"]) == [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn(bucket), f"{arn(bucket)}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_objects_are_encrypted_with_a_key_of_s3(plain: Deployment) -> None:
    assert plain.one(ENCRYPTED).inputs == {
        "bucket": physical_name(plain.one(BUCKET)),
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }


def test_objects_are_encrypted_with_the_key_that_is_given() -> None:
    [rule] = deployed(key_arn=KEY_ARN).one(ENCRYPTED).inputs["rules"]

    assert rule == {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": KEY_ARN,
        },
        "bucketKeyEnabled": True,
    }


def test_objects_and_what_is_left_of_uploads_expire(plain: Deployment) -> None:
    assert plain.one(LIFECYCLE).inputs == {
        "bucket": physical_name(plain.one(BUCKET)),
        "rules": [
            {
                "id": "expire-books",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": 12},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            }
        ],
    }


def test_the_policy_waits_for_the_block_of_public_access(plain: Deployment) -> None:
    # S3 refuses concurrent calls of this kind.
    assert plain.one(PRIVATE).urn in plain.one(POLICY).dependencies


@pytest.mark.parametrize("retained", [True, False])
def test_a_retained_bucket_stays_private(*, retained: bool) -> None:
    kept = deployed(retain_on_delete=retained)

    assert {kept.one(type_).retain_on_delete for type_ in ADDED} == {retained}


def test_everything_belongs_to_the_component_and_has_the_buckets_name(plain: Deployment) -> None:
    parent = plain.one(BUCKET).parent

    assert {(plain.one(type_).parent, plain.one(type_).name) for type_ in ADDED} == {(parent, NAME)}

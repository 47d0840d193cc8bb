"""The Kinesis stream, as registered with the engine.

Proves inputs. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

from tests.support.pulumi_mocks import KEY_ARN, TAGS, deploy_dev

KINESIS = "aws:kinesis/stream:Stream"
PLAIN = {
    "shardCount": 1,
    "retentionPeriod": 168,
    "streamModeDetails": {"streamMode": "PROVISIONED"},
    "maxRecordSizeInKib": 1024,
    "encryptionType": "KMS",
    "kmsKeyId": "alias/aws/kinesis",
    "tags": TAGS,
}


def test_the_stream_is_encrypted_and_keeps_a_week() -> None:
    assert deploy_dev().one(KINESIS).inputs == PLAIN


def test_the_stream_follows_its_settings() -> None:
    changed = deploy_dev(
        shardCount=3, streamRetentionHours=48, maxRecordKibibytes=2048, kmsKeyArn=KEY_ARN
    )

    assert changed.one(KINESIS).inputs == PLAIN | {
        "shardCount": 3,
        "retentionPeriod": 48,
        "maxRecordSizeInKib": 2048,
        "kmsKeyId": KEY_ARN,
    }


def test_on_demand_kinesis_decides_on_the_number_of_shards() -> None:
    inputs = deploy_dev(streamMode="ON_DEMAND", shardCount=3).one(KINESIS).inputs

    assert "shardCount" not in inputs
    assert inputs["streamModeDetails"] == {"streamMode": "ON_DEMAND"}

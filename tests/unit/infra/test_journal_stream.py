"""The Kinesis stream, as registered with the engine.

Proves inputs. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

from tests.support.pulumi_mocks import TAGS, deploy_dev

KINESIS = "aws:kinesis/stream:Stream"


def test_the_stream_is_encrypted_and_keeps_a_week() -> None:
    assert deploy_dev().one(KINESIS).inputs == {
        "shardCount": 1,
        "retentionPeriod": 168,
        "streamModeDetails": {"streamMode": "PROVISIONED"},
        "encryptionType": "KMS",
        "kmsKeyId": "alias/aws/kinesis",
        "tags": TAGS,
    }


def test_the_stream_follows_its_settings() -> None:
    inputs = deploy_dev(shardCount=3, streamRetentionHours=48).one(KINESIS).inputs

    assert (inputs["shardCount"], inputs["retentionPeriod"]) == (3, 48)

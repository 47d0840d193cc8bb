"""Proves the stand-in provider's Kinesis streams against the emulator.

Cannot prove what AWS does, which differs here: it keeps a stream's records when it reshards.
"""

from __future__ import annotations

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.kinesis_stream import all_records
from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle

pytestmark = pytest.mark.emulator


def test_a_stream_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:kinesis/stream:Stream",
        inputs={
            "shardCount": 1,
            "retentionPeriod": 168,
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
            "streamModeDetails": {"streamMode": "PROVISIONED"},
            "tags": {"Project": "a", "Old": "b"},
        },
        changed={"shardCount": 1, "retentionPeriod": 24, "tags": {"Project": "c"}},
        outputs=("arn", "name", "tagsAll", "region"),
    )
    held = assert_lifecycle(provider, case)
    summary = provider.client("kinesis").describe_stream_summary(StreamName=held.outputs["name"])[
        "StreamDescriptionSummary"
    ]
    assert summary["EncryptionType"] == "NONE"
    assert_deletable(provider, case, held)


def test_another_number_of_shards_is_refused_and_no_record_is_lost(
    provider: ConnectedProvider,
) -> None:
    # given a stream with a record
    engine, kinesis = provider.engine, provider.client("kinesis")
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "resharded"), {"shardCount": 1})
    name = str(stream.outputs["name"])
    kinesis.put_record(StreamName=name, Data=b"kept", PartitionKey="any")
    # when it is to have two shards / then that is refused, with the reason
    with pytest.raises(CallError, match=r"applying shardCount: the emulator's UpdateShardCount"):
        engine.update(stream, {"shardCount": 2})
    # and the record is where it was, and the next deployment has nothing to make good
    assert all_records(kinesis, name) == [b"kept"]
    assert engine.update(stream, {"shardCount": 1}).outputs["shardCount"] == 1

    # when the emulator is asked itself / then it loses the record, which is why
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert all_records(kinesis, name) == []
    engine.delete(stream)

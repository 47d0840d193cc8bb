"""Proves the stand-in provider's Kinesis streams against the emulator.

Cannot prove what AWS does, which differs here: it keeps a stream's records when it reshards,
changes a stream's mode, and takes records of more than 1 MiB where the program allows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.kinesis_stream import all_records
from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY

if TYPE_CHECKING:
    from pulumi_aws_standin.testing import ManagedResource

pytestmark = pytest.mark.emulator

TYPE = "aws:kinesis/stream:Stream"


def test_a_stream_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name=TYPE,
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
    assert summary(provider, held)["EncryptionType"] == "NONE"
    assert_deletable(provider, case, held)


def test_a_stream_changes_its_mode_record_size_and_key_in_place(
    provider: ConnectedProvider,
) -> None:
    case = Case(
        type_name=TYPE,
        inputs={
            "shardCount": 2,
            "maxRecordSizeInKib": 1024,
            "streamModeDetails": {"streamMode": "PROVISIONED"},
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
        },
        changed={
            "maxRecordSizeInKib": 10_240,
            "streamModeDetails": {"streamMode": "ON_DEMAND"},
            "encryptionType": "KMS",
            "kmsKeyId": KEY,
        },
    )
    held = assert_lifecycle(provider, case)
    assert summary(provider, held)["KeyId"] == KEY
    assert held.outputs["streamModeDetails"] == {"streamMode": "ON_DEMAND"}
    assert "shardCount" not in held.outputs
    # and back, to as many shards as the emulator has kept, and no others
    back = {"shardCount": 2, "streamModeDetails": {"streamMode": "PROVISIONED"}}
    with pytest.raises(CallError, match="applying shardCount"):
        provider.engine.update(held, {**back, "shardCount": 3})
    held = provider.engine.update(held, back)
    assert held.outputs["shardCount"] == 2
    assert summary(provider, held)["EncryptionType"] == "NONE"
    assert_deletable(provider, case, held)


def test_the_emulator_lacks_what_the_state_alone_knows(provider: ConnectedProvider) -> None:
    """If this fails, the emulator has learned it: shorten the list in `quirks.py`."""
    held = provider.engine.create(urn_of(TYPE, "plain"), {"shardCount": 1})
    kinesis = provider.client("kinesis")
    for call, arguments in (
        (kinesis.update_stream_mode, {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
        (kinesis.update_max_record_size, {"MaxRecordSizeInKiB": 2048}),
    ):
        with pytest.raises(kinesis.exceptions.ClientError, match="Unknown action"):
            call(StreamARN=held.identifier, **arguments)
    provider.engine.delete(held)


def summary(provider: ConnectedProvider, held: ManagedResource) -> Any:  # noqa: ANN401 (boto3's answer)
    answer = provider.client("kinesis").describe_stream_summary(StreamARN=held.identifier)
    return answer["StreamDescriptionSummary"]


def test_another_number_of_shards_is_refused_and_no_record_is_lost(
    provider: ConnectedProvider,
) -> None:
    # given a stream with a record
    engine, kinesis = provider.engine, provider.client("kinesis")
    stream = engine.create(urn_of(TYPE, "resharded"), {"shardCount": 1})
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

"""Proves rules of the stand-in provider that hold for every resource type, each on one type.

It does so against the emulator. Cannot prove that every type follows the rules, nor that the
genuine provider does.
"""

from __future__ import annotations

import pytest
from pulumi_aws_standin.testing import CallError, ManagedResource, urn_of

from tests.support.stand_in import ACCOUNT, ConnectedProvider
from tests.support.stand_in_inputs import policy

pytestmark = pytest.mark.emulator


def test_a_resource_that_got_another_logical_name_by_an_alias_keeps_its_physical_name(
    provider: ConnectedProvider,
) -> None:
    # given a queue that was named after its first logical name
    engine = provider.engine
    first = engine.create(urn_of("aws:sqs/queue:Queue", "first"), {})
    # when it has another one, as the engine tells by the URN
    renamed = ManagedResource(
        urn_of("aws:sqs/queue:Queue", "second"), first.identifier, first.inputs, first.outputs
    )
    # then nothing differs, and an update of something else is one of the same queue
    checked = engine.checked(renamed.urn, {}, renamed.inputs)
    assert not engine.diff(renamed, checked).diffs
    updated = engine.update(renamed, {"tags": {"a": "b"}})
    assert updated.outputs["url"] == first.outputs["url"]
    assert updated.outputs["name"] == first.outputs["name"]
    engine.delete(updated)


def test_drift_is_found_and_repaired(provider: ConnectedProvider) -> None:
    engine = provider.engine
    inputs: dict[str, object] = {"messageRetentionSeconds": 600, "tags": {"a": "b"}}
    held = engine.create(urn_of("aws:sqs/queue:Queue", "drifting"), inputs)
    client = provider.client("sqs")
    client.set_queue_attributes(QueueUrl=held.identifier, Attributes={"VisibilityTimeout": "99"})
    client.tag_queue(QueueUrl=held.identifier, Tags={"stranger": "1"})
    read = engine.refresh(held)
    assert read.inputs["visibilityTimeoutSeconds"] == 99
    difference = engine.diff(read, engine.checked(held.urn, inputs, read.inputs))
    assert sorted(difference.detailedDiff) == ["tags.stranger", "visibilityTimeoutSeconds"]
    held = engine.update(read, inputs)
    assert engine.refresh(held).inputs == held.inputs
    engine.delete(held)


def test_a_failed_follow_up_keeps_the_resource_in_the_state(provider: ConnectedProvider) -> None:
    """The emulator cannot reshard, which the provider finds out before the retention."""
    engine = provider.engine
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "partial"), {"shardCount": 1})
    changed = {"shardCount": 2, "retentionPeriod": 48}
    with pytest.raises(CallError, match=r"applying shardCount: the emulator's") as failure:
        engine.update(stream, changed)
    detail = failure.value.detail
    assert detail is not None
    assert detail.id == stream.identifier
    assert detail.properties.fields["retentionPeriod"].number_value == 24
    engine.delete(stream)


def test_an_error_of_the_service_names_type_name_code_and_reason(
    provider: ConnectedProvider,
) -> None:
    with pytest.raises(
        CallError,
        match=r'creating aws:iam/rolePolicy:RolePolicy "lost": NoSuchEntity: .*nobody',
    ) as failure:
        provider.engine.create(
            urn_of("aws:iam/rolePolicy:RolePolicy", "lost"),
            {"role": "nobody", "policy": policy("s3:GetObject")},
        )
    assert failure.value.detail is None


def test_functions_answer_for_the_emulators_account(provider: ConnectedProvider) -> None:
    identity = provider.engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert identity["accountId"] == ACCOUNT
    region = provider.engine.invoke("aws:index/getRegion:getRegion", {})
    assert region["region"] == region["name"] == "us-east-1"
    partition = provider.engine.invoke("aws:index/getPartition:getPartition", {})
    assert partition["partition"] == "aws"


def test_functions_tell_a_streams_open_shards_and_a_tables_indexes(
    provider: ConnectedProvider,
) -> None:
    kinesis, dynamodb = provider.client("kinesis"), provider.client("dynamodb")
    kinesis.create_stream(StreamName="looked-up", ShardCount=2)
    dynamodb.create_table(
        TableName="looked-up",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-pk",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "WarmThroughput": {"WriteUnitsPerSecond": 5_000},
            }
        ],
    )
    try:
        stream = provider.engine.invoke("aws:kinesis/getStream:getStream", {"name": "looked-up"})
        table = provider.engine.invoke("aws:dynamodb/getTable:getTable", {"name": "looked-up"})
    finally:
        kinesis.delete_stream(StreamName="looked-up")
        dynamodb.delete_table(TableName="looked-up")

    assert stream["openShards"] == ["shardId-000000000000", "shardId-000000000001"]
    indexes = table["globalSecondaryIndexes"]
    assert isinstance(indexes, list)
    assert [index["name"] for index in indexes] == ["by-pk"]
    assert indexes[0]["warmThroughputs"] == [
        {"readUnitsPerSecond": 0, "writeUnitsPerSecond": 5_000}
    ]
    # the emulator tells no units of a table
    assert table["warmThroughputs"] == [{"readUnitsPerSecond": 0, "writeUnitsPerSecond": 0}]

"""Proves that what the resources declare is part of the AWS provider's schema, release 7.51.1.

The schema is read from the Python package that is generated from it. That a property does what the
AWS provider does with it cannot be proved here.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pulumi_aws as aws
import pytest
from pulumi_aws_standin import quirks
from pulumi_aws_standin.registry import PULUMI_AWS_VERSION, RESOURCES
from pulumi_aws_standin.schema import ListOf, Object, Property
from pulumi_aws_standin.tags import TAGS, TAGS_ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_aws_standin.resource import Resource

CLASSES: dict[str, Any] = {
    "aws:cloudwatch/dashboard:Dashboard": aws.cloudwatch.Dashboard,
    "aws:cloudwatch/logGroup:LogGroup": aws.cloudwatch.LogGroup,
    "aws:cloudwatch/metricAlarm:MetricAlarm": aws.cloudwatch.MetricAlarm,
    "aws:dynamodb/table:Table": aws.dynamodb.Table,
    "aws:iam/role:Role": aws.iam.Role,
    "aws:iam/rolePolicy:RolePolicy": aws.iam.RolePolicy,
    "aws:kinesis/stream:Stream": aws.kinesis.Stream,
    "aws:lambda/eventSourceMapping:EventSourceMapping": aws.lambda_.EventSourceMapping,
    "aws:lambda/function:Function": aws.lambda_.Function,
    "aws:qldb/ledger:Ledger": aws.qldb.Ledger,
    "aws:qldb/stream:Stream": aws.qldb.Stream,
    "aws:s3/bucket:Bucket": aws.s3.Bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        aws.s3.BucketLifecycleConfiguration
    ),
    "aws:s3/bucketNotification:BucketNotification": aws.s3.BucketNotification,
    "aws:s3/bucketPolicy:BucketPolicy": aws.s3.BucketPolicy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": aws.s3.BucketPublicAccessBlock,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        aws.s3.BucketServerSideEncryptionConfiguration
    ),
    "aws:sfn/stateMachine:StateMachine": aws.sfn.StateMachine,
    "aws:sns/topic:Topic": aws.sns.Topic,
    "aws:sns/topicPolicy:TopicPolicy": aws.sns.TopicPolicy,
    "aws:sns/topicSubscription:TopicSubscription": aws.sns.TopicSubscription,
    "aws:sqs/queue:Queue": aws.sqs.Queue,
    "aws:sqs/queuePolicy:QueuePolicy": aws.sqs.QueuePolicy,
}


def wire_names(kind: type) -> dict[str, str]:
    """Return the Python name of each of a class's properties by its name on the wire."""
    return {
        getattr(member.fget, "_pulumi_name", name): name
        for name, member in inspect.getmembers(kind)
        if isinstance(member, property) and member.fget is not None
    }


def every_type() -> list[str]:
    return sorted(RESOURCES)


def test_all_types_and_no_others_are_compared() -> None:
    assert sorted(CLASSES) == every_type()


def test_the_release_is_the_one_that_is_installed() -> None:
    assert version("pulumi-aws") == PULUMI_AWS_VERSION


@pytest.mark.parametrize("type_name", every_type())
def test_properties_are_those_of_the_schema(type_name: str) -> None:
    names = wire_names(CLASSES[type_name])
    constructor = inspect.signature(CLASSES[type_name]._internal_init).parameters
    for declared in RESOURCES[type_name].properties:
        assert names[declared.name] in constructor, declared.name
    for computed in RESOURCES[type_name].computed:
        assert computed.name in names


@pytest.mark.parametrize("type_name", every_type())
def test_what_the_schema_requires_is_required_or_named_by_pulumi(type_name: str) -> None:
    source = inspect.getsource(CLASSES[type_name]._internal_init)
    declared = {known.name: known for known in RESOURCES[type_name].properties}
    required = [
        wire
        for wire, name in wire_names(CLASSES[type_name]).items()
        if f"Missing required property '{name}'" in source
    ]
    for name in required:
        assert declared[name].required, name


def records(properties: tuple[Property, ...]) -> Iterator[Object]:
    for declared in properties:
        kind = declared.type.item if isinstance(declared.type, ListOf) else declared.type
        if isinstance(kind, Object):
            yield kind
            yield from records(kind.properties)


@pytest.mark.parametrize("type_name", every_type())
def test_nested_properties_are_those_of_some_object_of_the_schema(type_name: str) -> None:
    module = inspect.getmodule(CLASSES[type_name])
    assert module is not None
    inputs = __import__(f"{module.__package__}._inputs", fromlist=["_inputs"])
    prefix = CLASSES[type_name].__name__
    objects = [
        set(wire_names(kind))
        for name, kind in inspect.getmembers(inputs, inspect.isclass)
        if name.startswith(prefix) and name.endswith("Args")
    ]
    for nested in records(RESOURCES[type_name].properties):
        names = {declared.name for declared in nested.properties}
        assert any(names <= known for known in objects), names


def autonamed(resource: Resource) -> list[str]:
    return [known.name for known in resource.properties if known.autoname is not None]


def test_which_types_pulumi_names() -> None:
    assert {name: autonamed(r) for name, r in RESOURCES.items() if autonamed(r)} == {
        "aws:cloudwatch/logGroup:LogGroup": ["name"],
        "aws:cloudwatch/metricAlarm:MetricAlarm": ["name"],
        "aws:dynamodb/table:Table": ["name"],
        "aws:iam/role:Role": ["name"],
        "aws:iam/rolePolicy:RolePolicy": ["name"],
        "aws:kinesis/stream:Stream": ["name"],
        "aws:lambda/function:Function": ["name"],
        "aws:qldb/ledger:Ledger": ["name"],
        "aws:s3/bucket:Bucket": ["bucket"],
        "aws:sfn/stateMachine:StateMachine": ["name"],
        "aws:sns/topic:Topic": ["name"],
        "aws:sqs/queue:Queue": ["name"],
    }


@pytest.mark.parametrize("type_name", every_type())
def test_a_resource_takes_tags_exactly_where_the_schema_has_them(type_name: str) -> None:
    resource = RESOURCES[type_name]
    taggable = "tags" in wire_names(CLASSES[type_name])
    assert (resource.tagging is not None) == taggable
    assert (TAGS in resource.properties) == taggable
    assert (TAGS_ALL in wire_names(CLASSES[type_name])) == taggable


def test_what_is_not_read_is_declared() -> None:
    for type_name, paths in quirks.NOT_READ.items():
        declared = {known.name: known.type for known in RESOURCES[type_name].properties}
        for path, reason in paths.items():
            parent, _, part = path.partition(".")
            kind = declared[parent]
            inner = kind.item if isinstance(kind, ListOf) else kind
            if part:
                assert isinstance(inner, Object)
                assert part in {known.name for known in inner.properties}
            assert reason

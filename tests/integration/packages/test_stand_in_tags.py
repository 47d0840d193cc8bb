"""Proves that each taggable resource type of the stand-in provider changes tags in place.

The tags are read from the emulator or the simulator, not through the provider. Cannot prove that
AWS or the genuine provider changes them in place.
"""

from __future__ import annotations

import itertools
import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from pulumi_aws_standin.registry import RESOURCES
from pulumi_aws_standin.testing import urn_of
from pulumi_aws_standin.wire import UNKNOWN

from tests.support.stand_in_inputs import (
    ALARM,
    LAMBDA_TRUST,
    QLDB_TRUST,
    STATES_TRUST,
    TABLE,
    definition,
    delivery_policy,
    function_inputs,
    qldb_stream_inputs,
    source_code,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pulumi_aws_standin.testing import ManagedResource

    from tests.support.stand_in import ConnectedProvider

pytestmark = pytest.mark.emulator

STREAM = "aws:kinesis/stream:Stream"
FUNCTION = "aws:lambda/function:Function"
LEDGER = "aws:qldb/ledger:Ledger"
QLDB_STREAM = "aws:qldb/stream:Stream"
ROLE = "aws:iam/role:Role"
MACHINE = "aws:sfn/stateMachine:StateMachine"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"

TAGGED = sorted(name for name, resource in RESOURCES.items() if resource.tagging is not None)
every_tagged_type = pytest.mark.parametrize("type_name", TAGGED)

BEFORE = {"Project": "p", "team:stage": "test", "Old and gone": "x/y=z"}
AFTER = {"Project": "p", "team:stage": "production", "New+one": "ä"}
"""Tags of two deployments: one unchanged, one changed, one removed, one added."""


class Workshop:
    """Creates resources of every tagged type, with their dependencies.

    Parameters
    ----------
    provider
        Creates the resources.
    """

    def __init__(self, provider: ConnectedProvider) -> None:
        self.provider = provider
        self.engine = provider.engine
        self._numbers = itertools.count()
        self._made: list[ManagedResource] = []

    def create(self, type_name: str, **inputs: object) -> ManagedResource:
        """Create a resource that is deleted after the test."""
        held = self.engine.create(urn_of(type_name, f"thing{next(self._numbers)}"), inputs)
        self._made.append(held)
        return held

    def clear(self) -> None:
        """Delete everything, in reverse order."""
        while self._made:
            self.engine.delete(self._made.pop())

    def inputs(self, type_name: str) -> dict[str, object]:
        """Return the inputs that a type requires; resources that they refer to exist."""
        make: Callable[[], dict[str, object]] | None = {
            MAPPING: self._mapping,
            FUNCTION: self._function,
            MACHINE: self._machine,
            QLDB_STREAM: self._qldb_stream,
        }.get(type_name)
        return make() if make is not None else SIMPLE[type_name]

    def tags(self, held: ManagedResource) -> dict[str, str]:
        """Return a resource's tags as the service itself reports them."""
        return READERS[held.urn.split("::")[2].rsplit("$", 1)[-1]](self.provider, held)

    def _function(self) -> dict[str, object]:
        role = self.create(ROLE, assumeRolePolicy=LAMBDA_TRUST)
        return function_inputs(role, source_code("def handler(event, context): return 1"))

    def _machine(self) -> dict[str, object]:
        role = self.create(ROLE, assumeRolePolicy=STATES_TRUST)
        return {"definition": definition("done"), "roleArn": role.outputs["arn"]}

    def _mapping(self) -> dict[str, object]:
        stream = self.create(STREAM, shardCount=1)
        function = self.create(FUNCTION, **self._function())
        return {
            "eventSourceArn": stream.outputs["arn"],
            "functionName": function.outputs["arn"],
            "startingPosition": "TRIM_HORIZON",
        }

    def _qldb_stream(self) -> dict[str, object]:
        ledger = self.create(LEDGER, **SIMPLE[LEDGER])
        target = self.create(STREAM, shardCount=1)
        role = self.create(ROLE, assumeRolePolicy=QLDB_TRUST)
        self.create(
            "aws:iam/rolePolicy:RolePolicy",
            role=role.identifier,
            policy=delivery_policy(target),
        )
        return qldb_stream_inputs(ledger, role, target)


SIMPLE: dict[str, dict[str, object]] = {
    "aws:cloudwatch/logGroup:LogGroup": {},
    "aws:cloudwatch/metricAlarm:MetricAlarm": ALARM,
    "aws:dynamodb/table:Table": TABLE,
    ROLE: {"assumeRolePolicy": LAMBDA_TRUST},
    STREAM: {"shardCount": 1},
    LEDGER: {"permissionsMode": "STANDARD", "deletionProtection": False},
    "aws:s3/bucket:Bucket": {},
    "aws:sns/topic:Topic": {},
    "aws:sqs/queue:Queue": {},
}
"""Required inputs of the types that need no other resource."""


def from_pairs(pairs: list[Mapping[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}


def bucket_tags(provider: ConnectedProvider, held: ManagedResource) -> dict[str, str]:
    client = provider.client("s3")
    try:
        return from_pairs(client.get_bucket_tagging(Bucket=held.identifier)["TagSet"])
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchTagSet"  # noqa: PT017 (boto3 has no class for it)
        return {}


def lambda_tags(provider: ConnectedProvider, held: ManagedResource) -> Any:  # noqa: ANN401 (boto3's answers have no shared type)
    return provider.client("lambda").list_tags(Resource=held.outputs["arn"])["Tags"]


def qldb_tags(provider: ConnectedProvider, held: ManagedResource) -> Any:  # noqa: ANN401 (JSON)
    arn = quote(str(held.outputs["arn"]), safe="")
    with urllib.request.urlopen(f"{provider.qldb}/tags/{arn}") as answer:  # noqa: S310 (loopback)
        return json.load(answer)["Tags"]


READERS: dict[str, Callable[[ConnectedProvider, ManagedResource], dict[str, str]]] = {
    "aws:cloudwatch/logGroup:LogGroup": lambda provider, held: provider.client(
        "logs"
    ).list_tags_for_resource(resourceArn=held.outputs["arn"])["tags"],
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda provider, held: from_pairs(
        provider.client("cloudwatch").list_tags_for_resource(ResourceARN=held.outputs["arn"])[
            "Tags"
        ]
    ),
    "aws:dynamodb/table:Table": lambda provider, held: from_pairs(
        provider.client("dynamodb").list_tags_of_resource(ResourceArn=held.outputs["arn"])["Tags"]
    ),
    ROLE: lambda provider, held: from_pairs(
        provider.client("iam").get_role(RoleName=held.identifier)["Role"].get("Tags", [])
    ),
    STREAM: lambda provider, held: from_pairs(
        provider.client("kinesis").list_tags_for_stream(StreamName=held.outputs["name"])["Tags"]
    ),
    FUNCTION: lambda_tags,
    MAPPING: lambda_tags,
    MACHINE: lambda provider, held: {
        pair["key"]: pair["value"]
        for pair in provider.client("stepfunctions").list_tags_for_resource(
            resourceArn=held.identifier
        )["tags"]
    },
    LEDGER: qldb_tags,
    QLDB_STREAM: qldb_tags,
    "aws:s3/bucket:Bucket": bucket_tags,
    "aws:sns/topic:Topic": lambda provider, held: from_pairs(
        provider.client("sns").list_tags_for_resource(ResourceArn=held.identifier)["Tags"]
    ),
    "aws:sqs/queue:Queue": lambda provider, held: (
        provider.client("sqs").list_queue_tags(QueueUrl=held.identifier).get("Tags", {})
    ),
}


@pytest.fixture
def workshop(provider: ConnectedProvider) -> Iterator[Workshop]:
    made = Workshop(provider)
    yield made
    made.clear()


@every_tagged_type
def test_a_resource_is_created_with_its_tags(workshop: Workshop, type_name: str) -> None:
    held = workshop.create(type_name, **workshop.inputs(type_name), tags=BEFORE)
    assert workshop.tags(held) == BEFORE
    assert held.outputs["tags"] == held.outputs["tagsAll"] == BEFORE


@every_tagged_type
def test_a_refresh_reads_tags_back_without_a_difference(workshop: Workshop, type_name: str) -> None:
    # given a resource with tags
    inputs = {**workshop.inputs(type_name), "tags": BEFORE}
    held = workshop.create(type_name, **inputs)
    # when it is refreshed
    read = workshop.engine.refresh(held)
    # then its state has the tags, and the next deployment nothing to do
    assert read.inputs["tags"] == read.outputs["tags"] == read.outputs["tagsAll"] == BEFORE
    again = workshop.engine.checked(held.urn, inputs, read.inputs)
    assert not workshop.engine.diff(read, again).diffs


@every_tagged_type
def test_tags_are_changed_in_place(workshop: Workshop, type_name: str) -> None:
    # given a resource with tags
    inputs = workshop.inputs(type_name)
    held = workshop.create(type_name, **inputs, tags=BEFORE)
    # when one is to be added, one changed and one removed / then those three differ, in place
    wanted = {**inputs, "tags": AFTER}
    difference = workshop.engine.diff(held, workshop.engine.checked(held.urn, wanted, held.inputs))
    assert sorted(difference.detailedDiff) == [
        "tags.New+one",
        "tags.Old and gone",
        "tags.team:stage",
    ]
    assert not difference.replaces
    # and the resource gets them
    held = workshop.engine.update(held, wanted)
    assert workshop.tags(held) == AFTER
    assert held.outputs["tags"] == held.outputs["tagsAll"] == AFTER


@every_tagged_type
def test_a_resource_that_was_created_without_tags_gets_some_in_place(
    workshop: Workshop, type_name: str
) -> None:
    # given a resource whose state knows no tags
    inputs = workshop.inputs(type_name)
    held = workshop.create(type_name, **inputs)
    assert "tags" not in held.inputs
    # when the program gives tags / then nothing but them differs, in place
    wanted = {**inputs, "tags": BEFORE}
    difference = workshop.engine.diff(held, workshop.engine.checked(held.urn, wanted, held.inputs))
    assert list(difference.detailedDiff) == ["tags"]
    assert not difference.replaces
    # and the resource gets them
    held = workshop.engine.update(held, wanted)
    assert workshop.tags(held) == BEFORE


@every_tagged_type
def test_tags_that_the_program_no_longer_gives_are_removed(
    workshop: Workshop, type_name: str
) -> None:
    # given a resource with tags
    inputs = workshop.inputs(type_name)
    held = workshop.create(type_name, **inputs, tags=BEFORE)
    # when the program gives none / then only they differ, in place
    difference = workshop.engine.diff(held, workshop.engine.checked(held.urn, inputs, held.inputs))
    assert list(difference.detailedDiff) == ["tags"]
    assert not difference.replaces
    # and the resource loses them
    held = workshop.engine.update(held, inputs)
    assert workshop.tags(held) == {}
    assert "tags" not in workshop.engine.refresh(held).inputs


@every_tagged_type
def test_a_preview_plans_a_tag_that_it_does_not_know_yet(
    workshop: Workshop, type_name: str
) -> None:
    inputs = workshop.inputs(type_name)
    held = workshop.create(type_name, **inputs, tags=BEFORE)
    wanted = {**inputs, "tags": {**BEFORE, "Project": UNKNOWN}}
    difference = workshop.engine.diff(held, workshop.engine.checked(held.urn, wanted, held.inputs))
    assert list(difference.detailedDiff) == ["tags.Project"]
    assert not difference.replaces
    planned = workshop.engine.update(held, wanted, preview=True)
    assert planned.outputs["tags"] == planned.outputs["tagsAll"] == wanted["tags"]
    assert workshop.tags(held) == BEFORE

"""Proves the stand-in provider's topics, policies and subscriptions against the emulator.

Cannot prove that a mail arrives: the emulator sends none, and confirms a subscription itself.
"""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.testing import urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY

pytestmark = pytest.mark.emulator

SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def alarms_policy(topic: str, *statements: object) -> str:
    """Return the text of a policy that lets alarms of CloudWatch publish."""
    publish = {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [publish, *statements]})


def test_a_topic_its_policy_and_subscription_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    topic_case = Case(
        type_name="aws:sns/topic:Topic",
        inputs={"displayName": "alarms", "kmsMasterKeyId": KEY, "tags": {"a": "b"}},
        changed={"tags": {"a": "c"}},
        outputs=("arn", "name", "owner"),
    )
    topic = assert_lifecycle(provider, topic_case)
    arn = topic.identifier

    over_tls = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy_case = Case(
        type_name="aws:sns/topicPolicy:TopicPolicy",
        inputs={"arn": arn, "policy": alarms_policy(arn)},
        changed={"arn": arn, "policy": alarms_policy(arn, over_tls)},
        outputs=("owner",),
        gone_after_delete=False,
    )
    assert_deletable(provider, policy_case, assert_lifecycle(provider, policy_case))
    left = provider.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    assert json.loads(left)["Id"] == "__default_policy_ID"

    subscription: dict[str, object] = {
        "topic": arn,
        "protocol": "email",
        "endpoint": "team@example.com",
    }
    subscription_case = Case(
        type_name=SUBSCRIPTION,
        inputs=subscription,
        changed=subscription,
        outputs=("arn", "ownerId"),
    )
    held = assert_lifecycle(provider, subscription_case)
    assert_deletable(provider, subscription_case, held)
    assert_deletable(provider, topic_case, topic)


def test_another_address_is_another_subscription(provider: ConnectedProvider) -> None:
    topic = provider.engine.create(urn_of("aws:sns/topic:Topic", "addressed"), {})
    inputs = {"topic": topic.identifier, "protocol": "email", "endpoint": "a@example.com"}
    held = provider.engine.create(urn_of(SUBSCRIPTION), inputs)
    wanted = {**inputs, "endpoint": "b@example.com"}
    difference = provider.engine.diff(held, provider.engine.checked(held.urn, wanted, held.inputs))
    assert list(difference.replaces) == ["endpoint"]
    assert not difference.deleteBeforeReplace
    provider.engine.delete(held)
    provider.engine.delete(topic)


def test_a_subscription_that_somebody_ended_is_gone(provider: ConnectedProvider) -> None:
    topic = provider.engine.create(urn_of("aws:sns/topic:Topic", "left"), {})
    inputs = {"topic": topic.identifier, "protocol": "email", "endpoint": "a@example.com"}
    held = provider.engine.create(urn_of(SUBSCRIPTION), inputs)
    provider.client("sns").unsubscribe(SubscriptionArn=held.identifier)
    assert provider.engine.refresh(held).identifier == ""
    provider.engine.delete(topic)

"""Proves the stand-in provider's queues and their policies against the emulator.

Cannot prove that the policy admits S3, or refuses other accounts: no message is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY, queue_policy

if TYPE_CHECKING:
    from pulumi_aws_standin.testing import ManagedResource

pytestmark = pytest.mark.emulator


def test_a_queue_gets_a_key_and_loses_it_in_place(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:sqs/queue:Queue",
        inputs={"sqsManagedSseEnabled": True},
        changed={"kmsMasterKeyId": KEY, "kmsDataKeyReusePeriodSeconds": 3600},
    )
    held = assert_lifecycle(provider, case)
    assert key_of(provider, held) == KEY
    held = provider.engine.update(held, {"sqsManagedSseEnabled": True})
    assert not key_of(provider, held)
    assert_deletable(provider, case, held)


def key_of(provider: ConnectedProvider, held: ManagedResource) -> str | None:
    """Return the key of a queue as the service itself reports it."""
    reported = provider.client("sqs").get_queue_attributes(
        QueueUrl=held.identifier, AttributeNames=["All"]
    )["Attributes"]
    key: str | None = reported.get("KmsMasterKeyId")
    return key


def test_a_queue_and_its_policy_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    queue_case = Case(
        type_name="aws:sqs/queue:Queue",
        inputs={
            "messageRetentionSeconds": 1_209_600,
            "visibilityTimeoutSeconds": 60,
            "sqsManagedSseEnabled": True,
            "tags": {"a": "b"},
        },
        changed={"sqsManagedSseEnabled": False, "tags": {"a": "c"}},
        outputs=("arn", "url", "name"),
    )
    queue = assert_lifecycle(provider, queue_case)
    url, stranger = queue.identifier, "000000000001"
    policy_case = Case(
        type_name="aws:sqs/queuePolicy:QueuePolicy",
        inputs={"queueUrl": url, "policy": queue_policy(queue, "a-bucket")},
        changed={"queueUrl": url, "policy": queue_policy(queue, "a-bucket", stranger)},
    )
    assert_deletable(provider, policy_case, assert_lifecycle(provider, policy_case))
    assert_deletable(provider, queue_case, queue)

"""Proves the stand-in provider's log groups against the emulator.

Cannot prove that CloudWatch accepts the same settings: nothing is logged, and nothing expires.
"""

from __future__ import annotations

import pytest

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY

pytestmark = pytest.mark.emulator


def test_a_log_group_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:cloudwatch/logGroup:LogGroup",
        inputs={"name": "/aws/lambda/a-function", "retentionInDays": 30, "tags": {"a": "b"}},
        changed={"name": "/aws/lambda/a-function", "tags": {"a": "c"}},
        outputs=("arn",),
    )
    assert_deletable(provider, case, assert_lifecycle(provider, case))


def test_a_key_of_a_log_group_is_set_at_its_creation(provider: ConnectedProvider) -> None:
    """A later change is in Pulumi's state only: the emulator has no action for it."""
    case = Case(
        type_name="aws:cloudwatch/logGroup:LogGroup",
        inputs={"name": "/aws/lambda/secret", "kmsKeyId": KEY},
        changed={"name": "/aws/lambda/secret"},
    )
    held = assert_lifecycle(provider, case)
    [group] = provider.client("logs").describe_log_groups(logGroupNamePrefix=held.identifier)[
        "logGroups"
    ]
    assert group["kmsKeyId"] == KEY
    assert_deletable(provider, case, held)

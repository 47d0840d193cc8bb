"""Proves the stand-in provider's DynamoDB tables against the emulator.

Cannot prove that AWS does the same: no item expires, and nothing is restored from a backup.
"""

from __future__ import annotations

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import TABLE

pytestmark = pytest.mark.emulator


def test_a_table_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:dynamodb/table:Table",
        inputs={
            **TABLE,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
            "serverSideEncryption": {"enabled": True},
            "ttl": {"enabled": True, "attributeName": "expiresAt"},
            "deletionProtectionEnabled": True,
            "tags": {"a": "b"},
        },
        changed={
            **TABLE,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 9},
            "ttl": {"enabled": True, "attributeName": "otherAttribute"},
            "tags": {"a": "c"},
        },
        outputs=("arn", "name"),
    )
    held = assert_lifecycle(provider, case)
    described = provider.client("dynamodb").describe_time_to_live(TableName=held.identifier)
    assert described["TimeToLiveDescription"]["AttributeName"] == "otherAttribute"
    assert_deletable(provider, case, held)


def test_deletion_protection_of_a_table_refuses_the_deletion(provider: ConnectedProvider) -> None:
    inputs = {**TABLE, "deletionProtectionEnabled": True}
    held = provider.engine.create(urn_of("aws:dynamodb/table:Table", "guarded"), inputs)
    with pytest.raises(CallError, match="protected against deletion"):
        provider.engine.delete(held)
    held = provider.engine.update(held, {**inputs, "deletionProtectionEnabled": False})
    provider.engine.delete(held)

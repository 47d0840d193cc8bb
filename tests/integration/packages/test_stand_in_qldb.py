"""Proves the stand-in provider's ledgers and their streams against the simulated QLDB.

Cannot prove that Amazon QLDB does the same. Nothing is committed: test_qldb_delivery.py proves
delivery.
"""

from __future__ import annotations

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import QLDB_TRUST, delivery_policy, qldb_stream_inputs

pytestmark = pytest.mark.emulator


def test_a_ledger_and_its_stream_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    engine = provider.engine
    ledger_case = Case(
        type_name="aws:qldb/ledger:Ledger",
        inputs={"permissionsMode": "ALLOW_ALL", "tags": {"a": "b", "gone": "x"}},
        changed={"permissionsMode": "STANDARD", "deletionProtection": False, "tags": {"a": "c"}},
        outputs=("arn", "name"),
    )
    guarded = engine.create(urn_of(ledger_case.type_name, "guarded"), ledger_case.inputs)
    with pytest.raises(CallError, match="ResourcePreconditionNotMetException"):
        engine.delete(guarded)
    engine.delete(engine.update(guarded, ledger_case.changed))
    ledger = assert_lifecycle(provider, ledger_case)

    target = engine.create(urn_of("aws:kinesis/stream:Stream", "target"), {"shardCount": 1})
    role = engine.create(
        urn_of("aws:iam/role:Role", "streamer"),
        {"assumeRolePolicy": QLDB_TRUST},
    )
    permission = engine.create(
        urn_of("aws:iam/rolePolicy:RolePolicy", "streamer"),
        {"role": role.identifier, "policy": delivery_policy(target)},
    )
    stream_inputs = qldb_stream_inputs(ledger, role, target)
    stream_case = Case(
        type_name="aws:qldb/stream:Stream",
        inputs={**stream_inputs, "tags": {"a": "b"}},
        changed={**stream_inputs, "tags": {"c": "d"}},
        outputs=("arn",),
    )
    stream = assert_lifecycle(provider, stream_case)
    assert_deletable(provider, stream_case, stream)
    assert_deletable(provider, ledger_case, ledger)
    for held in (permission, role, target):
        engine.delete(held)

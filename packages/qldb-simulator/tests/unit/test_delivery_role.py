"""The simulator's role has the policies of the stream's role, and exists only if QLDB may use it.

IAM is in memory and enforces nothing. The refusal of a missing permission needs an AWS emulator.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from qldb_simulator.delivery_role import DeliveryRole, PermissionRevokedError

from tests.support.memory_iam import MemoryIam, MemoryRole

STREAM_ID = "0123456789abcdefABCDEF"
OWN_ROLE = f"qldb-simulator-{STREAM_ID}"
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "qldb.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}
PUT, DESCRIBE = ({"Statement": [{"Action": action}]} for action in ("PutRecords", "Describe"))


class Seconds:
    """A clock that stands still unless it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def iam() -> MemoryIam:
    iam = MemoryIam()
    iam.roles["qldb"] = MemoryRole(TRUST, inline={"deliver": PUT})
    return iam


@pytest.fixture
def role(iam: MemoryIam, clock: Seconds) -> DeliveryRole:
    role = DeliveryRole(
        endpoint="http://127.0.0.1:1",
        region="us-east-1",
        account="000000000000",
        role_arn="arn:aws:iam::000000000000:role/qldb",
        source_id=STREAM_ID,
        source_arn=f"arn:aws:qldb:us-east-1:000000000000:stream/ledger/{STREAM_ID}",
        recheck_seconds=2.0,
        clock=clock,
    )
    memory: Any = iam
    role._iam = role._sts = memory
    return role


def _policies(iam: MemoryIam) -> list[dict[str, Any]]:
    return [json.loads(str(document)) for document in iam.roles[OWN_ROLE].inline.values()]


def test_the_own_role_carries_inline_and_attached_policies(
    iam: MemoryIam, role: DeliveryRole
) -> None:
    iam.roles["qldb"].attached["arn:aws:iam::aws:policy/describe"] = DESCRIBE

    role.kinesis()

    assert _policies(iam) == [PUT, DESCRIBE]


def test_a_policy_that_botocore_left_as_text_is_copied_too(
    iam: MemoryIam, role: DeliveryRole
) -> None:
    iam.roles["qldb"].inline["deliver"] = json.dumps(PUT)

    role.kinesis()

    assert _policies(iam) == [PUT]


def test_a_policy_that_is_removed_is_removed_from_the_own_role(
    iam: MemoryIam, role: DeliveryRole
) -> None:
    role.kinesis()
    iam.roles["qldb"].inline.clear()
    role.recheck()

    role.kinesis()

    assert _policies(iam) == []


def test_a_policy_that_is_deleted_while_it_is_read_counts_as_deleted(
    iam: MemoryIam, role: DeliveryRole
) -> None:
    # given policies that another user deletes between their list and their texts
    iam.roles["qldb"].attached |= {"arn:aws:iam::aws:policy/put": PUT, "kept": DESCRIBE}
    iam.deleted_once_listed = {"deliver", "arn:aws:iam::aws:policy/put"}
    # when the role is used / then it has those that are left
    role.kinesis()

    assert _policies(iam) == [DESCRIBE]


def test_a_changed_policy_counts_after_the_recheck_time(
    iam: MemoryIam, role: DeliveryRole, clock: Seconds
) -> None:
    role.kinesis()
    iam.roles["qldb"].inline["deliver"] = DESCRIBE
    clock.now = 1.9
    role.kinesis()
    assert _policies(iam) == [PUT]

    clock.now = 2.0
    role.kinesis()

    assert _policies(iam) == [DESCRIBE]


def test_one_session_is_used_until_it_is_about_to_expire(
    iam: MemoryIam, role: DeliveryRole, clock: Seconds
) -> None:
    first = role.kinesis()
    clock.now = 3299.0
    assert role.kinesis() is first

    clock.now = 3300.0

    assert role.kinesis() is not first
    assert iam.assumed == [f"arn:aws:iam::000000000000:role/qldb-simulator/{OWN_ROLE}"] * 2


def test_s3_and_kinesis_share_one_session(iam: MemoryIam, role: DeliveryRole) -> None:
    role.kinesis()

    client = role.s3()

    assert client.meta.service_model.service_name == "s3"
    assert role.s3() is client
    assert len(iam.assumed) == 1


def test_a_bucket_is_part_of_the_path(role: DeliveryRole) -> None:
    """An emulator's host has no subdomains."""
    role._endpoint = "http://emulator:1"

    url = role.s3().generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})

    assert url.startswith("http://emulator:1/bucket/k?")


def test_a_missing_role_revokes_the_permission(iam: MemoryIam, role: DeliveryRole) -> None:
    del iam.roles["qldb"]

    with pytest.raises(PermissionRevokedError, match="role qldb does not exist"):
        role.kinesis()


def test_a_trust_policy_without_qldb_revokes_the_permission(
    iam: MemoryIam, role: DeliveryRole
) -> None:
    iam.roles["qldb"].trust = {"Statement": []}

    with pytest.raises(PermissionRevokedError, match=r"does not let qldb\.amazonaws\.com"):
        role.kinesis()

    assert OWN_ROLE not in iam.roles


def test_removal_deletes_the_own_role_with_its_policies(iam: MemoryIam, role: DeliveryRole) -> None:
    role.kinesis()

    role.remove()

    assert list(iam.roles) == ["qldb"]


def test_a_role_that_iam_has_lost_is_made_again(iam: MemoryIam, role: DeliveryRole) -> None:
    # given an IAM that was started again, in which the stream's role was made again
    role.kinesis()
    del iam.roles[OWN_ROLE]

    # when a request was refused and the stream goes on
    role.recheck()
    role.kinesis()

    assert _policies(iam) == [PUT]


def test_a_role_that_iam_has_lost_needs_no_removal(iam: MemoryIam, role: DeliveryRole) -> None:
    role.kinesis()
    del iam.roles[OWN_ROLE]

    role.remove()

    assert list(iam.roles) == ["qldb"]


def test_an_emulator_that_has_ended_needs_no_removal(
    role: DeliveryRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_operation: str) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    role.kinesis()
    monkeypatch.setattr(role._iam, "get_paginator", refuse)

    role.remove()


def test_removal_before_the_first_use_does_nothing(iam: MemoryIam, role: DeliveryRole) -> None:
    role.remove()

    assert iam.reads == 0
    assert list(iam.roles) == ["qldb"]

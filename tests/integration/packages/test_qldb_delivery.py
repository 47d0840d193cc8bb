"""Delivery of the simulated QLDB to the emulator's Kinesis, with IAM enforced.

Proves that records arrive only with the permission that the stream's role grants: its policies and
its trust policy. Cannot prove that AWS evaluates conditions alike: the emulator never evaluates the
trust policy's conditions. The emulator is this module's own, because a test looks at all roles that
simulators created in the account.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from amazon.ion import simpleion
from qldb_simulator.client import LedgerClient
from qldb_simulator.config import SimulatorConfig, Timing
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.delivery_role import ROLE_PATH
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update
from qldb_simulator.service import QldbService

from handler.aggregation import user_records
from local.emulator import Emulator
from local.service_process import free_port
from tests.support.kinesis_stream import all_records, records_by_shard
from tests.support.stand_in import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator

LEDGER = "ledger"
ACTIONS = [
    "kinesis:PutRecord",
    "kinesis:PutRecords",
    "kinesis:DescribeStream",
    "kinesis:ListShards",
]
ROLE = "qldb"


def _trust(
    *, service: str = "qldb.amazonaws.com", account: str = ACCOUNT, ledger: str = LEDGER
) -> str:
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:stream/{ledger}/*"},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class LedgerStream:
    """A ledger with a Kinesis stream and a role on the emulator."""

    def __init__(self, emulator: Emulator, service: QldbService) -> None:
        self._endpoint = emulator.endpoint
        self.iam = self._client("iam")
        self.kinesis = self._client("kinesis")
        self.ledger = LedgerClient(service.endpoint)
        self.stream_id = ""
        self.kinesis_arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/records"

    def _client(self, service: str) -> Any:  # noqa: ANN401 (a client of any service)
        return boto3.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def allow(self, *actions: str, resource: str | None = None) -> None:
        statement = {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": resource or self.kinesis_arn,
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=ROLE, PolicyName="deliver", PolicyDocument=document)

    def start(self) -> None:
        self.stream_id = self.ledger.stream_to_kinesis(
            LEDGER,
            stream_name="changes",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
            kinesis_stream_arn=self.kinesis_arn,
        )

    def status(self) -> tuple[str, str | None]:
        stream = self.ledger.describe_stream(LEDGER, self.stream_id)
        return stream["Status"], stream.get("ErrorCause")

    def until_status(self, *expected: str | None) -> None:
        deadline = time.monotonic() + 10
        while (status := self.status()) != expected:
            assert time.monotonic() < deadline, f"{status}, not {expected}"
            time.sleep(0.05)

    def frames(self) -> list[bytes]:
        """Data of all Kinesis records, shard by shard."""
        return all_records(self.kinesis, "records")

    def user_records(self) -> list[Any]:
        return [
            simpleion.loads(record.data)
            for frame in self.frames()
            for record in user_records(frame)
        ]

    def own_roles(self) -> list[str]:
        """Names of the roles that the simulator created."""
        roles = self.iam.list_roles(PathPrefix=ROLE_PATH)["Roles"]
        return [role["RoleName"] for role in roles if role["Path"] == ROLE_PATH]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    log: Path = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with Emulator(free_port(), log) as running:
        yield running


@pytest.fixture
def stream(emulator: Emulator) -> Iterator[LedgerStream]:
    config = SimulatorConfig(
        aws_endpoint=emulator.endpoint,
        timing=Timing(retry=0.1, shuffle_window=0.2),
        policy_recheck_seconds=0.0,
    )
    with QldbService(ControlPlane(config)) as service:
        stream = LedgerStream(emulator, service)
        stream.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_trust())
        stream.kinesis.create_stream(StreamName="records", ShardCount=2)
        stream.ledger.create_ledger(LEDGER)
        stream.ledger.commit(LEDGER, [CreateTable(table="Person")])
        yield stream
    assert stream.own_roles() == []
    for name in stream.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        stream.iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    for policy in stream.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
        stream.iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])
    stream.iam.delete_role(RoleName=ROLE)
    if "records" in stream.kinesis.list_streams()["StreamNames"]:
        stream.kinesis.delete_stream(StreamName="records", EnforceConsumerDeletion=True)


def _insert(stream: LedgerStream, number: int) -> list[str]:
    return [
        stream.ledger.commit(LEDGER, [Insert(table="Person", document={"number": n})])
        .documents[0]
        .document_id
        for n in range(number)
    ]


def test_the_journal_arrives_control_first(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS)
    (document_id,) = _insert(stream, 1)
    stream.start()
    assert stream.status() == ("ACTIVE", None)
    stream.ledger.commit(LEDGER, [Update(table="Person", document_id=document_id, document={})])
    stream.ledger.commit(LEDGER, [Delete(table="Person", document_id=document_id)])
    stream.ledger.wait_delivered(LEDGER, timeout=20)

    records = stream.user_records()

    kinds = Counter(record["recordType"] for record in records)
    assert kinds == {"CONTROL": 1, "BLOCK_SUMMARY": 4, "REVISION_DETAILS": 3}
    assert len(stream.own_roles()) == 1
    stream.ledger.cancel_stream(LEDGER, stream.stream_id)
    assert stream.own_roles() == []


def test_without_the_permission_the_stream_is_impaired_until_it_is_granted(
    stream: LedgerStream,
) -> None:
    stream.allow(*[action for action in ACTIONS if action != "kinesis:PutRecords"])
    stream.start()
    assert stream.status() == ("IMPAIRED", "IAM_PERMISSION_REVOKED")
    assert stream.frames() == []

    stream.allow(*ACTIONS)

    stream.until_status("ACTIVE", None)
    stream.ledger.wait_delivered(LEDGER, timeout=20)
    assert [r["recordType"] for r in stream.user_records()].count("BLOCK_SUMMARY") == 1


def test_a_permission_for_another_stream_does_not_count(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS, resource=f"{stream.kinesis_arn}-other")
    stream.start()

    assert stream.status() == ("IMPAIRED", "IAM_PERMISSION_REVOKED")


def test_a_revoked_permission_impairs_a_running_stream(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS)
    stream.start()
    stream.ledger.wait_delivered(LEDGER, timeout=20)
    before = len(stream.frames())

    stream.iam.delete_role_policy(RoleName=ROLE, PolicyName="deliver")
    _insert(stream, 1)
    stream.until_status("IMPAIRED", "IAM_PERMISSION_REVOKED")
    assert len(stream.frames()) == before

    stream.allow(*ACTIONS)
    stream.until_status("ACTIVE", None)
    stream.ledger.wait_delivered(LEDGER, timeout=20)
    assert len(stream.frames()) > before


def test_an_attached_policy_counts_like_an_inline_one(stream: LedgerStream) -> None:
    statement = {"Effect": "Allow", "Action": ACTIONS, "Resource": stream.kinesis_arn}
    policy = stream.iam.create_policy(
        PolicyName="attached",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Policy"]["Arn"]
    stream.iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy)

    stream.start()

    assert stream.status() == ("ACTIVE", None)


@pytest.mark.parametrize(
    "trust",
    [
        _trust(service="lambda.amazonaws.com"),
        _trust(account="111111111111"),
        _trust(ledger="another"),
    ],
    ids=["principal", "source account", "source ARN"],
)
def test_the_trust_policy_must_allow_qldb(stream: LedgerStream, trust: str) -> None:
    stream.allow(*ACTIONS)
    stream.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)
    stream.start()
    assert stream.status() == ("IMPAIRED", "IAM_PERMISSION_REVOKED")
    assert stream.frames() == []

    stream.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=_trust())

    stream.until_status("ACTIVE", None)


def test_a_missing_kinesis_stream_impairs_until_it_exists(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS)
    stream.kinesis.delete_stream(StreamName="records", EnforceConsumerDeletion=True)
    stream.start()
    assert stream.status() == ("IMPAIRED", "KINESIS_STREAM_NOT_FOUND")

    stream.kinesis.create_stream(StreamName="records", ShardCount=1)

    stream.until_status("ACTIVE", None)
    stream.ledger.wait_delivered(LEDGER, timeout=20)


def test_duplicates_and_disorder_on_request(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS)
    stream.ledger.set_delivery(LEDGER, copies=2, shuffle=True, seed=5, records_per_aggregate=3)
    document_ids = _insert(stream, 30)
    stream.start()
    stream.ledger.commit(
        LEDGER, [Update(table="Person", document_id=document_ids[0], document={"number": -1})]
    )
    stream.ledger.wait_delivered(LEDGER, timeout=20)
    stream.ledger.commit(LEDGER, [Redact(table="Person", document_id=document_ids[0], version=0)])
    stream.ledger.redeliver(LEDGER, shuffle=True, seed=6)
    stream.ledger.wait_delivered(LEDGER, timeout=20)

    revisions = [
        record["payload"]["revision"]
        for record in stream.user_records()
        if record["recordType"] == "REVISION_DETAILS"
    ]

    identities = Counter((r["metadata"]["id"], r["metadata"]["version"]) for r in revisions)
    expected = {(document_id, 0) for document_id in document_ids} | {(document_ids[0], 1)}
    assert set(identities) == expected
    assert set(identities.values()) == {3}
    order = [r["blockAddress"]["sequenceNo"] for r in revisions]
    assert order != sorted(order)
    first = [r for r in revisions if r["metadata"]["id"] == document_ids[0]]
    redacted = ["dataHash" in r for r in first if r["metadata"]["version"] == 0]
    assert Counter(redacted) == {False: 2, True: 1}


def test_both_shards_of_a_stream_get_aggregates(stream: LedgerStream) -> None:
    stream.allow(*ACTIONS)
    stream.ledger.set_delivery(LEDGER, records_per_aggregate=1)
    _insert(stream, 20)
    stream.start()
    stream.ledger.wait_delivered(LEDGER, timeout=20)

    counts = [len(shard) for shard in records_by_shard(stream.kinesis, "records")]

    assert sum(counts) == 1 + 1 + 2 * 20
    assert all(counts)


def test_a_missing_role_impairs_until_it_exists(stream: LedgerStream) -> None:
    stream.iam.delete_role(RoleName=ROLE)
    stream.start()
    assert stream.status() == ("IMPAIRED", "IAM_PERMISSION_REVOKED")

    stream.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_trust())
    stream.allow(*ACTIONS)

    stream.until_status("ACTIVE", None)


def test_the_service_stops_although_the_emulator_is_gone(tmp_path: Path) -> None:
    with Emulator(free_port(), tmp_path / "emulator.log") as emulator:
        service = QldbService(ControlPlane(SimulatorConfig(aws_endpoint=emulator.endpoint)))
        service.start()
        stream = LedgerStream(emulator, service)
        stream.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_trust())
        stream.kinesis.create_stream(StreamName="records", ShardCount=1)
        stream.allow(*ACTIONS)
        stream.ledger.create_ledger(LEDGER)
        stream.start()
        assert stream.status() == ("ACTIVE", None)

    began = time.monotonic()
    service.stop()

    assert time.monotonic() - began < 5

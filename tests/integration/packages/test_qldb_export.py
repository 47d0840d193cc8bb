"""Exports of the simulated QLDB to the emulator's S3, with IAM enforced.

Proves that objects arrive only with the permission that the role grants: its policies and its trust
policy; and that what arrives is the journal. Cannot prove that AWS wants s3:PutObjectAcl for the
ACL of a new object: the emulator does not.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from amazon.ion import simpleion
from qldb_simulator.client import LedgerClient
from qldb_simulator.config import SimulatorConfig
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.delivery_role import ROLE_PATH
from qldb_simulator.errors import ServiceError, SimulatorError
from qldb_simulator.hash_chain import block_faults, chain_faults
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Select, Update
from qldb_simulator.service import QldbService

from local.emulator import Emulator
from local.service_process import free_port
from tests.support.stand_in import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator

LEDGER = "ledger"
BUCKET = "journal-exports"
ROLE = "export"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"


def _trust(**changes: object) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "qldb.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:*"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


class LedgerExports:
    """A ledger, a bucket, and a role that may write to it."""

    def __init__(self, endpoint: str, service: QldbService) -> None:
        self.iam: Any = boto3.client("iam", endpoint_url=endpoint)
        self.s3: Any = boto3.client("s3", endpoint_url=endpoint)
        self.ledger = LedgerClient(service.endpoint)
        self.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_trust())
        self.s3.create_bucket(Bucket=BUCKET)

    def allow(self, *actions: str) -> None:
        statement = {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=ROLE, PolicyName="write", PolicyDocument=document)

    def start(self, prefix: str, **options: Any) -> str:  # noqa: ANN401 (the client's options)
        role_arn = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
        arguments = {"bucket": BUCKET, "prefix": prefix, "role_arn": role_arn} | options
        return self.ledger.export_to_s3(LEDGER, **arguments)

    def export(self, prefix: str, **options: Any) -> list[str]:  # noqa: ANN401 (the client's options)
        """Export the journal and return the keys of the final manifest."""
        export_id = self.start(prefix, **options)
        self.ledger.wait_exported(LEDGER, export_id, timeout=60)
        assert f"{prefix}{export_id}.started.manifest" in self.keys(prefix)
        (manifest,) = (key for key in self.keys(prefix) if key.endswith(".completed.manifest"))
        return [str(key) for key in simpleion.loads(self.body(manifest))["keys"]]

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def body(self, key: str) -> bytes:
        data: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return data

    def own_roles(self) -> list[str]:
        roles = self.iam.list_roles(PathPrefix=ROLE_PATH)["Roles"]
        return [role["RoleName"] for role in roles if role["Path"] == ROLE_PATH]

    def commit_history(self) -> int:
        """Commit every kind of transaction and return the number of blocks."""
        self.ledger.commit(LEDGER, [CreateTable(table="Person")])
        block = self.ledger.commit(LEDGER, [Insert(table="Person", document={"name": "Ann"})])
        known = block.documents[0].document_id
        for operation in (
            Update(table="Person", document_id=known, document={"name": "Anne"}),
            Delete(table="Person", document_id=known),
            Redact(table="Person", document_id=known, version=0),
            Select(table="Person"),
        ):
            self.ledger.commit(LEDGER, [operation])
        return 6


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    log: Path = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with Emulator(free_port(), log) as running:
        yield running


@pytest.fixture
def exports(emulator: Emulator) -> Iterator[LedgerExports]:
    """A ledger with its bucket and a role that has no permission yet."""
    config = SimulatorConfig(aws_endpoint=emulator.endpoint, policy_recheck_seconds=0.0)
    with QldbService(ControlPlane(config)) as service:
        exports = LedgerExports(emulator.endpoint, service)
        exports.ledger.create_ledger(LEDGER)
        yield exports
    for name in exports.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        exports.iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    exports.iam.delete_role(RoleName=ROLE)
    for key in exports.keys(""):
        exports.s3.delete_object(Bucket=BUCKET, Key=key)
    exports.s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("name", ["ION_TEXT", "ION_BINARY"])
def test_an_ion_export_is_the_journal_and_verifies(exports: LedgerExports, name: str) -> None:
    # given a history, and a role with the documented permissions
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    count = exports.commit_history()
    exports.ledger.set_export_layout(LEDGER, blocks_per_object=4)
    # when it is exported
    keys = exports.export("a/", output_format=name)
    # then the objects hold the ledger's blocks
    read = [b for key in keys for b in simpleion.loads(exports.body(key), single_value=False)]
    assert [block["blockAddress"]["sequenceNo"] for block in read] == list(range(count))
    assert [fault for block in read for fault in block_faults(block)] == []
    assert chain_faults(read) == []
    assert read == exports.ledger.blocks(LEDGER)
    assert [key.rsplit(".", 2)[1:] for key in keys] == [["0-3", "ion"], ["4-5", "ion"]]
    # and nothing of the simulator is left
    assert exports.own_roles() == []


def test_a_json_export_is_one_object_a_line(exports: LedgerExports) -> None:
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    count = exports.commit_history()

    (key,) = exports.export("a/", output_format="JSON")

    blocks = [json.loads(line) for line in exports.body(key).splitlines()]
    assert [block["blockAddress"]["sequenceNo"] for block in blocks] == list(range(count))
    assert exports.s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/json"


def test_without_permission_the_request_is_refused(exports: LedgerExports) -> None:
    exports.commit_history()

    with pytest.raises(ServiceError, match="error validating S3 configuration: AccessDenied"):
        exports.start("a/")

    assert exports.keys("") == []
    assert exports.ledger.list_exports(LEDGER) == []
    assert exports.own_roles() == []


def test_a_missing_bucket_refuses_the_request(exports: LedgerExports) -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    exports.iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=document)

    with pytest.raises(ServiceError, match="error validating S3 configuration: NoSuchBucket"):
        exports.start("a/", bucket="no-such-bucket-at-all")


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"Service": "kinesis.amazonaws.com"}},
        {
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:qldb:us-east-1:{ACCOUNT}:ledger/{LEDGER}"}
            }
        },
    ],
)
def test_a_role_that_qldb_may_not_assume_refuses_the_request(
    exports: LedgerExports, changes: dict[str, Any]
) -> None:
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    exports.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=_trust(**changes))

    with pytest.raises(ServiceError, match=r"does not let qldb\.amazonaws\.com assume it"):
        exports.start("a/")

    assert exports.keys("") == []


def test_a_permission_that_is_lost_cancels_the_export(exports: LedgerExports) -> None:
    # given a journal of many objects
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    exports.ledger.commit(LEDGER, [CreateTable(table="Person")])
    for _ in range(300):
        exports.ledger.commit(LEDGER, [Select(table="Person")])
    exports.ledger.set_export_layout(LEDGER, blocks_per_object=1)
    # when the permission is taken away after the start
    export_id = exports.start("a/")
    exports.iam.delete_role_policy(RoleName=ROLE, PolicyName="write")
    # then the export ends without its final manifest
    with pytest.raises(SimulatorError, match=r"is cancelled: AccessDenied"):
        exports.ledger.wait_exported(LEDGER, export_id, timeout=60)
    assert exports.ledger.describe_export(LEDGER, export_id)["Status"] == "CANCELLED"
    assert not any(key.endswith(".completed.manifest") for key in exports.keys(""))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"encryption_type": "SSE_S3"}, ("AES256", None)),
        ({"encryption_type": "SSE_KMS", "kms_key_arn": KEY_ARN}, ("aws:kms", KEY_ARN)),
    ],
)
def test_objects_are_encrypted_as_requested(
    exports: LedgerExports, options: dict[str, str], expected: tuple[str, str | None]
) -> None:
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    exports.commit_history()

    exports.export("a/", **options)

    heads = [exports.s3.head_object(Bucket=BUCKET, Key=key) for key in exports.keys("a/")]
    assert len(heads) == 3
    assert {(h.get("ServerSideEncryption"), h.get("SSEKMSKeyId")) for h in heads} == {expected}


def test_a_range_is_cut_at_block_times(exports: LedgerExports) -> None:
    exports.allow("s3:PutObject", "s3:PutObjectAcl")
    exports.commit_history()
    time.sleep(0.01)
    middle = time.time()
    time.sleep(0.01)
    exports.ledger.commit(LEDGER, [Select(table="Person")])

    before = exports.export("a/", exclusive_end_time=middle)
    after = exports.export("b/", inclusive_start_time=middle)
    nothing = exports.export("c/", exclusive_end_time=1.0)

    assert [key.rsplit(".", 2)[1] for key in (*before, *after)] == ["0-5", "6-6"]
    assert nothing == []

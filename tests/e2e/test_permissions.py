"""Every permission of the program's roles is needed: each is taken away, and something fails.

Proves the roles of both functions and QLDB's with IAM enforced by the emulator, on one deployed
stack. It enforces nothing of the state machine's role, whose list a unit test holds
(tests/unit/infra/test_replay.py). What the emulator does not ask for is in
`tests/support/aws_only_permissions.py`, with its source. That it asks for the actions of PartiQL
statements is the work of `local/emulator_launch.py`.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any, cast

import pytest
from pulumi_aws_standin.quirks import from_emulator
from qldb_simulator.delivery_role import ROLE_PATH
from qldb_simulator.operations import CreateTable, Insert

from handler.contract import KEY_ATTRIBUTE, RECORDS_PREFIX, VERSION_ATTRIBUTE
from local import aws
from local.environment import environment
from local.stack import Stacks
from tests.e2e.conftest import REPLICA_TABLES
from tests.support.aws_only_permissions import (
    AWS_ONLY,
    FUNCTION_ROLE,
    MACHINE_ROLE,
    QLDB_ROLE,
    REPLAY_ROLE,
    WILDCARDS,
)
from tests.support.kinesis_events import event
from tests.support.permission_walk import Probe, is_tls_only, walk
from tests.support.qldb_records import malformed, redactions, revision
from tests.support.replay_steps import ReplaySteps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.services import Services
    from tests.support.deployed_stacks import Deployment
    from tests.support.permission_walk import Document

# The emulator starts a function anew after each step that fails: seconds on a busy machine.
pytestmark = [pytest.mark.emulator, pytest.mark.pulumi, pytest.mark.timeout(1200)]

REMEMBERED = "Person"
"""The ledger table whose history is kept."""
TABLES = [
    {**table, "history": table["ledgerTable"] == REMEMBERED}
    for table in cast("list[dict[str, Any]]", REPLICA_TABLES)
]

EXPORT_BUCKET, EXPORT_PREFIX = "former-exports", "2025/"

PHYSICAL_NAME = re.compile(r"(?P<logical>.+)-[0-9a-f]{7}")
POLL_SECONDS = 0.05
ARRIVAL_SECONDS = 20.0
STOCK = 120
"""Documents of each kind that work needs: more than a walk uses."""
IMPAIRED_SECONDS = 1.0
RECHECK_SECONDS = 2.1
"""The simulated QLDB reads a role again two seconds after it has last read it (`DeliveryRole`)."""


@pytest.fixture(scope="module")
def stacks(
    services: Services, pulumi_bin: Path, tmp_path_factory: pytest.TempPathFactory
) -> Stacks:
    """Both stacks with every setting on that gives a role a permission, not deployed yet."""
    kms = aws.client("kms", services.endpoints.emulator)
    key, key_of_export = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    aws.client("s3", services.endpoints.emulator).create_bucket(Bucket=EXPORT_BUCKET)
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack="e2e"),
        stack="e2e",
        settings={
            "replicaTables": TABLES,
            "kmsKeyArn": key,
            "exportBucket": EXPORT_BUCKET,
            "exportPrefix": EXPORT_PREFIX,
            "exportKmsKeyArn": key_of_export,
        },
        inline_folder=tmp_path_factory.mktemp("projects"),
    )
    stacks.prepare()
    return stacks


class DeployedRoles:
    """The program's roles in the emulator's IAM, with the policies as the program wrote them.

    The emulator has no others, except for the roles of the simulated QLDB.

    Parameters
    ----------
    iam
        IAM of the emulator.
    """

    def __init__(self, iam: Any) -> None:  # noqa: ANN401 (boto3's clients share no type)
        self._iam = iam
        roles = [role for role in iam.list_roles()["Roles"] if role["Path"] != ROLE_PATH]
        self._physical = {logical(role["RoleName"]): role["RoleName"] for role in roles}
        assert len(self._physical) == len(roles)
        self._documents = {name: self._read(self._physical[name]) for name in self._physical}
        self._now = {name: dict(documents) for name, documents in self._documents.items()}

    def policies(self) -> Mapping[str, Mapping[str, Document]]:
        return self._documents

    def put(self, role: str, policy: str, document: Document) -> None:
        if document == self._now[role][policy]:
            return
        names = {"RoleName": self._physical[role], "PolicyName": policy}
        if document["Statement"]:
            self._iam.put_role_policy(**names, PolicyDocument=json.dumps(document))
        else:
            # IAM has no policy without a statement.
            self._iam.delete_role_policy(**names)
        self._now[role][policy] = document
        if role == QLDB_ROLE:
            time.sleep(RECHECK_SECONDS)

    def _read(self, role: str) -> dict[str, Document]:
        attached = self._iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert not attached, "the walk reads inline policies only"
        documents = {}
        for name in self._iam.list_role_policies(RoleName=role)["PolicyNames"]:
            answer = self._iam.get_role_policy(RoleName=role, PolicyName=name)
            documents[name] = answer["PolicyDocument"]
        return documents


class Work:
    """Small pieces of the program's work, each on a document or record of its own.

    Parameters
    ----------
    deployment
        The deployed stacks.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._outputs = deployment.outputs
        self._lambda = deployment.client("lambda")
        self._dynamodb = deployment.client("dynamodb")
        self._s3 = deployment.client("s3")
        self._kinesis = deployment.client("kinesis")
        self._numbers = itertools.count(1)
        self._prefix = uuid.uuid4().hex[:8]
        self._stock = {table: self._make_documents(table) for table in self._outputs["tableNames"]}
        self._redacted = self._make_redacted()

    def probes(self) -> dict[str, list[Probe]]:
        """Return the work of each role."""
        tables = list(self._outputs["tableNames"])
        return {
            FUNCTION_ROLE: [
                *(
                    Probe(name=f"{work.__name__} in {table}", works=lambda w=work, t=table: w(t))  # type: ignore[misc]
                    for table in tables
                    for work in (self.insert, self.update, self.delete)
                ),
                Probe(name="remember", works=self.remember),
                Probe(name="complete a redacted revision", works=self.complete),
                Probe(name="redact", works=self.redact),
                Probe(name="quarantine", works=self.quarantine),
                Probe(name="the event source mapping", works=self.through_the_mapping),
            ],
            QLDB_ROLE: [Probe(name="the QLDB stream", works=self.deliver)],
        }

    def insert(self, table: str) -> bool:
        """Apply the first revision of a document; its item appears."""
        document = self._document()
        self._invoke(revision(document_id=document, version=0, table=table))
        return self._item(table, document).get("version") == {"N": "0"}

    def update(self, table: str) -> bool:
        """Apply a newer revision of a document that has an item; the item gets it."""
        document = self._stock[table].pop()
        self._invoke(revision(document_id=document, version=1, table=table))
        return self._item(table, document).get("version") == {"N": "1"}

    def delete(self, table: str) -> bool:
        """Apply the deletion of a document that has an item; the item becomes a tombstone."""
        document = self._stock[table].pop()
        self._invoke(revision(document_id=document, version=1, table=table, data=None))
        return self._item(table, document).get("isDeleted") == {"BOOL": True}

    def remember(self) -> bool:
        """Apply a revision; the history has it."""
        document = self._document()
        self._invoke(revision(document_id=document, version=0, table=REMEMBERED))
        return self._revision(document).get("revisionState") == {"S": "live"}

    def redact(self) -> bool:
        """Apply the redaction of a revision; its data is gone from the history."""
        document = self._stock[REMEMBERED].pop()
        self._invoke(redactions((document, 0)))
        return self._revision(document).get("revisionState") == {"S": "redacted"}

    def complete(self) -> bool:
        """Apply a revision whose redaction came first; the history gets its metadata."""
        document = self._redacted.pop()
        self._invoke(revision(document_id=document, version=0, table=REMEMBERED))
        return "hash" in self._revision(document)

    def quarantine(self) -> bool:
        """Apply a record that is none; its object appears in the failure bucket."""
        number = next(self._numbers)
        self._invoke(malformed(), number=number)
        bucket = self._outputs["failureBucketName"]
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=RECORDS_PREFIX)
        return any(f"/{number}/" in entry["Key"] for entry in listed.get("Contents", []))

    def through_the_mapping(self) -> bool:
        """Put a record into the stream; its item appears."""
        [table, *_] = self._outputs["tableNames"]
        document = self._document()
        self._kinesis.put_record(
            StreamARN=self._outputs["streamArn"],
            Data=revision(document_id=document, version=0, table=table),
            PartitionKey=document,
        )
        return self._arrives(table, document)

    def deliver(self) -> bool:
        """Commit a document to the ledger; its item appears, or the QLDB stream stays impaired."""
        ledger, name = self._deployment.ledger, self._deployment.ledger_name
        [table, *_] = self._outputs["tableNames"]
        block = ledger.commit(name, [Insert(table=table, document={"firstName": "Ann"})])
        [committed] = block.documents
        document = committed.document_id
        stream = self._outputs["qldbStreamId"]
        impaired_since: float | None = None
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            if self._item(table, document):
                return True
            if ledger.describe_stream(name, stream)["Status"] == "IMPAIRED":
                impaired_since = impaired_since or time.monotonic()
                if time.monotonic() - impaired_since > IMPAIRED_SECONDS:
                    return False
            time.sleep(POLL_SECONDS)
        return False

    def _arrives(self, table: str, document: str) -> bool:
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while not self._item(table, document):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _make_documents(self, table: str) -> list[str]:
        """Return documents with items that the handler has written with all permissions."""
        documents = [self._document() for _ in range(STOCK)]
        self._invoke(*(revision(document_id=document, table=table) for document in documents))
        assert self._item(table, documents[-1])
        return documents

    def _make_redacted(self) -> list[str]:
        """Return documents of which the handler knows a redaction only."""
        documents = [self._document() for _ in range(STOCK)]
        self._invoke(*(redactions((document, 0)) for document in documents))
        assert self._revision(documents[-1])
        return documents

    def _document(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _item(self, table: str, document: str) -> dict[str, Any]:
        return self._get(self._outputs["tableNames"][table], {KEY_ATTRIBUTE: {"S": document}})

    def _revision(self, document: str) -> dict[str, Any]:
        key = {KEY_ATTRIBUTE: {"S": document}, VERSION_ATTRIBUTE: {"N": "0"}}
        return self._get(self._outputs["historyTableName"], key)

    def _get(self, table: str, key: dict[str, Any]) -> dict[str, Any]:
        answer = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item

    def _invoke(self, *records: bytes, number: int = 1) -> None:
        payload = json.dumps(event(*records, first=number))
        self._lambda.invoke(FunctionName=self._outputs["functionName"], Payload=payload)


def replay_probes(deployment: Deployment) -> dict[str, list[Probe]]:
    """Return the work of the replay's roles."""
    steps = ReplaySteps(deployment, (EXPORT_BUCKET, EXPORT_PREFIX), REMEMBERED)
    each = (steps.plan, steps.scan, steps.gather, steps.write, steps.check)
    return {
        REPLAY_ROLE: [Probe(name=f"the step {step.__name__}", works=step) for step in each],
        MACHINE_ROLE: [Probe(name="the state machine", works=steps.execute)],
    }


def logical(physical: str) -> str:
    """Return a role's name in the program."""
    found = PHYSICAL_NAME.fullmatch(physical)
    assert found is not None, physical
    return found["logical"]


def test_every_permission_is_needed_and_no_other_is_given(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    # given the deployed roles, and tables in the ledger
    tables = [CreateTable(table=name) for name in deployment.outputs["tableNames"]]
    deployment.ledger.commit(deployment.ledger_name, tables)
    roles = DeployedRoles(deployment.client("iam"))
    assert set(roles.policies()) == {FUNCTION_ROLE, QLDB_ROLE, REPLAY_ROLE, MACHINE_ROLE}
    # when each of their permissions is taken away, one at a time
    probes = {**Work(deployment).probes(), **replay_probes(deployment)}
    report = walk(roles, probes, AWS_ONLY, WILDCARDS)
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *report.lines, ""]))
    # then something fails without it, or it stands in the list of what only AWS asks for
    assert report.problems == []


def test_buckets_and_queue_refuse_everybody_without_tls(deployment: Deployment) -> None:
    # given the policies of the buckets and the failure queue, as the program wrote them
    queue = deployment.outputs["failureQueueUrl"]
    attributes = deployment.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["Policy", "QueueArn"]
    )["Attributes"]
    # then each denies every action that does not come over TLS
    for output in ("failureBucketName", "replayBucketName"):
        bucket = deployment.outputs[output]
        text = deployment.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
        arn = f"arn:aws:s3:::{bucket}"
        assert is_tls_only(json.loads(from_emulator(text)), "s3", [arn, f"{arn}/*"])
    of_queue = json.loads(from_emulator(attributes["Policy"]))
    assert is_tls_only(of_queue, "sqs", [attributes["QueueArn"]])

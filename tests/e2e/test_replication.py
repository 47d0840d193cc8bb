"""The ledger's current state arrives in DynamoDB, regardless of the delivery.

Proves the whole path on the local AWS: commit, journal, QLDB stream under its role, Kinesis, event
source mapping, the packaged handler under its role, conditional writes. The emulator's event source
mapping knows neither partial batch responses nor destinations: `tests/reliability` models those.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from qldb_simulator.operations import CreateTable, Delete, Insert, Update

from local import demo
from local.comparison import Verdict, compare, differences
from local.example_transactions import commit_history
from local.journal_view import ServedJournal
from local.replica import Replica
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.deployed_stacks import Deployment

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

POLLING_SECONDS = 2.0
"""The emulator looks for new records about once a second."""

RUNNING_SECONDS = (0.0, 0.005, 0.01, 0.02)
"""How long a process goes on with a batch before it is killed, in turns. The shortest surely ends
before the batch does."""

COMMON = {"pk", "version", "txTime", "txId", "tableId", "hash"}
"""Attributes of every item."""


@pytest.fixture(scope="module", autouse=True)
def _tables(deployment: Deployment) -> None:
    tables = [CreateTable(table=name) for name in ("Person", "attestations")]
    deployment.ledger.commit(deployment.ledger_name, tables)


def settled(deployment: Deployment) -> None:
    """Wait until DynamoDB holds the ledger's current state; fail after a timeout."""
    endpoint = deployment.services.endpoints.emulator
    rows = demo.settle(deployment.ledger, deployment.outputs, endpoint)
    assert [row for row in rows if row.verdict is not Verdict.EQUAL] == []
    assert rows


def quarantined(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the records in the failure bucket."""
    s3, bucket = deployment.client("s3"), deployment.outputs["failureBucketName"]
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return [
        {**json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()), "key": key}
        for key in keys
    ]


def test_a_history_delivered_twice_and_shuffled_ends_as_the_ledger(deployment: Deployment) -> None:
    # given a delivery in two copies and any order
    ledger, name = deployment.ledger, deployment.ledger_name
    ledger.set_delivery(name, copies=2, shuffle=True, seed=7)
    # when a history with inserts, updates, deletes and a redaction is committed and delivered again
    commit_history(lambda operations: ledger.commit(name, operations), "Person")
    ledger.redeliver(name)
    # then the table is the ledger's current state, and nothing is quarantined
    settled(deployment)
    items = deployment.items("Person").values()
    assert sum("isDeleted" in item for item in items) == 3
    assert quarantined(deployment) == []


def test_an_attribute_that_vanishes_from_the_document_vanishes_from_the_item(
    deployment: Deployment,
) -> None:
    # given a document with three attributes
    ledger, name = deployment.ledger, deployment.ledger_name
    document = {"firstName": "Gwen", "email": "g@example.com", "address": {"city": "Bangor"}}
    committed = ledger.commit(name, [Insert(table="Person", document=document)])
    document_id = committed.documents[0].document_id
    settled(deployment)
    assert deployment.items("Person")[document_id]["city"] == {"S": "Bangor"}
    # when its next revision has one
    update = Update(table="Person", document_id=document_id, document={"firstName": "Gwen"})
    ledger.commit(name, [update])
    settled(deployment)
    # then the item has that one
    item = deployment.items("Person")[document_id]
    assert item["version"] == {"N": "1"}
    assert set(item) == {*COMMON, "projectionId", "firstName"}


def test_a_tombstone_holds_nothing_of_the_document(deployment: Deployment) -> None:
    # given a document
    ledger, name = deployment.ledger, deployment.ledger_name
    committed = ledger.commit(name, [Insert(table="Person", document={"email": "h@example.com"})])
    document_id = committed.documents[0].document_id
    # when it is deleted, and its first revision delivered again
    ledger.commit(name, [Delete(table="Person", document_id=document_id)])
    ledger.redeliver(name, copies=3, shuffle=True, seed=11)
    settled(deployment)
    # then a tombstone is all that is left
    item = deployment.items("Person")[document_id]
    assert item["isDeleted"] == {"BOOL": True}
    assert set(item) == {*COMMON, "isDeleted"}


def test_values_of_all_types_arrive_exact(deployment: Deployment) -> None:
    # given a document of a table that is replicated as a whole
    document = {
        "decimal": Decimal("12345678901234567890.123456789"),
        "float": 0.1,
        "integer": 2**100,
        "unfitting": 2**200,
        "infinite": float("inf"),
        "nothing": None,
        "list": [True, "text", b"bytes", {"deep": [1, [2, [3]]]}],
    }
    # when it is committed
    committed = deployment.ledger.commit(
        deployment.ledger_name, [Insert(table="attestations", document=document)]
    )
    settled(deployment)
    # then each value is what it was
    item = deployment.items("attestations")[committed.documents[0].document_id]
    values = item["data"]["M"]
    # AWS normalizes the digits of a number; this emulator keeps the writer's.
    assert Decimal(values["decimal"]["N"]) == document["decimal"]
    assert Decimal(values["float"]["N"]) == Decimal("0.1")
    assert Decimal(values["integer"]["N"]) == 2**100
    assert values["unfitting"] == {"S": str(2**200)}
    assert values["infinite"] == {"S": "+inf"}
    assert values["nothing"] == {"NULL": True}


def test_a_damaged_frame_is_quarantined_and_announced_on_the_queue(deployment: Deployment) -> None:
    # given a frame whose checksum is wrong
    frame = b"\xf3\x89\x9a\xc2" + b"\x0a\x01a\x1a\x05\x08\x00\x1a\x01x" + b"0" * 16
    before = len(deployment.items("Person"))
    # when it arrives between good records
    deployment.client("kinesis").put_record(
        StreamName=deployment.outputs["streamName"], Data=frame, PartitionKey="any"
    )
    deployment.ledger.commit(
        deployment.ledger_name, [Insert(table="Person", document={"firstName": "Ida"})]
    )
    # then the good ones are applied
    eventually(lambda: len(deployment.items("Person")) == before + 1)
    # and the frame is in the failure bucket, whole, with a message on the queue
    eventually(lambda: len(quarantined(deployment)) == 1)
    (record,) = quarantined(deployment)
    assert base64.b64decode(record["payload"]) == frame
    assert record["key"].startswith(f"records/{deployment.outputs['streamName']}/shardId-")
    sqs, queue = deployment.client("sqs"), deployment.outputs["failureQueueUrl"]
    bodies: list[str] = []

    def announced() -> bool:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        bodies.extend(message["Body"] for message in messages.get("Messages", []))
        return any(record["key"].split("/")[-1] in body for body in bodies)

    eventually(announced)


def test_an_outage_of_the_function_loses_nothing(deployment: Deployment) -> None:
    # given a function that may no longer write to its table
    role = (
        deployment.client("lambda")
        .get_function_configuration(FunctionName=deployment.outputs["functionName"])["Role"]
        .split("/")[-1]
    )
    iam = deployment.client("iam")
    (policy_name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=policy_name)["PolicyDocument"]
    denied = json.loads(json.dumps(policy))
    denied["Statement"].append({"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"})
    iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(denied))
    # when transactions go on
    ledger, name = deployment.ledger, deployment.ledger_name
    for number in range(20):
        ledger.commit(name, [Insert(table="Person", document={"firstName": f"Kim{number}"})])
    ledger.wait_delivered(name, timeout=30)
    replica = Replica(deployment.outputs, deployment.client("dynamodb"))
    assert differences(compare(ServedJournal(ledger, name), replica)) == 20
    # and the permission comes back
    iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(policy))
    # then the table follows (delivered again, because this emulator takes a batch with failures for
    # done once the invocation ends)
    ledger.redeliver(name)
    settled(deployment)


def test_a_function_that_is_killed_again_and_again_loses_nothing(deployment: Deployment) -> None:
    """The emulator's log proves that invocations were interrupted.

    How far each of them had come is left to chance; `tests/reliability` kills between any two
    calls.
    """
    ledger, name = deployment.ledger, deployment.ledger_name
    ledger.set_delivery(name, copies=2, shuffle=True, seed=3)
    documents: list[str] = []
    before = interruptions(deployment)
    for turn, seconds in enumerate(RUNNING_SECONDS * 3):
        if turn >= len(RUNNING_SECONDS) and interruptions(deployment) > before:
            break
        # given a process, which the one that was killed leaves to the next batch to start
        ledger.commit(name, [Insert(table="Person", document={"firstName": f"First{turn}"})])
        settled(deployment)
        eventually(lambda: bool(function_processes(deployment)))
        # and documents that change, delivered in two copies while it is held up
        inserts = [Insert(table="Person", document={"firstName": f"Lee{n}"}) for n in range(20)]
        updates = [
            Update(table="Person", document_id=known, document={"firstName": f"Turn{turn}"})
            for known in documents[-20:]
        ]
        workers = function_processes(deployment)
        for worker in workers:
            signal_process(worker.suspend)
        committed = ledger.commit(name, [*inserts, *updates])
        documents += [document.document_id for document in committed.documents]
        ledger.wait_delivered(name, timeout=30)
        # when it has a batch, runs for a moment, and is killed
        time.sleep(POLLING_SECONDS)
        for worker in workers:
            signal_process(worker.resume)
        time.sleep(seconds)
        for worker in workers:
            signal_process(worker.kill)
        # then the table still ends as the ledger
        settled(deployment)
    assert interruptions(deployment) > before


def function_processes(deployment: Deployment) -> list[psutil.Process]:
    """Return the processes in which the emulator runs functions."""
    emulator = deployment.services.emulator.pid
    assert emulator is not None
    found = []
    for process in psutil.Process(emulator).children(recursive=True):
        # One that has just ended no longer has a command line.
        with contextlib.suppress(psutil.Error):
            if any(part.endswith("_worker.py") for part in process.cmdline()):
                found.append(process)
    return found


def signal_process(send: Callable[[], None]) -> None:
    """Send a signal, unless the emulator has ended the process already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        send()


def interruptions(deployment: Deployment) -> int:
    """Return the number of invocations in the emulator's log whose process ended too early."""
    log = deployment.services.state / "logs" / "emulator.log"
    return log.read_text(errors="replace").count("errorMessage=Worker process died")


def test_the_genuine_event_becomes_an_item(deployment: Deployment, shared_data: Path) -> None:
    # given bytes that Amazon QLDB made
    event = json.loads((shared_data / "genuine-kpl-event.json").read_text())
    kinesis = deployment.client("kinesis")
    # when they are put on the stream that the stack outputs name
    for record in event["Records"]:
        kinesis.put_record(
            StreamName=deployment.outputs["streamName"],
            Data=base64.b64decode(record["kinesis"]["data"]),
            PartitionKey=record["kinesis"]["partitionKey"],
        )
    # then its document is an item
    document_id = "6WXz9wdajiY7K5u6YwGUN4"
    eventually(lambda: document_id in deployment.items("attestations"))
    item = deployment.items("attestations")[document_id]
    assert item["version"] == {"N": "0"}
    assert item["txTime"] == {"S": "2021-02-09T02:16:06.240Z"}
    assert item["data"]["M"]["targetId"] == {"S": "some-target-123"}

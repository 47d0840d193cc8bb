"""Runs the steps of a distributed replay on a deployed stack, one at a time."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from handler.contract import KEY_ATTRIBUTE, RECORDS_PREFIX, VERSION_ATTRIBUTE
from handler.replay_contract import RUNS_PREFIX, EventField, RunField, Step, summary_key
from ops.distributed.request import Request
from ops.distributed.run_folder import RunFolder
from tests.support.exports import export_of, new_ledger
from tests.support.kinesis_events import event
from tests.support.qldb_records import redactions, revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qldb_simulator.journal import Ledger

    from tests.support.deployed_stacks import Deployment

_EXECUTION = "probe"
_POLL_SECONDS = 0.1
_EXECUTION_SECONDS = 60.0

NEW, NEWER, DELETED = "new", "newer", "deleted"
"""Documents of each table: without an item, with an older one, and one to become a tombstone."""

COMPLETED, REDACTED = "completed", "redacted"
"""Documents whose first revision is redacted: the history knows that alone, or the export does."""


class ReplaySteps:
    """Each step of a replay of a small export, with what it needs and what it leaves.

    Construct it while the function has all permissions: it plans, scans and gathers once.

    Parameters
    ----------
    deployment
        A stack with an export's bucket, which is empty, and with a history.
    location
        Bucket and prefix of the export.
    remembered
        The ledger table whose history is kept.
    """

    def __init__(self, deployment: Deployment, location: tuple[str, str], remembered: str) -> None:
        self._outputs = deployment.outputs
        self._lambda = deployment.client("lambda")
        self._dynamodb = deployment.client("dynamodb")
        self._s3 = deployment.client("s3")
        self._machines = deployment.client("stepfunctions")
        self._bucket = self._outputs["replayBucketName"]
        self._remembered = remembered
        self._put_export(*location)
        self._put_former_states()
        self._items = {
            (table, name): self._read(self._table(table), self._key(table, name))
            for table in self._outputs["tableNames"]
            for name in (NEWER, DELETED)
        }
        self._revisions = {
            name: self._read(self._history, self._key(remembered, name, version=0))
            for name in (COMPLETED, REDACTED)
        }
        assert all([*self._items.values(), *self._revisions.values()])
        self._run = self._answer(Step.PLAN, {EventField.REQUEST: Request(restart=True).to_json()})
        [self._item] = self._get(self._run[RunField.WRITE_KEY])
        self._folder = RunFolder(self._run["folder"])
        self._answer(Step.SCAN, {EventField.RUN: self._run, EventField.BATCH: self._item})
        self._run = self._answer(Step.GATHER, {EventField.RUN: self._run})

    def plan(self) -> bool:
        """Plan the replay; the lists of its batches appear."""
        lists = (RunField.SCAN_KEY, RunField.WRITE_KEY)
        # An execution that started again has other keys, with the same ends.
        self._clear(RUNS_PREFIX, ending=[self._run[field].rpartition("/")[2] for field in lists])
        answer = self._invoke(Step.PLAN, {EventField.REQUEST: Request().to_json()})
        return answer is not None and all(self._has(answer[field]) for field in lists)

    def scan(self) -> bool:
        """Scan the only batch; what it redacts appears."""
        prefix = self._folder.scans.whole
        self._clear(prefix)
        self._invoke(Step.SCAN, {EventField.RUN: self._run, EventField.BATCH: self._item})
        return self._has(prefix)

    def gather(self) -> bool:
        """Gather what the scan has found; it appears."""
        self._clear(self._folder.redactions)
        self._invoke(Step.GATHER, {EventField.RUN: self._run})
        return self._has(self._folder.redactions)

    def write(self) -> bool:
        """Write the only batch; items, history, quarantined record and counts appear."""
        self._restore()
        self._clear(self._folder.writes.whole)
        self._invoke(Step.WRITE, {EventField.RUN: self._run, EventField.BATCH: self._item})
        return (
            all(map(self._is_written, self._outputs["tableNames"]))
            and self._is_remembered()
            and any(self._keys(self._outputs["failureBucketName"], RECORDS_PREFIX))
            and self._has(self._folder.writes.whole)
        )

    def check(self) -> bool:
        """Add the counts up; the sum appears."""
        self._clear(summary_key(_EXECUTION))
        self._invoke(Step.CHECK, {EventField.RUN: self._run, EventField.EXECUTION: _EXECUTION})
        return self._has(summary_key(_EXECUTION))

    def execute(self) -> bool:
        """Have the state machine replay everything; its execution succeeds."""
        started = self._machines.start_execution(
            stateMachineArn=self._outputs["replayStateMachineArn"],
            input=json.dumps(Request(restart=True).to_json()),
        )
        deadline = time.monotonic() + _EXECUTION_SECONDS
        while time.monotonic() < deadline:
            found = self._machines.describe_execution(executionArn=started["executionArn"])
            if found["status"] != "RUNNING":
                return bool(found["status"] == "SUCCEEDED")
            time.sleep(_POLL_SECONDS)
        return False

    def _put_export(self, bucket: str, prefix: str) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        ledger = self._ledger()
        for key, body in export_of(ledger.blocks, blocks_per_object=100).files.items():
            self._s3.put_object(Bucket=bucket, Key=prefix + key, Body=body)

    def _ledger(self) -> Ledger:
        ledger = new_ledger(random.Random(1))
        tables = list(self._outputs["tableNames"])
        ledger.commit([CreateTable(table=table) for table in tables])
        for table in tables:
            names = [NEW, NEWER, DELETED, COMPLETED, REDACTED]
            block = ledger.commit([Insert(table=table, document={"city": name}) for name in names])
            for name, document in zip(names, block.documents, strict=True):
                self._ids[table, name] = document.document_id
            ledger.commit([Delete(table=table, document_id=self._ids[table, DELETED])])
            for name in (NEWER, COMPLETED, REDACTED):
                changed = Update(
                    table=table, document_id=self._ids[table, name], document={"city": "changed"}
                )
                ledger.commit([changed])
        # The redaction of the other one came after the export.
        redacted = self._ids[self._remembered, REDACTED]
        ledger.commit([Redact(table=self._remembered, document_id=redacted, version=0)])
        # DynamoDB has no attribute with an empty name: this one is quarantined.
        [other] = (table for table in tables if table != self._remembered)
        ledger.commit([Insert(table=other, document={"city": {"": "refused"}})])
        return ledger

    def _put_former_states(self) -> None:
        """Have the function of the stream write what the replay finds in the tables."""
        records = [
            revision(document_id=self._ids[table, name], version=0, table=table)
            for table in self._outputs["tableNames"]
            for name in (NEWER, DELETED)
        ]
        records += [
            redactions((self._ids[self._remembered, COMPLETED], 0)),
            revision(document_id=self._ids[self._remembered, REDACTED], table=self._remembered),
        ]
        payload = json.dumps(event(*records))
        self._lambda.invoke(FunctionName=self._outputs["functionName"], Payload=payload)

    def _restore(self) -> None:
        """Put the tables and the failure bucket into the state before the replay."""
        for table, name in self._ids:
            item = self._items.get((table, name))
            self._put(self._table(table), self._key(table, name), item)
        for (table, name), document in self._ids.items():
            if table == self._remembered:
                for version in (0, 1):
                    former = self._revisions.get(name) if version == 0 else None
                    key = _revision_key(document, version)
                    self._put(self._history, key, former)
        failures = self._outputs["failureBucketName"]
        for quarantined in self._keys(failures, RECORDS_PREFIX):
            self._s3.delete_object(Bucket=failures, Key=quarantined)

    def _is_written(self, table: str) -> bool:
        new, newer, deleted = (
            self._read(self._table(table), self._key(table, name)) for name in (NEW, NEWER, DELETED)
        )
        return (
            new.get("version") == {"N": "0"}
            and newer.get("version") == {"N": "1"}
            and deleted.get("isDeleted") == {"BOOL": True}
        )

    def _is_remembered(self) -> bool:
        new, completed, redacted = (
            self._read(self._history, self._key(self._remembered, name, version=0))
            for name in (NEW, COMPLETED, REDACTED)
        )
        return (
            new.get("revisionState") == {"S": "live"}
            and "hash" in completed
            and redacted.get("revisionState") == {"S": "redacted"}
        )

    @property
    def _history(self) -> str:
        return str(self._outputs["historyTableName"])

    def _table(self, ledger_table: str) -> str:
        return str(self._outputs["tableNames"][ledger_table])

    def _key(self, table: str, name: str, *, version: int | None = None) -> dict[str, Any]:
        document = self._ids[table, name]
        if version is None:
            return {KEY_ATTRIBUTE: {"S": document}}
        return _revision_key(document, version)

    def _read(self, table: str, key: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item

    def _put(self, table: str, key: Mapping[str, Any], item: Mapping[str, Any] | None) -> None:
        if item is None:
            self._dynamodb.delete_item(TableName=table, Key=key)
        else:
            self._dynamodb.put_item(TableName=table, Item=item)

    def _get(self, key: str) -> Any:  # noqa: ANN401 (JSON)
        return json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def _has(self, prefix: str) -> bool:
        return bool(self._keys(self._bucket, prefix))

    def _clear(self, prefix: str, *, ending: Sequence[str] = ("",)) -> None:
        for key in self._keys(self._bucket, prefix):
            if key.endswith(tuple(ending)):
                self._s3.delete_object(Bucket=self._bucket, Key=key)

    def _answer(self, step: Step, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a step returns that has to succeed; nothing is an empty object."""
        answer = self._invoke(step, fields)
        assert answer is not None, f"the step {step} fails with all permissions"
        return answer

    def _invoke(self, step: Step, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what a step returns; None if it fails."""
        payload = json.dumps({EventField.STEP: step, **fields})
        answer = self._lambda.invoke(
            FunctionName=self._outputs["replayFunctionName"], Payload=payload
        )
        content = json.loads(answer["Payload"].read())
        return None if "FunctionError" in answer else content or {}


def _revision_key(document: str, version: int) -> dict[str, Any]:
    return {KEY_ATTRIBUTE: {"S": document}, VERSION_ATTRIBUTE: {"N": str(version)}}

"""The Lambda function of a distributed replay: which step an event runs, and what errors tell."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from qldb_simulator.operations import CreateTable, Insert

from handler.replay_contract import EventField, RunField, Step
from handler.settings import SettingsError
from handler.writer import BatchStatementWriter
from ops.distributed import function
from ops.distributed.batch_item import Item
from ops.distributed.replay_bucket import ReplayBucket
from ops.distributed.workplace import Workplace
from ops.errors import OpsError
from ops.exports.source import open_source
from ops.exports.timed_source import NotReadError
from tests.support.exports import export_of, new_ledger
from tests.support.lambda_context import LambdaContext
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.replay_run import PERSON, SETTINGS, Bucket

if TYPE_CHECKING:
    from pathlib import Path

REPLAYS = "replays"
CONTEXT = LambdaContext()


@pytest.fixture
def buckets() -> Buckets:
    return Buckets(REPLAYS)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, buckets: Buckets) -> Tables:
    """The tables that the function writes to, from an export with one document."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    ledger.commit([Insert(table="Person", document={"name": "Ann"})])
    folder = export_of(ledger.blocks).write_to(tmp_path)
    tables = Tables([PERSON])
    workplace = Workplace(
        settings=SETTINGS,
        source=open_source(str(folder)),
        bucket=ReplayBucket(MemoryS3(buckets), REPLAYS),
        batch_bytes=10**6,
    )
    writer = BatchStatementWriter(MemoryDynamoDB(tables), requests_in_flight=1)
    function._redacted.cache_clear()
    monkeypatch.setattr(function, "_workplace", lambda: workplace)
    monkeypatch.setattr(function, "_writer", lambda _: writer)
    monkeypatch.setattr(function, "_failures", Bucket)
    return tables


def invoke(step: Step, context: LambdaContext = CONTEXT, **fields: Any) -> Any:  # noqa: ANN401 (JSON)
    return function.lambda_handler({EventField.STEP.value: step.value, **fields}, context)


def test_the_steps_load_an_export(tables: Tables, buckets: Buckets) -> None:
    # when the steps follow each other as in the state machine
    run = invoke(Step.PLAN, request={})
    assert (run[RunField.SCAN_COUNT], run[RunField.WRITE_COUNT]) == (1, 1)
    bucket = ReplayBucket(MemoryS3(buckets), REPLAYS)
    [to_scan] = bucket.get(run[RunField.SCAN_KEY])
    [to_write] = bucket.get(run[RunField.WRITE_KEY])
    assert invoke(Step.SCAN, run=run, batch=to_scan) is None
    run = invoke(Step.GATHER, run=run)
    assert invoke(Step.WRITE, run=run, batch=to_write) is None
    result = invoke(Step.CHECK, run=run, execution="execution-1")
    # then
    assert len(tables.items(PERSON)) == 1
    assert result["tally"]["applied"] == 1
    assert Item.from_json(to_write).to_json() == to_write


def test_an_error_for_the_operator_is_told_as_it_is(tables: Tables) -> None:  # noqa: ARG001
    with pytest.raises(OpsError, match="is no `ledgerTable`"):
        invoke(Step.PLAN, request={"tables": ["Other"]})


@pytest.mark.parametrize("former", [{}, {"redactionsKey": "replays/1/redactions/2.json"}])
def test_a_batch_without_redactions_is_refused(
    tables: Tables, buckets: Buckets, former: dict[str, str]
) -> None:
    # given the run before they are gathered, or of an earlier version
    run = invoke(Step.PLAN, request={})
    del run["redactedKey"]
    run |= former
    [batch] = ReplayBucket(MemoryS3(buckets), REPLAYS).get(run[RunField.WRITE_KEY])

    with pytest.raises(OpsError, match="what the export redacts is not known"):
        invoke(Step.WRITE, run=run, batch=batch)

    assert tables.items(PERSON) == {}


@pytest.mark.parametrize("verify", [True, False])
def test_a_scan_that_takes_too_long_ends_before_lambda_ends_it(
    tables: Tables,  # noqa: ARG001
    buckets: Buckets,
    verify: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    # given a batch, and an invocation that has too little time left to read it
    run = invoke(Step.PLAN, request={"verify": verify})
    [batch] = ReplayBucket(MemoryS3(buckets), REPLAYS).get(run[RunField.SCAN_KEY])
    before = buckets.objects(REPLAYS)
    # when / then it says what to change, and stores no result
    with pytest.raises(NotReadError, match="lower replayBatchMebibytes, or raise replayMemory"):
        invoke(Step.SCAN, LambdaContext.ending_in(30), run=run, batch=batch)
    assert buckets.objects(REPLAYS) == before
    # when there is time / then it is done
    invoke(Step.SCAN, run=run, batch=batch)
    assert len(buckets.objects(REPLAYS)) == len(before) + 1


def test_a_write_that_reads_too_long_ends_before_lambda_ends_it(
    tables: Tables, buckets: Buckets
) -> None:
    # given
    run = invoke(Step.PLAN, request={})
    bucket = ReplayBucket(MemoryS3(buckets), REPLAYS)
    [batch] = bucket.get(run[RunField.SCAN_KEY])
    invoke(Step.SCAN, run=run, batch=batch)
    run = invoke(Step.GATHER, run=run)
    # when / then
    with pytest.raises(NotReadError, match="cannot be read and written within the 15 minutes"):
        invoke(Step.WRITE, LambdaContext.ending_in(30), run=run, batch=batch)
    # when there is time / then
    invoke(Step.WRITE, run=run, batch=batch)
    assert len(tables.items(PERSON)) == 1
    assert invoke(Step.CHECK, run=run, execution="execution-1")["unwritten"] == 0


def test_an_unexpected_error_is_told_without_its_message(
    tables: Tables,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Ann")

    monkeypatch.setattr(function, "plan", fail)

    with pytest.raises(function.InvocationError, match=r"^ValueError in fail, line \d+$") as raised:
        invoke(Step.PLAN, request={})

    assert raised.value.__suppress_context__


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    function._workplace.cache_clear()
    environment = {
        "REPLICA_TABLES": '{"Person": {"tableName": "person"}}',
        "FAILURE_BUCKET": "failures",
    }
    monkeypatch.setattr(function, "handler_environment", lambda: environment)

    with pytest.raises(SettingsError, match="EXPORT_LOCATION is not set"):
        invoke(Step.PLAN, request={})


def test_the_environment_makes_the_workplace(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    function._workplace.cache_clear()
    environment = {
        "REPLICA_TABLES": '{"Person": {"tableName": "person"}}',
        "FAILURE_BUCKET": "failures",
        "EXPORT_LOCATION": "s3://exports/2025/",
        "EXPORT_BUCKET_OWNER": "123456789012",
        "REPLAY_BUCKET": "replays",
        "REPLAY_BATCH_BYTES": "1048576",
    }
    monkeypatch.setattr(function, "handler_environment", lambda: environment)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    # when
    workplace = function._workplace()
    function._workplace.cache_clear()
    # then
    assert workplace.source.location == "s3://exports/2025/"
    assert workplace.bucket.name == "replays"
    assert workplace.batch_bytes == 1_048_576

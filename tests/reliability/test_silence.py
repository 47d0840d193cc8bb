"""No log line, metric, description or exception contains any part of a document.

Every text in the documents starts with a sentinel, and every message of an injected fault quotes
one, as DynamoDB's do. The schedules drive every path of the handler and the redrive, and look at
all counts, exceptions and descriptions of objects themselves. The function's own clients run in a
separate process, with every logger at DEBUG level. It cannot prove what AWS's libraries write if
their loggers are set to DEBUG after the function has been loaded.
"""

from __future__ import annotations

import base64
import json
import logging
from random import Random
from typing import TYPE_CHECKING

import pytest

from handler.contract import Variable
from handler.failures import FailureStore
from handler.telemetry import PowertoolsTelemetry
from handler.version import project_version
from handler.writer import BatchStatementWriter
from ops import connections
from ops.command_line import main
from ops.failure_bucket import FailureBucket
from tests.reliability import first_leak
from tests.reliability.backends import MemoryBackend
from tests.reliability.fault_injection import BUCKET_KINDS, STATEMENT_KINDS, TABLE_KINDS
from tests.reliability.function_process import DEBUG_IS_ON, SCENARIOS
from tests.reliability.history_factory import make_history
from tests.reliability.ledger_tables import HISTORY_NAME, PROJECTED
from tests.reliability.plan import Plan
from tests.reliability.random_faults import RandomFaults
from tests.reliability.schedule import run
from tests.support.deployed_function import FUNCTION, DeployedFunction
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET
from tests.support.failure_objects import failed_record
from tests.support.kinesis_events import STREAM_ARN, kinesis_record
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.sentinel import MESSAGE, leak, printed_form

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULES = 25
COMMANDS = 15
PLAN = Plan(
    seed=13,
    commits=8,
    documents=8,
    poison=4,
    generations=1,
    projected_history=True,
    whole_history=True,
    indexed=True,
)


def test_the_output_of_schedules_holds_nothing_of_a_document(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "qldb-replica-silence")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "QldbReplica")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    telemetry = PowertoolsTelemetry("1.2.3")
    # Given documents full of sentinels, when many schedules with faults and poison run
    for seed in range(SCHEDULES):
        assert run(Plan.from_seed(seed), telemetry=telemetry).violations == []
    # Then there is much output, but nothing of them in it
    written = capfd.readouterr()
    output = written.out + written.err + caplog.text
    assert written.out.count('"Batch replicated"') > SCHEDULES
    assert '"RevisionsApplied"' in output
    assert "quarantined" in output
    assert leak(output) is None


def test_the_output_of_the_function_holds_nothing_of_a_document_at_any_log_level() -> None:
    # Given the function with its own clients, and all that can go wrong with them
    output = first_leak.output()
    # Then all of it happened, with every logger at DEBUG level
    assert DEBUG_IS_ON in output
    assert all(f"scenario: {name}\n" in output for name in SCENARIOS)
    assert output.count('"Batch replicated"') > len(SCENARIOS)
    assert '"unforeseen: ValueError"' in output
    assert "InvocationError: KeyError in __getitem__" in output
    assert "InvocationError: ValueError in get_remaining_time_in_millis" in output
    # And nothing of a document is in it
    assert leak(output) is None


def filled_buckets() -> Buckets:
    """Return a failure bucket with records of each kind, a batch, and an unreadable object."""
    history = make_history(PLAN, Random(PLAN.seed))
    buckets = Buckets(BUCKET)
    store = FailureStore(MemoryS3(buckets), BUCKET)
    for number, entry in enumerate(history.entries):
        store.put(
            failed_record(entry.data, sequence=str(number), partition_key=entry.partition_key)
        )
    batch = [kinesis_record(each.data, str(n)) for n, each in enumerate(history.entries)]
    buckets.put(BUCKET, BATCH_KEY, discarded_batch(batch))
    buckets.put(BUCKET, "records/unreadable", MESSAGE.encode())
    return buckets


@pytest.fixture
def outputs(tmp_path: Path) -> list[str]:
    """Return the option with a file of stack outputs."""
    file = tmp_path / "outputs.json"
    tables = {PROJECTED: {"tableName": MemoryBackend().names[PROJECTED], "history": True}}
    content = {
        "streamArn": STREAM_ARN,
        "version": project_version(),
        "failureQueueUrl": "https://queue.invalid/failures",
        "functionName": FUNCTION,
        "functionCodeSha256": DeployedFunction().code,
        "handlerEnvironment": {
            Variable.REPLICA_TABLES: json.dumps(tables),
            Variable.FAILURE_BUCKET: BUCKET,
            Variable.HISTORY_TABLE: HISTORY_NAME,
        },
    }
    file.write_text(json.dumps(content))
    return ["--outputs", str(file)]


def test_the_output_of_the_operators_commands_holds_nothing_of_a_document(
    outputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(connections, "functions", lambda _: DeployedFunction())
    for seed in range(COMMANDS):
        # Given a full bucket, and services with faults of every kind
        buckets, backend = filled_buckets(), MemoryBackend()
        s3_faults = RandomFaults(BUCKET_KINDS, [], rate=0.03, seed=seed)
        faults = RandomFaults(TABLE_KINDS, STATEMENT_KINDS, rate=0.2, seed=seed)
        bucket = FailureBucket(MemoryS3(buckets, s3_faults), BUCKET)
        writer = BatchStatementWriter(backend.client(faults), requests_in_flight=1)
        monkeypatch.setattr(connections, "failure_bucket", lambda _, bucket=bucket: bucket)
        monkeypatch.setattr(connections, "writer", lambda _, writer=writer: writer)
        # When an operator looks, tries and repairs
        main(["failures", *outputs])
        main(["failures", *outputs, "--json"])
        main(["redrive", *outputs, "--from-bucket", "--dry-run"])
        main(["redrive", *outputs, "--from-bucket", "--time-limit", "1"])
        main(["redrive", *outputs, "--from-bucket", "--time-limit", "1", "--drop-ignored"])
    # Then there is much output, but nothing of the documents in it
    written = capfd.readouterr()
    for needed in ("malformed: ", "refused: ValidationError", "unconfigured table", "unreadable"):
        assert needed in written.out
    assert "run the command again" in written.err
    assert "DynamoDB refuses the writes" in written.err
    assert leak(written.out + written.err + caplog.text) is None


def test_an_exception_that_quotes_a_document_is_detected() -> None:
    assert leak(printed_form(ValueError(MESSAGE))) is not None


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_document_in_base64_is_detected_at_any_offset(before: str) -> None:
    line = base64.b64encode((before + MESSAGE).encode()).decode()
    assert leak(f"x\n{line}\ny") == line


def test_a_text_without_a_document_is_no_leak() -> None:
    assert leak("nothing of it") is None

"""The stack's services in memory, in place of the clients of the commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handler.contract import Variable
from handler.version import project_version
from ops import connections
from ops.failure_bucket import FailureBucket
from ops.failure_queue import FailureQueue
from tests.support.deployed_function import FUNCTION, DeployedFunction
from tests.support.failure_bucket import BUCKET, NotifyingS3
from tests.support.kinesis_events import STREAM_ARN
from tests.support.memory_sqs import QUEUE_URL
from tests.support.memory_table import MemoryTable
from tests.support.redrive_run import RedriveRun

if TYPE_CHECKING:
    from pathlib import Path

    from ops.stack_outputs import StackOutputs


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> NotifyingS3:
    """The failure bucket with its queue; both refuse any names except the stack's."""
    s3 = NotifyingS3()

    def bucket(outputs: StackOutputs) -> FailureBucket:
        return FailureBucket(s3, outputs.settings.failure_bucket)

    def queue(outputs: StackOutputs) -> FailureQueue:
        return FailureQueue(s3.queue, outputs.failure_queue_url)

    monkeypatch.setattr(connections, "failure_bucket", bucket)
    monkeypatch.setattr(connections, "failure_queue", queue)
    return s3


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> MemoryTable:
    table = MemoryTable()
    monkeypatch.setattr(connections, "writer", lambda _: table)
    return table


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> DeployedFunction:
    """The deployed function."""
    function = DeployedFunction()
    monkeypatch.setattr(connections, "functions", lambda _: function)
    return function


@pytest.fixture
def outputs_file(tmp_path: Path, function: DeployedFunction) -> Path:
    """The outputs of a stack that this version deployed."""
    file = tmp_path / "outputs.json"
    content = {
        "version": project_version(),
        "streamArn": STREAM_ARN,
        "failureQueueUrl": QUEUE_URL,
        "functionName": FUNCTION,
        "functionCodeSha256": function.code,
        "handlerEnvironment": {
            Variable.REPLICA_TABLES: '{"Person":{"tableName":"person-1a2b3c"}}',
            Variable.FAILURE_BUCKET: BUCKET,
        },
    }
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def outputs(outputs_file: Path) -> list[str]:
    """The command-line option with that file."""
    return ["--outputs", str(outputs_file)]


@pytest.fixture
def runs() -> RedriveRun:
    """Redrives over separate services, without a command."""
    return RedriveRun()

"""A replay in several processes, against AWS's DynamoDB Local."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from handler.settings import HandlerSettings, ReplicaTable
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.replay.crew import ProcessCrew, WorkerLostError
from ops.replay.engine import Engine
from ops.replay.job import Job
from ops.replay.opening import Opening, make_worker
from ops.replay.plan import Batch, Plan
from ops.replay.state import ReplayState
from ops.stack_outputs import StackOutputs
from tests.support.exports import export_of
from tests.support.replay_run import NoProgress
from tests.support.varied_ledger import varied_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from qldb_simulator.journal import Ledger

    from journal.exports.sequence import ObjectPart
    from local.dynamodb_local import DynamoDBLocal
    from ops.replay.engine import Ending

pytestmark = pytest.mark.engine

PROCESSES = 2


class Run:
    """A replay of an export into one table.

    Parameters
    ----------
    export
        The export.
    state
        The file with what is done.
    table_name
        The DynamoDB table.
    """

    def __init__(self, export: Path, state: Path, table_name: str) -> None:
        self._state = state
        settings = HandlerSettings(
            replica_tables={"Person": ReplicaTable(ledger_table="Person", table_name=table_name)},
            failure_bucket="failures",
        )
        sequence = chosen_sequence(catalogue(open_source(str(export)), block_range), None)
        self.plan = Plan(
            strand_id=sequence.strand_id,
            superseded=(),
            batches=_batches(list(reversed(sequence.parts))),
        )
        self._opening = Opening(
            job=Job(location=str(export), strand_id=sequence.strand_id, settings=settings),
            outputs=StackOutputs(
                version="1", region="us-east-1", failure_queue_url="", settings=settings
            ),
        )

    def run(self, after_batch: Callable[[], None], stop: Callable[[], bool]) -> Ending:
        """Replay, and call a function after each batch."""

        class Progress(NoProgress):
            def advance(self, size: int, revisions: int) -> None:  # noqa: ARG002 (protocol)
                after_batch()

        with (
            closing(ReplayState(self._state)) as state,
            closing(ProcessCrew(partial(make_worker, self._opening), PROCESSES)) as crew,
        ):
            return Engine(
                self._opening.job, self.plan, state, crew, stop=stop, progress=Progress()
            ).run()


def _batches(parts: Sequence[ObjectPart]) -> tuple[Batch, ...]:
    return tuple(
        Batch(number, tuple(parts[start : start + 5]))
        for number, start in enumerate(range(0, len(parts), 5))
    )


def signal_workers(number: signal.Signals, count: int = PROCESSES) -> None:
    """Send a signal to processes of the crew."""
    for worker in multiprocessing.active_children()[:count]:
        assert worker.pid is not None
        os.kill(worker.pid, number)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return varied_ledger(100, 500, tables=["Person"])


@pytest.fixture
def run(
    tmp_path: Path,
    ledger: Ledger,
    table_name: str,
    dynamodb_local: DynamoDBLocal,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local.endpoint)
    export = export_of(ledger.blocks).write_to(tmp_path / "export")
    return Run(export, tmp_path / "state", table_name)


def nothing() -> None:
    """Do nothing."""


def never() -> bool:
    return False


def assert_complete(ledger: Ledger, dynamodb: DynamoDBClient, table_name: str) -> None:
    """Compare versions and hashes with those of the ledger."""
    (generation,) = ledger.generations
    expected = {
        document_id: (str(revisions[-1].version), revisions[-1].hash)
        for document_id, revisions in ledger.revisions(generation.table_id).items()
    }
    found = {
        item["pk"]["S"]: (item["version"]["N"], item["hash"]["B"])
        for page in dynamodb.get_paginator("scan").paginate(TableName=table_name)
        for item in page["Items"]
    }
    assert found == expected


def test_several_processes_write_each_document_once(
    run: Run, ledger: Ledger, dynamodb: DynamoDBClient, table_name: str, tmp_path: Path
) -> None:
    ending = run.run(nothing, never)

    assert not ending.is_interrupted
    assert_complete(ledger, dynamodb, table_name)
    with closing(ReplayState(tmp_path / "state")) as state:
        assert (state.tally.applied, state.tally.stale) == (100, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_lost_ends_the_replay_which_goes_on_later(
    run: Run, ledger: Ledger, dynamodb: DynamoDBClient, table_name: str, number: signal.Signals
) -> None:
    # given a process that is ended after the first batch
    with pytest.raises(WorkerLostError):
        run.run(partial(signal_workers, number, 1), never)
    # when
    run.run(nothing, never)
    # then
    assert_complete(ledger, dynamodb, table_name)
    assert multiprocessing.active_children() == []


def test_ctrl_c_reaches_no_worker(
    run: Run, ledger: Ledger, dynamodb: DynamoDBClient, table_name: str
) -> None:
    ending = run.run(partial(signal_workers, signal.SIGINT), never)

    assert not ending.is_interrupted
    assert_complete(ledger, dynamodb, table_name)


def test_who_ends_the_command_and_its_processes_has_interrupted_it(run: Run) -> None:
    asked = False

    def end() -> None:
        nonlocal asked
        asked = True
        signal_workers(signal.SIGTERM)

    assert run.run(end, lambda: asked).is_interrupted


def test_a_table_that_does_not_exist_stops_the_replay_with_the_remedy(
    tmp_path: Path,
    ledger: Ledger,
    dynamodb_local: DynamoDBLocal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local.endpoint)
    export = export_of(ledger.blocks).write_to(tmp_path / "export")

    with pytest.raises(OpsError, match=r"ResourceNotFound.*check that the tables exist"):
        Run(export, tmp_path / "state", "no-such-table").run(nothing, never)

    assert (tmp_path / "state").exists()

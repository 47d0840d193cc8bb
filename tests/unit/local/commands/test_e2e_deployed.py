"""The command `e2e-deployed`: its exit status and messages, on a stack in memory."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import Variable
from handler.version import project_version
from local.command_line import main
from local.kinesis_target import KinesisTarget
from ops import connections
from tests.support.clock import Clock
from tests.support.deployed_function import FUNCTION, DeployedFunction
from tests.support.followed_stream import FollowedStream
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLES: dict[str, dict[str, Any]] = {"Person": {"tableName": "person"}}


@pytest.fixture
def deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[FollowedStream], list[str]]:
    """Return what deploys a stack, and returns the command line for it."""

    def deploy(stack: FollowedStream) -> list[str]:
        file = tmp_path / "outputs.json"
        outputs = {
            **stack.outputs,
            "version": project_version(),
            "failureQueueUrl": "https://sqs/failures",
            "handlerEnvironment": {Variable.FAILURE_BUCKET: "failures"},
            "functionName": FUNCTION,
            "functionCodeSha256": DeployedFunction().code,
        }
        file.write_text(json.dumps(outputs))
        target = KinesisTarget(client=stack, arn=STREAM_ARN, shards=1)
        monkeypatch.setattr(KinesisTarget, "find", lambda _: target)
        monkeypatch.setattr(connections, "dynamodb", lambda _: stack)
        monkeypatch.setattr(connections, "functions", lambda _: DeployedFunction())
        return ["e2e-deployed", "--outputs", str(file), "--wait", "0.01"]

    return deploy


def test_outputs_of_an_earlier_deployment_are_refused(
    deployed: Callable[[FollowedStream], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The tables would be compared with a configuration that they do not have."""
    command = deployed(FollowedStream(TABLES))
    monkeypatch.setattr(connections, "functions", lambda _: DeployedFunction(code="newer"))

    assert main(command) == 1

    assert "pulumi stack output --json" in capsys.readouterr().err


def test_a_stack_that_follows_passes(
    deployed: Callable[[FollowedStream], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a stack that follows / when it is tested
    command = deployed(FollowedStream(TABLES))
    assert main(command) == 0
    # then standard output has the lag and the result
    lag, compared, last = capsys.readouterr().out.splitlines()
    assert lag.startswith("End-to-end lag, commit to item: 10 of 10 documents arrived, median ")
    assert compared == ("50 documents: 50 equal, 0 on their way, 0 differ; 20 of dropped tables")
    assert last == "0 differences"


def test_records_come_twice_and_out_of_order(
    deployed: Callable[[FollowedStream], list[str]],
) -> None:
    # given a stack / when it is tested
    stack = FollowedStream(TABLES)
    main(deployed(stack))
    # then every block came at least twice
    summaries = [
        int(record["payload"]["blockAddress"]["sequenceNo"])
        for record in stack.records
        if record["recordType"] == "BLOCK_SUMMARY"
    ]
    assert min(map(summaries.count, set(summaries))) == 2
    # and the second delivery of the journal, which goes from block to block, was shuffled
    steps = [later - earlier for earlier, later in pairwise(summaries)]
    assert min(steps) < -10
    assert max(steps) > 10


def test_a_stack_that_loses_a_revision_fails(
    deployed: Callable[[FollowedStream], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a stack that never gets anything about somebody / when it is tested
    command = deployed(FollowedStream(TABLES, drops=lambda frame: b"Lloyd" in frame))
    assert main(command) == 1
    # then the differences are named and counted, without a lag, and the remedies follow
    shown = capsys.readouterr()
    *_, last = shown.out.splitlines()
    assert last.endswith(" differences")
    assert last != "0 differences"
    assert "Person " in shown.out
    assert "End-to-end lag" not in shown.out
    assert "python -m ops failures --outputs" in shown.err


def test_a_lost_document_ends_the_run_at_the_time_limit(
    deployed: Callable[[FollowedStream], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a stack that loses the fourth document that measures the lag
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    command = deployed(FollowedStream(TABLES, drops=lambda frame: b"Probe3" in frame))
    # when it is tested with a limit of a minute
    assert main([*command, "--wait", "60"]) == 1
    # then it ends after a minute, and says how many arrived and what differs
    assert clock.now == pytest.approx(60.0, abs=1.0)
    shown = capsys.readouterr()
    lag, lost, compared, number, reason = shown.out.splitlines()
    assert lag.startswith("End-to-end lag, commit to item: 3 of 10 documents arrived, median ")
    assert lost.endswith(": DynamoDB has no item (ledger 0 live)")
    assert compared.startswith("44 documents: 43 equal, 0 on their way, 1 differs")
    assert number == "1 difference"
    assert reason.startswith("Only 3 of 10 documents that measure the lag arrived before the 60 s")
    assert "python -m ops failures --outputs" in shown.err
    # and meanwhile it said what it waited for
    assert "Waiting for document 4 of 10 that measure the lag, 10 of 60 s\n" in shown.err


def test_a_document_that_comes_too_late_fails_without_a_difference(
    deployed: Callable[[FollowedStream], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a stack in which the first document arrives after it was given up
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    stack = FollowedStream(TABLES)
    read = stack.batch_get_item

    def not_alone(*, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        # Each look for a document that measures the lag asks for it alone.
        ((name, request),) = RequestItems.items()
        is_probe = len(request["Keys"]) == 1
        return {"Responses": {name: []}} if is_probe else read(RequestItems=RequestItems)

    monkeypatch.setattr(stack, "batch_get_item", not_alone)
    # when it is tested / then it fails, although everything is equal in the end
    assert main([*deployed(stack), "--wait", "60"]) == 1
    lag, _, number, reason = capsys.readouterr().out.splitlines()
    assert lag == "End-to-end lag, commit to item: 0 of 10 documents arrived"
    assert number == "0 differences"
    assert reason.startswith("Only 0 of 10 documents")


def test_the_help_fits_into_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    with pytest.raises(SystemExit):
        main(["e2e-deployed", "--help"])

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80


def test_more_tables_than_a_ledger_has_are_refused_before_anything_is_written(
    deployed: Callable[[FollowedStream], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    stack = FollowedStream({f"T{number}": {"tableName": f"t-{number}"} for number in range(21)})

    assert main(deployed(stack)) == 1

    assert "a ledger has at most 20" in capsys.readouterr().err
    assert stack.requests == []


def test_outputs_that_are_none_are_named_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "outputs.json"
    file.write_text("no outputs")

    assert main(["e2e-deployed", "--outputs", str(file)]) == 1

    assert "make it with `pulumi stack output --json" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_what_is_no_time_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["e2e-deployed", "--outputs", "x", f"--wait={seconds}"])

    assert f"{seconds} is no number of seconds" in capsys.readouterr().err

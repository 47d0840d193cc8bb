"""The command `e2e-deployed`: its exit status and messages, on a stack in memory."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import Variable
from handler.version import project_version
from local.command_line import main
from local.kinesis_target import KinesisTarget
from ops import connections
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
        }
        file.write_text(json.dumps(outputs))
        target = KinesisTarget(client=stack, arn=STREAM_ARN, shards=1)
        monkeypatch.setattr(KinesisTarget, "find", lambda _: target)
        monkeypatch.setattr(connections, "dynamodb", lambda _: stack)
        return ["e2e-deployed", "--outputs", str(file), "--wait", "0.01"]

    return deploy


def test_a_stack_that_follows_passes(
    deployed: Callable[[FollowedStream], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a stack that follows / when it is tested
    command = deployed(FollowedStream(TABLES))
    assert main(command) == 0
    # then standard output has the lag and the result
    lag, compared, last = capsys.readouterr().out.splitlines()
    assert lag.startswith("End-to-end lag, commit to item, 10 documents one by one: median ")
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

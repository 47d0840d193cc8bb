"""`python -m ops replay --distributed`: what is started, followed and told. AWS is in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handler.replay_contract import summary_key
from ops import connections, distributed_replay
from ops.command_line import main
from ops.distributed import following
from ops.distributed.batch_result import RunResult
from ops.distributed.machine import fault_text
from ops.distributed.replay_bucket import ReplayBucket
from ops.exports.catalogue import Unreadable
from ops.exports.folder import Folder
from ops.exports.parallel import available_processes
from ops.replay.engine import Ending
from ops.replay.tally import Tally
from tests.support.block_proofs import proofs_of
from tests.support.distributed_run import DistributedRun
from tests.support.exports import export_of
from tests.support.journals import busy_ledger
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.state_machines import MACHINE_ARN, MemoryStates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.exports.source import Entry
    from ops.stack_outputs import StackOutputs

REPLAYS = "replays"
DEFAULTS: dict[str, object] = {
    "strand": None,
    "tables": [],
    "from": None,
    "to": None,
    "retype": False,
    "acceptGaps": False,
    "restart": False,
    "verify": False,
    "wanted": [],
}


@pytest.fixture
def buckets() -> Buckets:
    return Buckets(REPLAYS)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, outputs: list[str], buckets: Buckets
) -> Callable[..., int]:
    """Return what runs the command on a stack with a state machine."""
    file = Path(outputs[1])
    file.write_text(
        json.dumps(json.loads(file.read_text()) | {"replayStateMachineArn": MACHINE_ARN})
    )
    monkeypatch.setattr(following, "_POLL_SECONDS", 0)
    monkeypatch.setattr("ops.replay_command.refuse_outdated", lambda *_: None)
    monkeypatch.setattr(connections, "functions", lambda _: None)

    def replay_bucket(_: StackOutputs) -> ReplayBucket:
        return ReplayBucket(MemoryS3(buckets), REPLAYS)

    monkeypatch.setattr(connections, "replay_bucket", replay_bucket)

    def command(states: MemoryStates, *options: str) -> int:
        monkeypatch.setattr(connections, "state_machines", lambda _: states)
        return main(["replay", "--distributed", *options, *outputs])

    return command


def store(buckets: Buckets, result: RunResult, execution: str = "execution-1") -> None:
    buckets.put(REPLAYS, summary_key(execution), json.dumps(result.to_json()).encode())


def locate(outputs: list[str], folder: Path) -> None:
    """Give the stack a location of the export."""
    file = Path(outputs[1])
    file.write_text(json.dumps(json.loads(file.read_text()) | {"exportLocation": str(folder)}))


def result(
    *,
    unread: int = 0,
    unwritten: int = 0,
    missing: tuple[str, ...] = (),
    applied: int = 0,
    is_new: bool = True,
) -> RunResult:
    tally = Tally(blocks=20, revisions=50, applied=applied)
    problems = [Unreadable("a/b.ion", "is damaged", 12)] * unread
    ending = Ending(problems=problems, unread=unread)
    return RunResult(
        tally=tally, ending=ending, unwritten=unwritten, missing=missing, is_new=is_new
    )


def test_an_execution_is_started_and_followed_to_its_end(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    states = MemoryStates()
    store(buckets, result(applied=30))
    # when
    status = run(states)
    # then
    assert status == 0
    [text] = states.started
    assert json.loads(text) == DEFAULTS
    captured = capsys.readouterr()
    assert "written       30 items" in captured.out
    assert "started arn:aws:states:" in captured.err
    assert states.concurrency == []


def test_the_options_are_its_input(run: Callable[..., int], buckets: Buckets) -> None:
    states = MemoryStates()
    store(buckets, result())

    run(
        states,
        *("--tables", "Person", "--from", "2024-05-01", "--strand", "abc"),
        *("--retype", "--accept-gaps", "--restart"),
    )

    assert json.loads(states.started[0]) == DEFAULTS | {
        "strand": "abc",
        "tables": ["Person"],
        "from": "2024-05-01T00:00:00+00:00",
        "retype": True,
        "acceptGaps": True,
        "restart": True,
    }


def test_an_execution_that_is_running_is_followed(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    # given an execution that does the same, and was started to begin anew
    states = MemoryStates(looks=3)
    states.begin(json.dumps(DEFAULTS | {"restart": True}))
    store(buckets, result())
    # when / then
    assert run(states) == 0
    assert states.started == []
    assert "which is running" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--retype"], ["--restart"]])
def test_an_execution_that_does_something_else_is_named(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    states = MemoryStates()
    arn = states.begin("{}")

    assert run(states, *options) == 1

    assert states.started == []
    assert f"another execution is running: {arn}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["null", "[]", '{"restart": "yes"}', '{"restart": null}'])
def test_an_execution_with_an_input_of_another_form_is_named(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    states = MemoryStates()
    arn = states.begin(text)

    assert run(states, "--restart") == 1

    assert f"another execution is running: {arn}" in capsys.readouterr().err


def test_the_concurrency_is_set_once_for_each_map_that_runs(
    run: Callable[..., int], buckets: Buckets
) -> None:
    states = MemoryStates(looks=5)
    store(buckets, result())

    run(states, "--concurrency", "40")

    assert states.concurrency == [("write:2", 40)]


@pytest.fixture
def verified_export(outputs: list[str], buckets: Buckets, tmp_path: Path) -> Path:
    """An export with a proof, whose batches the state machine has verified."""
    blocks = busy_ledger().blocks
    folder = export_of(blocks).write_to(tmp_path / "export")
    (folder / "x.proofs.json").write_bytes(proofs_of(blocks, 4))
    locate(outputs, folder)
    stored = DistributedRun(folder, buckets=buckets).verify()
    buckets.put(REPLAYS, summary_key("execution-1"), json.dumps({"folder": stored}).encode())
    return folder


@pytest.mark.usefixtures("verified_export")
def test_a_verification_is_put_together_and_reported(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    states = MemoryStates()
    # when
    status = run(states, "--verify", "--json", str(tmp_path / "report.json"))
    # then
    assert status == 0
    assert json.loads(states.started[0]) == DEFAULTS | {"verify": True}
    assert "PROVEN" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert "replay --distributed --verify" in report["command"]
    assert [each["isProven"] for each in report["digests"]] == [True]


@pytest.mark.usefixtures("verified_export")
def test_the_export_is_listed_once_on_this_machine(
    run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    listed: list[Folder] = []
    entries = Folder.entries

    def counted(folder: Folder) -> Iterator[Entry]:
        listed.append(folder)
        return entries(folder)

    monkeypatch.setattr(Folder, "entries", counted)
    # when
    status = run(MemoryStates(), "--verify")
    # then
    assert status == 0
    assert len(listed) == 1


def test_only_the_proofs_that_were_given_are_in_the_input(
    run: Callable[..., int], outputs: list[str], tmp_path: Path
) -> None:
    blocks = busy_ledger().blocks
    locate(outputs, tmp_path / "export")
    (tmp_path / "given.json").write_bytes(proofs_of(blocks, 4))
    states = MemoryStates(ending={"status": "ABORTED"})

    run(states, "--verify", "--proof", str(tmp_path / "given.json"))

    assert json.loads(states.started[0]) == DEFAULTS | {"verify": True, "wanted": [4]}


def test_more_proofs_than_an_input_has_room_for_are_refused_before_anything_starts(
    run: Callable[..., int],
    outputs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given 40,000 proofs
    locate(outputs, tmp_path / "export")
    numbers = frozenset(range(10_000_000, 10_040_000))
    monkeypatch.setattr(distributed_replay, "wanted_blocks", lambda _: numbers)
    states = MemoryStates()
    # when / then
    assert run(states, "--verify") == 2
    assert states.started == []
    text = " ".join(capsys.readouterr().err.split())
    assert "bytes of input, and Step Functions takes 261,120: put the files of the proofs" in text


def test_a_verification_that_did_not_end_reports_nothing(
    run: Callable[..., int], outputs: list[str], tmp_path: Path
) -> None:
    locate(outputs, export_of(busy_ledger().blocks).write_to(tmp_path / "export"))
    states = MemoryStates(ending={"status": "ABORTED"})

    # 1 would mean that it is not proven
    assert run(states, "--verify", "--json", str(tmp_path / "report.json")) == 2

    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (result(applied=5), 0),
        (result(missing=("a block",)), 1),
    ],
)
def test_the_exit_status_tells_whether_everything_is_there(
    run: Callable[..., int], buckets: Buckets, found: RunResult, status: int
) -> None:
    store(buckets, found)

    assert run(MemoryStates()) == status


def test_what_the_export_lacks_is_told(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    store(buckets, result(missing=("blocks 3 to 4 are in no object",)))

    run(MemoryStates())

    assert "warning: blocks 3 to 4 are in no object" in capsys.readouterr().err


def test_an_execution_that_had_nothing_to_do_says_so(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    store(buckets, result(is_new=False))

    assert run(MemoryStates()) == 0

    assert "This replay was complete; nothing was read" in capsys.readouterr().err


def test_an_execution_that_somebody_stopped_says_so(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(MemoryStates(ending={"status": "ABORTED"})) == 1

    assert "error: somebody has stopped the execution" in capsys.readouterr().err


def test_an_execution_that_is_not_complete_tells_what_is_missing(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    # given an execution that the last step ends
    cause = json.dumps({"errorType": "IncompleteError", "errorMessage": "1 thing is missing"})
    states = MemoryStates(ending={"status": "FAILED", "error": "IncompleteError", "cause": cause})
    store(buckets, result(unread=1))
    # when
    status = run(states)
    # then
    assert status == 1
    captured = capsys.readouterr()
    assert "a/b.ion at byte 12: is damaged" in captured.out
    assert "error: 1 thing is missing" in captured.err


def test_the_faults_of_batches_are_told_once_each(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    # given an execution that batches have ended, and that stored no counts
    throttled = ("NotWrittenError", json.dumps({"errorMessage": "DynamoDB does not take it"}))
    states = MemoryStates(
        ending={
            "status": "FAILED",
            "error": "States.ExceedToleratedFailureThreshold",
            "cause": "The specified tolerated failure threshold was exceeded",
        },
        failed=(throttled, throttled, ("States.Timeout", "")),
    )
    # when
    status = run(states)
    # then
    assert status == 1
    text = capsys.readouterr().err
    assert text.count("error: DynamoDB does not take it") == 1
    assert "error: States.Timeout: a step takes longer" in text
    assert "Exceed" not in text
    assert "give the same command again: what is done stays done" in text


def test_a_stack_without_a_state_machine_names_the_setting(
    outputs: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ops.replay_command.refuse_outdated", lambda *_: None)
    monkeypatch.setattr(connections, "functions", lambda _: None)

    assert main(["replay", "--distributed", *outputs]) == 1

    assert "pulumi config set exportBucket NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--distributed", "exports/"], "SOURCE: not with --distributed"),
        (["--distributed", "--wcu", "5"], "--wcu: not with --distributed: the settings"),
        (["--distributed", "--dry-run"], "--dry-run: not with --distributed: to try it"),
        (["--distributed", "--verify", "--accept-gaps"], "--accept-gaps: not with --verify"),
        (["exports/", "--concurrency", "3"], "--concurrency: only with --distributed"),
        (["exports/", "--accept-gaps"], "--accept-gaps: only with --distributed"),
        (["exports/", "--verify"], "--verify: only with --distributed"),
        (["--distributed", "--html", "a.html"], "--html: only with --verify"),
        (["--distributed", "--verify", "--retype"], "--retype: not with --verify"),
        (["--distributed", "--processes", "4"], "--processes: not with --distributed, unless with"),
        (["--distributed", "--processes", str(available_processes())], "--processes: not with"),
        ([], "SOURCE is missing"),
    ],
)
def test_options_of_both_kinds_are_refused(
    outputs: list[str], capsys: pytest.CaptureFixture[str], options: list[str], problem: str
) -> None:
    assert main(["replay", *options, *outputs]) == 1

    assert problem in capsys.readouterr().err


@pytest.mark.usefixtures("verified_export")
def test_processes_of_this_machine_put_a_verification_together(run: Callable[..., int]) -> None:
    assert run(MemoryStates(), "--verify", "--processes", "1") == 0


def test_more_batches_at_a_time_than_step_functions_does_are_refused(
    run: Callable[..., int], buckets: Buckets, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    store(buckets, result())
    states = MemoryStates()
    # when / then
    with pytest.raises(SystemExit):
        run(states, "--concurrency", "10001")
    assert states.started == []
    error = " ".join(capsys.readouterr().err.split())
    assert "expected at most 10000, which is what Step Functions does at a time" in error
    # when / then
    assert run(states, "--concurrency", "10000") == 0
    assert states.concurrency == [("write:2", 10_000)]


@pytest.mark.parametrize(
    ("error", "message", "setting"),
    [
        (
            "Sandbox.Timedout",
            "RequestId: 1 Error: Task timed out after 900.00 seconds",
            "lower replayBatchMebibytes",
        ),
        (
            "Lambda.Unknown",
            "RequestId: 1 Error: Task timed out after 900.00 seconds",
            "lower replayBatchMebibytes",
        ),
        ("States.Timeout", "", "lower replayBatchMebibytes"),
        (
            "Runtime.ExitError",
            "RequestId: 1 Error: Runtime exited: signal: killed",
            "raise replayMemory",
        ),
        (
            "Lambda.Unknown",
            "RequestId: 1 Error: Runtime exited: signal: killed",
            "raise replayMemory",
        ),
        ("MemoryError", "", "raise replayMemoryMegabytes"),
    ],
)
def test_a_function_that_was_ended_has_a_remedy(error: str, message: str, setting: str) -> None:
    cause = json.dumps({"errorType": error, "errorMessage": message})

    assert setting in fault_text(error, cause)


def test_what_a_restart_has_done_is_not_done_again(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    states = MemoryStates(ending={"status": "FAILED", "error": "E", "cause": "c"})

    run(states, "--restart")

    text = " ".join(capsys.readouterr().err.split())
    assert "give the same command without --restart again" in text


def test_a_cause_of_another_form_is_told_as_it_is() -> None:
    assert fault_text("States.Runtime", "not JSON") == "States.Runtime: not JSON"
    assert fault_text("States.Runtime", "") == "States.Runtime"
    assert fault_text("E", '"\\u001b[2J"') == "E: " + '"\\u001b[2J"'

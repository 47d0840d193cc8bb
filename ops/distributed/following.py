"""Starts the stack's state machine, and tells how far it is."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)

from handler.replay_contract import summary_key
from ops import connections
from ops.distributed.machine import RUNNING, SUCCEEDED, Machine, refuse_other
from ops.errors import OpsError
from ops.interruption import end_on_request
from ops.progress_display import ProgressDisplay
from ops.stack_outputs import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ops.distributed.machine import Execution, MapRun
    from ops.distributed.request import Request
    from ops.stack_outputs import StackOutputs

_MACHINE_OUTPUT = "replayStateMachineArn"
_POLL_SECONDS = 2.0
_LINE_SECONDS = 60.0
"""Time between two lines of progress where the console is no terminal, as in a log."""

_WORDS = {"scan": "reading", "write": "replaying"}
"""What the maps do, by their label (`infra.replay_definition`)."""


class Ended(NamedTuple):
    """An execution that has ended.

    Attributes
    ----------
    is_success
        Whether all its steps have succeeded.
    summary
        What its last step found, as JSON; None if it did not come so far.
    seconds
        How long it took.
    """

    is_success: bool
    summary: dict[str, Any] | None
    seconds: float


def follow(
    outputs: StackOutputs, request: Request, concurrency: int | None, console: Console
) -> Ended | None:
    """Start an execution, or follow the one that is running, to its end.

    Parameters
    ----------
    outputs
        Outputs of the stack.
    request
        What is to be done.
    concurrency
        Batches at a time, from now on until this execution ends; None for the stack's setting.
    console
        For progress, and for the faults of an execution that fails.

    Returns
    -------
    Ended or None
        None if somebody stopped following before.

    Raises
    ------
    OpsError
        If the stack has no state machine, or it does something else.
    """
    require_machine(outputs)
    arn = text(outputs.values, _MACHINE_OUTPUT)
    machine = Machine(connections.state_machines(outputs), arn)
    execution = machine.running()
    if execution is None:
        execution = machine.start(request)
        console.print(f"started {execution.arn}")
    else:
        refuse_other(execution, request)
        console.print(f"following {execution.arn}, which is running")
    again = _same_command(request)
    execution = _wait(machine, execution, concurrency, console, again)
    if execution.status == RUNNING:
        return None
    is_success = execution.status == SUCCEEDED
    if not is_success:
        for fault in machine.faults(execution):
            console.print(f"error: {fault}", style="red")
        console.print(
            f"the execution ended with {execution.status}. Correct what the error tells, and give "
            f"{again} again: what is done stays done"
        )
    summary = connections.replay_bucket(outputs).get(summary_key(execution.name))
    return Ended(is_success, summary, execution.seconds)


def require_machine(outputs: StackOutputs) -> None:
    """Raise an error if the stack has no state machine.

    Raises
    ------
    OpsError
        That names the setting.
    """
    if _MACHINE_OUTPUT not in outputs.values:
        raise OpsError(
            "the stack has no state machine: set the bucket of the export, `pulumi config set "
            "exportBucket NAME`, and `pulumi up`; or replay from this machine without --distributed"
        )


def _same_command(request: Request) -> str:
    """Return what goes on with an execution. A restart would do again what it has done."""
    return "the same command without --restart" if request.restart else "the same command"


def _wait(
    machine: Machine, execution: Execution, concurrency: int | None, console: Console, again: str
) -> Execution:
    """Wait until an execution ends, or somebody stops waiting; return how it is then."""

    def announce() -> None:
        console.print(
            f"the execution goes on in AWS: {again} follows it again; to stop it: aws "
            f"stepfunctions stop-execution --execution-arn {execution.arn}"
        )

    set_already: set[str] = set()
    with end_on_request(announce) as stop, _progress(console) as show:
        while not stop():
            runs = list(machine.map_runs(execution))
            show(runs)
            for run in runs:
                if concurrency is not None and run.is_running and run.arn not in set_already:
                    machine.set_concurrency(run, concurrency)
                    set_already.add(run.arn)
                    console.print(f"{_WORDS.get(run.label, run.label)} {concurrency} at a time")
            execution = machine.execution(execution.arn)
            if execution.status != RUNNING:
                break
            time.sleep(_POLL_SECONDS)
    return execution


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[list[MapRun]], None]]:
    """Show how far the maps are: as bars on a terminal, else by a line now and then."""
    next_line = time.monotonic() + _LINE_SECONDS
    with ProgressDisplay(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("batches"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        tasks = {label: progress.add_task(word, total=None) for label, word in _WORDS.items()}

        def show(runs: list[MapRun]) -> None:
            nonlocal next_line
            for run in runs:
                if run.label in tasks:
                    progress.update(tasks[run.label], total=run.total, completed=run.done)
            now = time.monotonic()
            if runs and not console.is_terminal and now >= next_line:
                next_line = now + _LINE_SECONDS
                last = runs[-1]
                word = _WORDS.get(last.label, last.label)
                console.print(f"{word}: {last.done:,} of {last.total:,} batches")

        yield show

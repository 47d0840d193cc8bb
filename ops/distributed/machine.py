"""The stack's state machine, as the operator sees it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from ops.distributed.request import Request
from ops.errors import OpsError, aws_errors
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
_ABORTED = "ABORTED"
_INVALID = "ValidationException"
_FAULTS = ("FAILED", "TIMED_OUT")
"""How children of a map end that have a fault of their own."""

_TOO_SLOW = (
    "a step takes longer than a function may run: lower replayBatchMebibytes, or raise "
    "replayMemoryMegabytes, with which the CPU grows"
)
_TOO_LARGE = "the memory is too small: raise replayMemoryMegabytes, or lower replayBatchMebibytes"
_REMEDIES = {
    "Sandbox.Timedout": _TOO_SLOW,
    "States.Timeout": _TOO_SLOW,
    "MemoryError": _TOO_LARGE,
    "Runtime.ExitError": _TOO_LARGE,
    "Runtime.OutOfMemory": _TOO_LARGE,
}
"""What to do about faults of a function that could not tell it itself, because it was ended."""

_WORDS = {"Task timed out": _TOO_SLOW, "signal: killed": _TOO_LARGE}
"""The same where the fault's name is ``Lambda.Unknown`` (Step Functions developer guide, "Handling
Lambda service exceptions")."""

MAX_INPUT_BYTES = 255 * 1024
"""Of an execution's input. Step Functions takes 256 KiB, and with the input the first step is told
what it is (Step Functions developer guide, "Quotas")."""

MAX_FAULTS = 5
"""Different faults of batches that are told."""


class Execution(NamedTuple):
    """One execution of the state machine.

    Attributes
    ----------
    arn
        Its ARN.
    status
        ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``.
    input
        What it was asked to do.
    error, cause
        Why it failed, as Step Functions tells; empty if it did not.
    seconds
        How long it took; 0 if it has not ended.
    """

    arn: str
    status: str
    input: str
    error: str
    cause: str
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]


class MapRun(NamedTuple):
    """How far one of the maps is.

    Attributes
    ----------
    arn
        Of the map run.
    label
        Its name in the state machine.
    total, done, failed
        Number of batches.
    is_running
        Whether it has not ended.
    """

    arn: str
    label: str
    total: int
    done: int
    failed: int
    is_running: bool


class Machine:
    """A state machine.

    Parameters
    ----------
    client
        boto3 client of Step Functions.
    arn
        Of the state machine.
    """

    def __init__(self, client: Any, arn: str) -> None:  # noqa: ANN401 (boto3 has no types)
        self._client = client
        self._arn = arn
        self._what = f"state machine {arn.rpartition(':')[2]}"

    def running(self) -> Execution | None:
        """Return the execution that is running; None for none.

        Raises
        ------
        OpsError
            If Step Functions does not answer, as every method here.
        """
        with aws_errors(self._what):
            page = self._client.list_executions(
                stateMachineArn=self._arn, statusFilter=RUNNING, maxResults=1
            )
        found = page["executions"]
        return self.execution(found[0]["executionArn"]) if found else None

    def start(self, request: Request) -> Execution:
        """Start an execution.

        Raises
        ------
        OpsError
            If the request is larger than an input may be.
        """
        text = json.dumps(request.to_json())
        if len(text) > MAX_INPUT_BYTES:
            raise OpsError(
                f"--proof and --tables make {len(text):,} bytes of input, and Step Functions takes "
                f"{MAX_INPUT_BYTES:,}: put the files of the proofs into the bucket beside the "
                "export, where the state machine finds them"
            )
        with aws_errors(self._what):
            started = self._client.start_execution(stateMachineArn=self._arn, input=text)
        return self.execution(started["executionArn"])

    def execution(self, arn: str) -> Execution:
        """Return how an execution is now."""
        with aws_errors(self._what):
            found = self._client.describe_execution(executionArn=arn)
        return Execution(
            arn=arn,
            status=found["status"],
            input=found.get("input", "{}"),
            error=found.get("error", ""),
            cause=found.get("cause", ""),
            seconds=_seconds(found.get("startDate"), found.get("stopDate")),
        )

    def map_runs(self, execution: Execution) -> Iterator[MapRun]:
        """Yield the maps that an execution has begun, in their order."""
        with aws_errors(self._what):
            runs = self._client.list_map_runs(executionArn=execution.arn)["mapRuns"]
        for run in sorted(runs, key=lambda each: each["startDate"]):
            yield self._map_run(run["mapRunArn"])

    def _map_run(self, arn: str) -> MapRun:
        with aws_errors(self._what):
            found = self._client.describe_map_run(mapRunArn=arn)
        counts = found["itemCounts"]
        return MapRun(
            arn=arn,
            # arn:...:mapRun:machine/label:name
            label=arn.rpartition("/")[2].partition(":")[0],
            total=counts["total"],
            done=counts["succeeded"],
            failed=counts["failed"] + counts["timedOut"] + counts["aborted"],
            is_running=found["status"] == RUNNING,
        )

    def set_concurrency(self, run: MapRun, concurrency: int) -> None:
        """Change how many batches are read or written at a time."""
        with aws_errors(self._what, passes=(_INVALID,)):
            try:
                self._client.update_map_run(mapRunArn=run.arn, maxConcurrency=concurrency)
            except ClientError as error:
                # The map may have ended just now.
                if error.response.get("Error", {}).get("Code") != _INVALID:
                    raise

    def faults(self, execution: Execution) -> list[str]:
        """Return why an execution failed: the different faults of its batches, or its own."""
        found: dict[str, None] = {}
        for run in self.map_runs(execution):
            if run.failed:
                found |= dict.fromkeys(self._faults(run))
        if not found and execution.status == _ABORTED:
            return ["somebody has stopped the execution"]
        return list(found)[:MAX_FAULTS] or [fault_text(execution.error, execution.cause)]

    def _faults(self, run: MapRun) -> Iterator[str]:
        for status in _FAULTS:
            with aws_errors(self._what):
                page = self._client.list_executions(
                    mapRunArn=run.arn, statusFilter=status, maxResults=MAX_FAULTS
                )
            for each in page["executions"]:
                child = self.execution(each["executionArn"])
                yield fault_text(child.error, child.cause)


def fault_text(error: str, cause: str) -> str:
    """Return a fault of an execution as a text, with its remedy where the function told none.

    Parameters
    ----------
    error
        Its name.
    cause
        A text of Step Functions; of a function that failed, JSON with its error (Step Functions
        developer guide, "Handling errors in Step Functions workflows").
    """
    text, is_told = cause, False
    with suppress(ValueError, KeyError, TypeError):
        content: Mapping[str, Any] = json.loads(cause)
        text = content["errorMessage"]
        # The function's own errors tell the problem and the remedy.
        is_told = bool(text) and error not in _REMEDIES
    remedies = [_REMEDIES.get(error), *(each for word, each in _WORDS.items() if word in str(text))]
    remedy = next(filter(None, remedies), None)
    parts = (None if is_told and remedy is None else error, text, remedy)
    return printable(": ".join(str(each) for each in parts if each))


def _seconds(start: datetime | None, stop: datetime | None) -> float:
    return 0.0 if start is None or stop is None else (stop - start).total_seconds()


def refuse_other(execution: Execution, request: Request) -> None:
    """Raise an error if an execution that is running does something else than is wanted.

    Raises
    ------
    OpsError
        That names the execution.
    """
    wanted = request.to_json()
    try:
        running = {**Request().to_json(), **json.loads(execution.input)}
    except (ValueError, TypeError):
        running = {}
    # To follow a replay that starts again, nobody has to ask for another start.
    restarts = running.pop("restart", False)
    if (wanted.pop("restart") and restarts is not True) or wanted != running:
        raise OpsError(
            f"another execution is running: {execution.arn}. Wait until it ends, give its options "
            "to follow it, or stop it: aws stepfunctions stop-execution --execution-arn "
            f"{execution.arn}"
        )

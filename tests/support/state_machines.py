"""Step Functions in memory, behind the calls of boto3's client that `ops` makes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:qldb-replay-0123456"
_EXECUTIONS = MACHINE_ARN.replace(":stateMachine:", ":execution:")
_MAP_RUNS = MACHINE_ARN.replace(":stateMachine:", ":mapRun:")
START = datetime(2026, 1, 2, tzinfo=UTC)
MAX_INPUT_BYTES = 262_144


class MemoryStates:
    """One state machine, whose executions end when they are looked at often enough.

    Parameters
    ----------
    looks
        How often an execution is seen running.
    ending
        Fields of an execution that has ended.
    failed
        Errors and causes of the batches that failed. Of ``States.Timeout``, the status is
        ``TIMED_OUT``.

    Attributes
    ----------
    started
        Inputs of the executions that were started.
    concurrency
        What was set, by the label of the map.
    """

    def __init__(
        self,
        looks: int = 2,
        ending: dict[str, str] | None = None,
        failed: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._looks = looks
        self._ending = ending or {"status": "SUCCEEDED"}
        self._failed = failed
        self._numbers = itertools.count(1)
        self._executions: dict[str, dict[str, str]] = {}
        self.started: list[str] = []
        self.concurrency: list[tuple[str, int]] = []

    def begin(self, text: str) -> str:
        """Start an execution with an input, and return its ARN."""
        arn = f"{_EXECUTIONS}:execution-{next(self._numbers)}"
        self._executions[arn] = {"input": text, "status": "RUNNING"}
        return arn

    def start_execution(self, *, stateMachineArn: str, input: str) -> dict[str, Any]:  # noqa: A002, N803 (the API's names)
        """Start an execution (Step Functions API reference, "StartExecution")."""
        assert len(input.encode()) <= MAX_INPUT_BYTES
        assert stateMachineArn == MACHINE_ARN
        self.started.append(input)
        return {"executionArn": self.begin(input)}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 (the API's name)
        """Return an execution, or a child of a map that failed."""
        if "/write:" in executionArn:
            error, cause = self._failed[int(executionArn.rpartition("-")[2])]
            status = _child_status(error)
            return {"status": status, "input": "{}", "error": error, "cause": cause}
        found = self._executions[executionArn]
        self._looks -= 1
        if self._looks < 0:
            found |= self._ending
        return dict(found)

    def list_executions(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (the API's)
        """List executions that are running, or children that failed."""
        if "mapRunArn" in arguments:
            numbers = [
                number
                for number, (error, _) in enumerate(self._failed)
                if _child_status(error) == arguments["statusFilter"]
            ]
            arns = [f"{_EXECUTIONS}/write:child-{number}" for number in numbers]
            arns = arns[: arguments["maxResults"]]
        else:
            assert arguments["statusFilter"] == "RUNNING"
            arns = [arn for arn, each in self._executions.items() if each["status"] == "RUNNING"]
        return {"executions": [{"executionArn": arn} for arn in arns]}

    def list_map_runs(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 (the API's name)
        """List the maps of an execution, the newest first."""
        assert executionArn in self._executions
        return {
            "mapRuns": [
                {"mapRunArn": f"{_MAP_RUNS}/write:2", "startDate": START + timedelta(minutes=1)},
                {"mapRunArn": f"{_MAP_RUNS}/scan:1", "startDate": START},
            ]
        }

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:  # noqa: N803 (the API's name)
        """Return how far a map is."""
        is_writing = "/write:" in mapRunArn
        failed = len(self._failed) if is_writing else 0
        return {
            "status": "RUNNING" if is_writing else "SUCCEEDED",
            "itemCounts": {
                "total": 10,
                "succeeded": 4,
                "failed": failed,
                "timedOut": 0,
                "aborted": 0,
            },
        }

    def update_map_run(self, *, mapRunArn: str, maxConcurrency: int) -> dict[str, Any]:  # noqa: N803 (the API's names)
        """Change how many batches are done at a time."""
        self.concurrency.append((mapRunArn.rpartition("/")[2], maxConcurrency))
        return {}


def _child_status(error: str) -> str:
    return "TIMED_OUT" if error == "States.Timeout" else "FAILED"

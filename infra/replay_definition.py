"""The state machine of a replay, in Amazon States Language.

Plan -> scan the batches -> gather what they redact -> write the batches -> check. A verification
has nothing to write: plan -> scan -> check.
"""

from __future__ import annotations

from typing import Any, Final

from handler.replay_contract import EventField, RunField, Step

_SCAN_LABEL: Final = "scan"
_WRITE_LABEL: Final = "write"

MAP_LABELS: Final = (_SCAN_LABEL, _WRITE_LABEL)
"""Names of the distributed maps, in their order; part of the ARNs of their runs."""

_OF_LAMBDA: Final = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""Faults of Lambda that pass (Step Functions developer guide, "Handling Lambda service
exceptions")."""

_TASK_SECONDS: Final = 960
"""Longer than a function may run. Without it, a lost answer would hold an execution for a year."""


def definition(function_arn: str, bucket: str, *, concurrency: int) -> dict[str, Any]:
    """Return the state machine.

    Parameters
    ----------
    function_arn
        The function that does each step.
    bucket
        Where the plan is.
    concurrency
        Batches that are read or written at a time.
    """
    run = f"$.{EventField.RUN}"
    whole = _Tasks(function_arn)
    return {
        "Comment": "Loads a journal export into the tables: see docs/exports.md",
        "StartAt": "Plan",
        "States": {
            "Plan": whole.task(
                Step.PLAN,
                {f"{EventField.REQUEST}.$": "$"},
                result=EventField.RUN,
                after="AnythingToScan",
            ),
            # A distributed map over nothing is an error of its reader.
            "AnythingToScan": _choice(
                f"{run}.{RunField.SCAN_COUNT}", nothing="AnythingToWrite", something="Scan"
            ),
            "AnythingToWrite": _choice(
                f"{run}.{RunField.WRITE_COUNT}", nothing="Check", something="Gather"
            ),
            "Scan": whole.map(
                Step.SCAN,
                _SCAN_LABEL,
                bucket,
                RunField.SCAN_KEY,
                concurrency,
                after="AnythingToWrite",
            ),
            "Gather": whole.task(
                Step.GATHER, {f"{EventField.RUN}.$": run}, result=EventField.RUN, after="Write"
            ),
            "Write": whole.map(
                Step.WRITE, _WRITE_LABEL, bucket, RunField.WRITE_KEY, concurrency, after="Check"
            ),
            "Check": whole.task(
                Step.CHECK,
                {f"{EventField.RUN}.$": run, f"{EventField.EXECUTION}.$": "$$.Execution.Name"},
                result="result",
                after=None,
            ),
        },
    }


class _Tasks:
    """States that invoke the function."""

    def __init__(self, function_arn: str) -> None:
        self._arn = function_arn

    def task(
        self, step: Step, fields: dict[str, Any], *, result: str, after: str | None
    ) -> dict[str, Any]:
        """Return a state whose output is an object with one field, the function's answer."""
        return {
            **self._invocation({EventField.STEP.value: step.value, **fields}),
            "ResultSelector": {f"{result}.$": "$.Payload"},
            "Retry": [_retry(_OF_LAMBDA)],
            **({"End": True} if after is None else {"Next": after}),
        }

    def map(
        self, step: Step, label: str, bucket: str, key: RunField, concurrency: int, *, after: str
    ) -> dict[str, Any]:
        """Return a distributed map whose children invoke the function; its output is its input."""
        one = f"{step.capitalize()}Batch"
        batch = {
            **self._invocation(None),
            # The results of all children together may have 256 KiB.
            "ResultSelector": {},
            # Whatever it was: a batch that is done twice costs its writes again, nothing else.
            "Retry": [_retry(_OF_LAMBDA), _retry(["States.ALL"], attempts=4, seconds=10)],
            "End": True,
        }
        return {
            "Type": "Map",
            "Label": label,
            "ItemReader": {
                "Resource": self._integration("s3:getObject"),
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {"Bucket": bucket, "Key.$": f"$.{EventField.RUN}.{key}"},
            },
            "ItemSelector": {
                EventField.STEP.value: step.value,
                f"{EventField.RUN}.$": f"$.{EventField.RUN}",
                f"{EventField.BATCH}.$": "$$.Map.Item.Value",
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": one,
                "States": {one: batch},
            },
            "MaxConcurrency": concurrency,
            "ToleratedFailureCount": 0,
            "ResultPath": None,
            "Next": after,
        }

    def _integration(self, action: str) -> str:
        """Return the ARN of an action of a service, which has to be of the machine's partition."""
        partition = self._arn.split(":")[1]
        return f"arn:{partition}:states:::{action}"

    def _invocation(self, payload: dict[str, Any] | None) -> dict[str, Any]:
        """Return what a state has that invokes the function; None passes its input on."""
        given = {"Payload.$": "$"} if payload is None else {"Payload": payload}
        return {
            "Type": "Task",
            "Resource": self._integration("lambda:invoke"),
            "Parameters": {"FunctionName": self._arn, **given},
            "TimeoutSeconds": _TASK_SECONDS,
        }


def _choice(count: str, *, nothing: str, something: str) -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [{"Variable": count, "NumericEquals": 0, "Next": nothing}],
        "Default": something,
    }


def _retry(errors: list[str], *, attempts: int = 6, seconds: int = 2) -> dict[str, Any]:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        "MaxDelaySeconds": 300,
        "JitterStrategy": "FULL",
    }

"""The names that the replay's function, the Pulumi program and the command must agree on.

Standard library only, as `handler.contract`.
"""

from __future__ import annotations

import enum

ENTRY_POINT = "ops.distributed.function.lambda_handler"
"""The function's handler setting in Lambda."""


class ReplayVariable(enum.StrEnum):
    """Environment variables of the function, beside those of `handler.contract.Variable`."""

    EXPORT_LOCATION = "EXPORT_LOCATION"
    """``s3://bucket/prefix`` with the export."""

    EXPORT_BUCKET_OWNER = "EXPORT_BUCKET_OWNER"
    """Id of the AWS account that has to own that bucket."""

    REPLAY_BUCKET = "REPLAY_BUCKET"
    """Bucket for plans and for what is done."""

    BATCH_BYTES = "REPLAY_BATCH_BYTES"
    """Bytes of the objects of one batch, as stored."""


class Step(enum.StrEnum):
    """What one invocation of the function does."""

    PLAN = "plan"
    """Lists the export and writes its batches to the bucket."""

    SCAN = "scan"
    """Reads one batch for what it redacts, and for the ids of its ledger tables."""

    GATHER = "gather"
    """Puts together what the scans have found."""

    WRITE = "write"
    """Writes one batch to the tables."""

    CHECK = "check"
    """Adds the counts of all batches up."""


class EventField(enum.StrEnum):
    """Fields of an invocation's event."""

    STEP = "step"
    REQUEST = "request"
    """Input of the execution: `ops.distributed.request`. Of `Step.PLAN`."""

    RUN = "run"
    """What `Step.PLAN` returned. Of all other steps."""

    EXECUTION = "execution"
    """Name of the execution. Of `Step.CHECK`."""

    BATCH = "batch"
    """An entry of the items that `Step.PLAN` wrote. Of `Step.SCAN` and `Step.WRITE`."""


class RunField(enum.StrEnum):
    """Fields of what `Step.PLAN` returns that the state machine reads itself."""

    SCAN_KEY = "scanKey"
    """Key of the JSON array with the batches that are still to be scanned."""

    SCAN_COUNT = "scanCount"
    WRITE_KEY = "writeKey"
    """Key of the JSON array with the batches that are still to be written."""

    WRITE_COUNT = "writeCount"


RUNS_PREFIX = "replays/"
"""Keys of everything in the bucket."""

SUMMARIES_PREFIX = f"{RUNS_PREFIX}summaries/"
"""Keys of what `Step.CHECK` found, by the name of the execution."""


def summary_key(execution: str) -> str:
    """Return the key of what `Step.CHECK` found in an execution.

    Parameters
    ----------
    execution
        Its name.
    """
    return f"{SUMMARIES_PREFIX}{execution}.json"


MAX_CONCURRENCY = 10_000
"""Batches that are read or written at a time: parallel child executions of a map run (Step
Functions developer guide, "Quotas")."""

MAX_BATCHES = 80_000
"""The results of all batches have to fit into 256 KiB, and an empty one takes three bytes (Step
Functions developer guide, "Quotas")."""

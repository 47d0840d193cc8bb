"""Makes the workers of a replay, each in its process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops import connections
from ops.replay.batch_replay import BatchReplay
from ops.replay.crew import Worker
from ops.replay.dry_run import CountingWriter, TakesEverything
from ops.replay.failure_store import LateFailureStore

if TYPE_CHECKING:
    from ops.replay.job import Job
    from ops.stack_outputs import StackOutputs


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a process needs to make a worker.

    Attributes
    ----------
    job
        What is replayed.
    outputs
        Outputs of the stack.
    write_units
        Ceiling of the write units that this worker uses in a second; None for none.
    """

    job: Job
    outputs: StackOutputs
    write_units: float | None = None


def make_worker(opening: Opening) -> Worker:
    """Make a worker.

    Raises
    ------
    OpsError
        If the source cannot be opened, or there are no credentials.
    """
    job = opening.job
    if job.is_dry_run:
        counting = CountingWriter()
        return Worker(BatchReplay(job, counting, TakesEverything(), units=lambda: counting.units))
    writer = connections.replay_writer(
        opening.outputs, write_units=opening.write_units, correction=job.correction
    )
    failures = LateFailureStore(opening.outputs)
    return Worker(BatchReplay(job, writer, failures, write_units=opening.write_units))

"""Adds the counts of all batches up, and compares them with the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handler.replay_contract import summary_key
from ops.distributed.batch_result import BatchResult, RunResult
from ops.distributed.redactions import Redactions
from ops.errors import OpsError
from ops.replay.engine import Ending
from ops.replay.messages import Pass
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.distributed.run import Run
    from ops.distributed.workplace import Workplace
    from ops.exports.catalogue import Unreadable


class IncompleteError(OpsError):
    """Something of the export is not in the tables."""


def check(run: Run, execution: str, workplace: Workplace) -> dict[str, Any]:
    """Store the counts of the whole replay, and return them as JSON.

    Of a verification, only the place of the results is stored: whoever asked puts them together.

    Parameters
    ----------
    run
        The execution.
    execution
        Its name.
    workplace
        Where the counts are.

    Raises
    ------
    IncompleteError
        If a batch is not written, something in it cannot be read, or the number of blocks is not
        that of the plan.
    """
    if run.request.verify:
        return _verified(run, execution, workplace)
    result = _total(run, workplace)
    workplace.bucket.put(summary_key(execution), result.to_json())
    if not result.is_complete:
        raise IncompleteError(
            f"{result.unwritten:,} of {run.batches:,} batches are not written, and "
            f"{result.ending.unread:,} things of the export cannot be read. Start the execution "
            "again, which does what is left; `python -m ops replay --distributed` names it"
        )
    if result.tally.blocks != run.blocks:
        raise IncompleteError(
            f"{result.tally.blocks:,} blocks were read, and the names of the export's objects tell "
            f"of {run.blocks:,}: verify the export with `python -m ops verify`"
        )
    return result.to_json()


def _verified(run: Run, execution: str, workplace: Workplace) -> dict[str, Any]:
    count = len(run.folder.verified.latest(workplace.bucket))
    if count != run.batches:
        raise IncompleteError(
            f"{count:,} of {run.batches:,} batches are verified: start the execution again, which "
            "verifies the others"
        )
    result = {"folder": run.folder.prefix}
    workplace.bucket.put(summary_key(execution), result)
    return result


def _total(run: Run, workplace: Workplace) -> RunResult:
    tally, ending = Tally(), Ending()
    bucket = workplace.bucket
    keys = run.folder.writes.latest(bucket)
    for content in bucket.get_all(keys):
        result = BatchResult.from_json(content)
        tally.add(result.tally)
        ending.add(result.problems)
    for problems in _superseded_problems(run, workplace):
        ending.add(problems)
    return RunResult(
        tally=tally,
        ending=ending,
        unwritten=run.batches - len(keys),
        missing=run.missing,
        is_new=bool(run.scan_count or run.write_count),
    )


def _superseded_problems(run: Run, workplace: Workplace) -> Iterator[tuple[Unreadable, ...]]:
    """Yield what cannot be read of the batches that are scanned and not written."""
    bucket, scans = workplace.bucket, run.folder.scans
    start = scans.damaged + Pass.REDACTIONS.name.lower()
    keys = [key for key in scans.only_damaged(bucket, scans.done(bucket)) if key.startswith(start)]
    for content in bucket.get_all(keys):
        yield Redactions.from_json(content).problems

"""Verifies one batch of an export, apart from all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.exports.selection import Selection
from journal.retyping import QUICK_TRIES
from ops.errors import OpsError
from ops.exports.verified_batch import verify_batch
from ops.exports.verified_batch_json import to_json

if TYPE_CHECKING:
    from ops.distributed.batch_item import Item
    from ops.distributed.run import Run
    from ops.distributed.workplace import Workplace


def verify(run: Run, item: Item, workplace: Workplace) -> None:
    """Store what is found in a batch; `ops.distributed.verification` puts all of them together.

    Raises
    ------
    OpsError
        If the source cannot be read at all, the stack reads another one by now, or it is not known
        which blocks have proofs.
    """
    job = run.job(workplace)
    request = run.request
    found = verify_batch(
        workplace.source,
        # A replay begins with the newest block, a verification with the oldest.
        list(reversed(item.batch.parts)),
        strand_id=job.strand_id,
        selection=Selection(request.tables, request.selection.start, request.selection.end),
        wanted=_wanted(run, workplace),
        learned={},
        max_tries=QUICK_TRIES,
    )
    is_damaged = not all(result.is_readable for result in found.results)
    key = run.folder.verified.key(item, is_damaged=is_damaged)
    workplace.bucket.put(key, to_json(found))


def _wanted(run: Run, workplace: Workplace) -> frozenset[int]:
    found = None if run.wanted_key is None else workplace.bucket.get(run.wanted_key)
    if found is None:
        raise OpsError("which blocks have proofs is not known: start the execution again")
    return frozenset(found)

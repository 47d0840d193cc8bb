"""Puts together what the scans of all batches have found."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ops.distributed.redacted_revisions import merged, packed
from ops.distributed.redactions import Redactions
from ops.distributed.request import incomplete
from ops.errors import OpsError
from ops.replay.safety import refuse_merged_tables
from ops.replay.summary import unreadable_text

if TYPE_CHECKING:
    from ops.distributed.run import Run
    from ops.distributed.workplace import Workplace
    from ops.exports.catalogue import Unreadable


def gather(run: Run, workplace: Workplace) -> Run:
    """Store everything that the export redacts, and return the run with its key.

    Raises
    ------
    OpsError
        If a scan is missing, something cannot be read and that was not accepted, or two ledger
        tables would become one unasked.
    """
    bucket, folder = workplace.bucket, run.folder
    keys = folder.scans.latest(bucket)
    expected = run.batches + run.superseded
    if len(keys) != expected:
        raise OpsError(
            f"{len(keys):,} of {expected:,} batches are scanned: start the execution again, which "
            "scans the others"
        )
    redacted: list[bytes] = []
    problems: list[Unreadable] = []
    table_ids: defaultdict[str, set[str]] = defaultdict(set)
    for found in map(Redactions.from_json, bucket.get_all(keys)):
        redacted.append(packed(found.revisions))
        problems += found.problems
        for entry, ids in found.table_ids.items():
            table_ids[entry] |= ids
    if problems and not run.request.accept_gaps:
        raise OpsError(incomplete([unreadable_text(each) for each in problems]))
    refuse_merged_tables(
        workplace.settings, {entry: sorted(ids) for entry, ids in table_ids.items()}
    )
    content = merged(redacted)
    # Containers keep what they have read, and another execution may have found more.
    key = f"{folder.redactions}{hashlib.sha256(content).hexdigest()}"
    bucket.put_bytes(key, content)
    return replace(run, redacted_key=key)

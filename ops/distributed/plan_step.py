"""Plans a distributed replay: what is to be read, in which batches, and what of it is done."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from handler.replay_contract import MAX_BATCHES
from ops.distributed.batch_item import Item
from ops.distributed.identity import identity_digest, identity_of
from ops.distributed.request import incomplete
from ops.distributed.run import Run
from ops.distributed.run_folder import generation_key, run_folder
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.digests import wanted_blocks
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.replay.messages import Pass
from ops.replay.plan import plan_of
from ops.replay.safety import refuse_expired_tombstones
from ops.replay.selected import missing_parts, refuse_unknown_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.distributed.replay_bucket import ReplayBucket
    from ops.distributed.request import Request
    from ops.distributed.run_folder import Results, RunFolder
    from ops.distributed.workplace import Workplace
    from ops.replay.plan import Plan

_MAX_MISSING = 20
"""Missing things that are told. Each batch gets them with its input."""

MAX_PARTS = 180
"""Objects of a batch. Each may take 1,200 bytes, of which its key 1,024 and its ETag 50; and the
input of an execution 256 KiB, the rest of the run included (Step Functions developer guide,
"Quotas")."""


def plan(request: Request, workplace: Workplace) -> Run:
    """Write the batches that are to be scanned and written, and return what the others need.

    Raises
    ------
    OpsError
        If the export cannot be replayed so; the message tells why, and what to do.
    """
    source, settings = workplace.source, workplace.settings
    try:
        found = catalogue(source, block_range)
    except OpsError as error:
        raise OpsError(
            f"{error} (the location is that of the settings exportBucket and exportPrefix)"
        ) from None
    sequence = chosen_sequence(found, request.strand)
    missing = missing_parts(found, sequence)
    job = request.job(source.location, sequence.strand_id, settings)
    if not request.verify:
        refuse_unknown_tables(request.tables, settings)
        if missing and not request.accept_gaps:
            raise OpsError(incomplete(missing))
        refuse_expired_tombstones(job, source, sequence, has_index=False)
    planned = plan_of(sequence, workplace.batch_bytes, MAX_PARTS)
    count = len(planned.superseded) + len(planned.batches)
    if count > MAX_BATCHES:
        raise OpsError(
            f"the export makes {count:,} batches, and Step Functions takes {MAX_BATCHES:,}: raise "
            "the setting replayBatchMebibytes, or replay on one machine if its objects are small"
        )
    wanted = sorted(wanted_blocks(found.proofs) | request.wanted) if request.verify else None
    identity = identity_of(request, job) | {
        "objects": _objects(planned, found.modified),
        "wanted": wanted,
    }
    folder = _folder(request, workplace, planned.digest(identity))
    run = _write(
        planned,
        replace(request, wanted=frozenset()),
        workplace.bucket,
        folder,
        identity=identity_digest(request, job),
        missing=missing,
    )
    if wanted is None:
        return run
    return replace(run, wanted_key=_put_list("wanted", wanted, folder, workplace.bucket))


def _write(
    planned: Plan,
    request: Request,
    bucket: ReplayBucket,
    folder: RunFolder,
    *,
    identity: str,
    missing: Sequence[str],
) -> Run:
    newest = [Item(Pass.NEWEST, batch) for batch in planned.batches]
    superseded = [Item(Pass.REDACTIONS, batch) for batch in planned.superseded]
    if request.verify:
        to_scan, to_write = _left(newest, folder.verified, bucket), []
    else:
        to_write = _left(newest, folder.writes, bucket)
        # What is redacted is needed as long as anything is written.
        to_scan = _left([*superseded, *newest], folder.scans, bucket) if to_write else []
    return Run(
        folder=folder,
        strand_id=planned.strand_id,
        request=request,
        identity=identity,
        batches=len(planned.batches),
        superseded=len(planned.superseded),
        blocks=sum(
            part.read_to - part.read_from + 1 for batch in planned.batches for part in batch.parts
        ),
        missing=tuple(missing[:_MAX_MISSING]),
        scan_key=_put_list("to-scan", _json(to_scan), folder, bucket),
        scan_count=len(to_scan),
        write_key=_put_list("to-write", _json(to_write), folder, bucket),
        write_count=len(to_write),
    )


def _json(items: list[Item]) -> list[dict[str, Any]]:
    return [item.to_json() for item in items]


def _put_list(name: str, content: Sequence[object], folder: RunFolder, bucket: ReplayBucket) -> str:
    """Write what would be too large for the input of an execution, and return the key."""
    key = folder.list_key(name, hashlib.sha256(orjson.dumps(content)).hexdigest())
    bucket.put(key, content)
    return key


def _left(items: Sequence[Item], results: Results, bucket: ReplayBucket) -> list[Item]:
    """Return what is not done yet. What could not be read whole is tried again."""
    done = results.done(bucket)
    return [item for item in items if results.key(item, is_damaged=False) not in done]


def _folder(request: Request, workplace: Workplace, digest: str) -> RunFolder:
    """Return the folder of the replay; another one than before if it starts again."""
    key = generation_key(digest)
    generation: int = workplace.bucket.get(key) or 0
    if request.restart:
        generation += 1
        workplace.bucket.put(key, generation)
    return run_folder(digest, generation)


def _objects(planned: Plan, modified: Mapping[str, float]) -> list[list[object]]:
    """Return what changes when an object is replaced by another copy of the same name.

    The copy may be whole where the former one was damaged, or redacted where it was not. What the
    former one left in the tables and in the results does not stand for it. S3 tells the time in
    whole seconds, and a copy of the same size may follow within one.
    """
    return [
        [part.size, modified[part.key], part.etag]
        for batch in (*planned.superseded, *planned.batches)
        for part in batch.parts
    ]

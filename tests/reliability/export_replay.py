"""Replays exports of a schedule's ledger beside everything else, with faults and kills."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from handler.contract import TableField, Variable
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from journal.exports.block_facts import Table
from journal.revisions import Redaction
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.source import open_source
from ops.replay.batch_replay import BatchReplay
from ops.replay.crew import CrewOfOne, Worker
from ops.replay.engine import Engine
from ops.replay.job import Job
from ops.replay.messages import Pass
from ops.replay.plan import plan_of
from ops.replay.records import redaction_record, revision_record
from ops.replay.revisions import Found, read_part
from ops.replay.state import ReplayState
from tests.reliability.assembly import writer
from tests.reliability.distributed_replay import DistributedReplay
from tests.reliability.fault_injection import (
    FAILURE_BUCKET,
    OLDER_COPY,
    REDACTED_COPY,
    SUPERSEDED_READ,
)
from tests.reliability.gates import ServiceFaults
from tests.reliability.history import Redacted
from tests.reliability.ledger_tables import REPLICATED
from tests.reliability.overlapping_exports import exports_of, revisions_of
from tests.support.memory_s3 import MemoryS3
from tests.support.replay_run import NoProgress

if TYPE_CHECKING:
    from random import Random
    from typing import Self

    from qldb_simulator.blocks import Revision

    from tests.reliability.backends import Backend
    from tests.reliability.gates import Gate
    from tests.reliability.history import History
    from tests.reliability.history_facts import Key
    from tests.reliability.overlapping_exports import Export
    from tests.reliability.plan import Plan
    from tests.support.memory_s3 import Buckets

_DISTRIBUTED = 0.4
"""Share of the schedules in which the state machine replays."""


class ExportedLedger:
    """Exports of the ledger in a folder of their own, which ends with the context.

    Parameters
    ----------
    plan
        Says how many exports there are.
    history
        The ledger. It learns what the exports deliver, as the failure bucket would have it.
    random
        Random source of the schedule.

    Attributes
    ----------
    situations
        Number of times that something happened, by its name in `fault_injection`.
    """

    def __init__(self, plan: Plan, history: History, random: Random) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        exports = exports_of(plan, history.snapshots, random)
        for export in exports:
            export.write_to(self.folder)
        self.situations: Counter[str] = Counter()
        _deliver(history, self.folder, exports, self.situations)
        is_distributed = random.random() < _DISTRIBUTED
        self._machine = DistributedReplay(self.folder, random) if is_distributed else None

    def replay(
        self, settings: dict[str, str], backend: Backend, buckets: Buckets, gate: Gate
    ) -> None:
        """Replay the exports, with the code of the operator's command or by the state machine.

        Raises
        ------
        OpsError
            If something cannot be written for now.
        """
        merging = HandlerSettings.from_environment(_merging(settings))
        # The state machine refuses tables whose tombstones expire.
        expires = any(table.tombstone_lifetime_days for table in merging.replica_tables.values())
        if self._machine is None or expires:
            superseded = _replay(self.folder, merging, backend, buckets, gate)
        else:
            superseded = self._machine.execute(merging, backend, buckets, gate)
        self.situations[SUPERSEDED_READ] += superseded > 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)


def _deliver(
    history: History, folder: Path, exports: list[Export], situations: Counter[str]
) -> None:
    """Add what the exports have to the history, by the records of the failure bucket.

    Data that any copy or a later block redacts is not delivered: it must not come back, not even
    from the failure bucket.
    """
    source = open_source(str(folder))
    sequence = chosen_sequence(catalogue(source), None)
    found = Found()
    for part in sequence.parts:
        read_part(source, part, sequence.strand_id, found)
    told = {(each.redaction.document_id, each.redaction.version) for each in found.redactions}
    for redacted in found.redactions:
        _redact(history, redacted.redaction, sequence.strand_id)
    superseded = list(revisions_of(exports, sequence.superseded))
    redacted_copies = {_key(each) for each in superseded if each.is_redacted}
    older_copies = {_key(each) for each in superseded if each.data is not None}
    taken = {_key(each): each for each in revisions_of(exports, sequence.parts)}
    for each in found.revisions:
        if each.revision.table_name not in REPLICATED:
            continue
        revision = taken[each.revision.document_id, each.revision.version]
        key = _key(revision)
        situations[OLDER_COPY] += revision.is_redacted and key in older_copies
        if revision.data is None or not (key in told or key in redacted_copies):
            table = Table(revision.table_id, revision.table_name)
            history.revisions[revision_record(each.span, table, sequence.strand_id)] = revision
        elif history.tables[revision.table_name].history:
            situations[REDACTED_COPY] += key not in told
            history.stripped.add(key)
            _redact(history, Redaction(revision.table_id, *key), sequence.strand_id)


def _key(revision: Revision) -> Key:
    return revision.document_id, revision.version


def _redact(history: History, redaction: Redaction, strand_id: str) -> None:
    history.redactions[redaction_record(redaction, strand_id)] = Redacted(
        table_id=redaction.table_id or "",
        document_id=redaction.document_id,
        version=redaction.version,
    )


def _replay(
    folder: Path,
    handler_settings: HandlerSettings,
    backend: Backend,
    buckets: Buckets,
    gate: Gate,
) -> int:
    """Replay as the operator's command does; return the number of superseded batches it read."""
    source = open_source(str(folder))
    sequence = chosen_sequence(catalogue(source), None)
    job = Job(location=str(folder), strand_id=sequence.strand_id, settings=handler_settings)
    bucket = MemoryS3(buckets, ServiceFaults(gate, gate.injector.bucket_request, FAILURE_BUCKET))
    worker = Worker(
        BatchReplay(
            job,
            writer(backend, gate),
            FailureStore(bucket, handler_settings.failure_bucket, clock=gate.time),
            clock=gate.time,
        )
    )
    plan = plan_of(sequence, batch_parts=1)
    state = ReplayState(folder / "state.sqlite")
    try:
        read_before = len(state.done(Pass.REDACTIONS))
        ending = Engine(
            job, plan, state, CrewOfOne(worker), stop=lambda: False, progress=NoProgress()
        ).run()
        read = len(state.done(Pass.REDACTIONS)) - read_before
    finally:
        state.close()
    if ending.unread:
        raise OpsError("the export cannot be read")
    return read


def _merging(settings: dict[str, str]) -> dict[str, str]:
    """Let the generations of a ledger table share a replica, as the stream does."""
    tables = json.loads(settings[Variable.REPLICA_TABLES])
    for table in tables.values():
        table[TableField.MERGE_GENERATIONS] = True
    return settings | {Variable.REPLICA_TABLES: json.dumps(tables)}

"""Replays an export of a schedule's ledger beside everything else, with faults and kills."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from handler.contract import TableField, Variable
from handler.failures import FailureStore
from handler.settings import HandlerSettings
from journal.exports.block_facts import Table
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.source import open_source
from ops.replay.batch_replay import BatchReplay
from ops.replay.crew import CrewOfOne, Worker
from ops.replay.engine import Engine
from ops.replay.job import Job
from ops.replay.plan import Batch, Plan
from ops.replay.records import redaction_record, revision_record
from ops.replay.revisions import Found, read_part
from ops.replay.state import ReplayState
from tests.reliability.assembly import writer
from tests.reliability.distributed_replay import DistributedReplay
from tests.reliability.fault_injection import FAILURE_BUCKET
from tests.reliability.gates import ServiceFaults
from tests.reliability.history import Redacted
from tests.reliability.ledger_tables import REPLICATED
from tests.support.exports import ExportFormat, export_of
from tests.support.memory_s3 import MemoryS3
from tests.support.replay_run import NoProgress

if TYPE_CHECKING:
    from random import Random
    from typing import Self

    from tests.reliability.backends import Backend
    from tests.reliability.gates import Gate
    from tests.reliability.history import History
    from tests.support.memory_s3 import Buckets

_FORMATS = (ExportFormat.ION_BINARY, ExportFormat.ION_BINARY, ExportFormat.ION_TEXT)
"""JSON has lost types, so its items are others."""

_DISTRIBUTED = 0.4
"""Share of the schedules in which the state machine replays."""


class ExportedLedger:
    """An export of the whole ledger in a folder of its own, which ends with the context.

    Parameters
    ----------
    history
        The ledger. It learns what the export delivers, as the failure bucket would have it.
    random
        Random source of the schedule.
    """

    def __init__(self, history: History, random: Random) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        export_of(
            history.ledger.blocks,
            random.choice(_FORMATS),
            blocks_per_object=random.randint(1, 6),
        ).write_to(self.folder)
        _deliver(history, self.folder)
        is_distributed = random.random() < _DISTRIBUTED
        self._machine = DistributedReplay(self.folder, random) if is_distributed else None

    def replay(
        self, settings: dict[str, str], backend: Backend, buckets: Buckets, gate: Gate
    ) -> None:
        """Replay the export, with the code of the operator's command or by the state machine.

        Raises
        ------
        OpsError
            If something cannot be written for now.
        """
        merging = HandlerSettings.from_environment(_merging(settings))
        # The state machine refuses tables whose tombstones expire.
        expires = any(table.tombstone_lifetime_days for table in merging.replica_tables.values())
        if self._machine is None or expires:
            _replay(self.folder, merging, backend, buckets, gate)
        else:
            self._machine.execute(merging, backend, buckets, gate)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)


def _deliver(history: History, folder: Path) -> None:
    """Add what an export has to the history, by the records of the failure bucket."""
    source = open_source(str(folder))
    sequence = chosen_sequence(catalogue(source), None)
    revisions = {
        (revision.document_id, revision.version): revision
        for block in history.ledger.blocks
        for revision in block.documents
    }
    found = Found()
    for part in sequence.parts:
        read_part(source, part, sequence.strand_id, found)
    for each in found.revisions:
        revision = each.revision
        if revision.table_name in REPLICATED:
            table = Table(revision.table_id, revision.table_name)
            payload = revision_record(each.span, table, sequence.strand_id)
            history.revisions[payload] = revisions[revision.document_id, revision.version]
    for redacted in found.redactions:
        payload = redaction_record(redacted.redaction, sequence.strand_id)
        history.redactions[payload] = Redacted(
            table_id=redacted.redaction.table_id or "",
            document_id=redacted.redaction.document_id,
            version=redacted.redaction.version,
        )


def _replay(
    folder: Path,
    handler_settings: HandlerSettings,
    backend: Backend,
    buckets: Buckets,
    gate: Gate,
) -> None:
    source = open_source(str(folder))
    sequence = chosen_sequence(catalogue(source), None)
    job = Job(location=str(folder), strand_id=sequence.strand_id, settings=handler_settings)
    batches = tuple(Batch(number, (part,)) for number, part in enumerate(reversed(sequence.parts)))
    bucket = MemoryS3(buckets, ServiceFaults(gate, gate.injector.bucket_request, FAILURE_BUCKET))
    worker = Worker(
        BatchReplay(
            job,
            writer(backend, gate),
            FailureStore(bucket, handler_settings.failure_bucket, clock=gate.time),
            clock=gate.time,
        )
    )
    state = ReplayState(folder / "state.sqlite")
    try:
        ending = Engine(
            job,
            Plan(strand_id=sequence.strand_id, superseded=(), batches=batches),
            state,
            CrewOfOne(worker),
            stop=lambda: False,
            progress=NoProgress(),
        ).run()
    finally:
        state.close()
    if ending.unread:
        raise OpsError("the export cannot be read")


def _merging(settings: dict[str, str]) -> dict[str, str]:
    """Let the generations of a ledger table share a replica, as the stream does."""
    tables = json.loads(settings[Variable.REPLICA_TABLES])
    for table in tables.values():
        table[TableField.MERGE_GENERATIONS] = True
    return settings | {Variable.REPLICA_TABLES: json.dumps(tables)}

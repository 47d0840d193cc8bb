"""Replays exports of a schedule's ledger by the steps of the state machine, with faults.

The batches come in any order. Whoever starts it again does what is left, as another execution does.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from handler.failures import FailureStore
from ops.distributed.batch_item import Item
from ops.distributed.check_step import check
from ops.distributed.gather_step import gather
from ops.distributed.plan_step import plan
from ops.distributed.redacted_revisions import RedactedRevisions
from ops.distributed.replay_bucket import ReplayBucket
from ops.distributed.request import Request
from ops.distributed.run import Run
from ops.distributed.scan_step import scan
from ops.distributed.workplace import Workplace
from ops.distributed.write_step import write
from ops.exports.source import open_source
from ops.replay.messages import Pass
from tests.reliability.assembly import writer
from tests.reliability.fault_injection import FAILURE_BUCKET
from tests.reliability.gates import ServiceFaults
from tests.support.memory_s3 import Buckets, MemoryS3

if TYPE_CHECKING:
    from pathlib import Path

    from handler.settings import HandlerSettings
    from tests.reliability.backends import Backend
    from tests.reliability.gates import Gate

_REPLAYS = "replays"


class DistributedReplay:
    """The state machine of one schedule.

    Parameters
    ----------
    folder
        The exports.
    random
        Random source of the schedule.
    """

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder = folder
        self._bucket = ReplayBucket(MemoryS3(Buckets(_REPLAYS)), _REPLAYS)
        # Of its own, because a task may be ended between any two of its steps.
        self._order = Random(random.getrandbits(32))
        self._batch_bytes = random.choice((1, 1, 4000))

    def execute(
        self, settings: HandlerSettings, backend: Backend, buckets: Buckets, gate: Gate
    ) -> int:
        """Execute the state machine; return the number of superseded batches that it read.

        Raises
        ------
        OpsError
            If something cannot be written for now.
        """
        workplace = Workplace(
            settings=settings,
            source=open_source(str(self._folder)),
            bucket=self._bucket,
            batch_bytes=self._batch_bytes,
        )
        run = plan(Request(), workplace)
        read = 0
        if run.write_count:
            for item in self._items(run.scan_key):
                read += item.pass_ is Pass.REDACTIONS
                scan(run, item, workplace)
            run = Run.from_json(json.loads(json.dumps(gather(run, workplace).to_json())))
            self._write(run, workplace, backend, buckets, gate)
        check(run, "execution", workplace)
        return read

    def _write(
        self, run: Run, workplace: Workplace, backend: Backend, buckets: Buckets, gate: Gate
    ) -> None:
        assert run.redacted_key is not None
        content = self._bucket.get_bytes(run.redacted_key)
        assert content is not None
        faults = ServiceFaults(gate, gate.injector.bucket_request, FAILURE_BUCKET)
        for item in self._items(run.write_key):
            write(
                run,
                item,
                workplace,
                redacted=RedactedRevisions(content),
                writer=writer(backend, gate),
                failures=FailureStore(
                    MemoryS3(buckets, faults), workplace.settings.failure_bucket, clock=gate.time
                ),
                clock=gate.time,
            )

    def _items(self, key: str) -> list[Item]:
        items = [Item.from_json(each) for each in self._bucket.get(key)]
        return self._order.sample(items, len(items))

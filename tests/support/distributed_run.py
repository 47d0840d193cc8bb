"""Distributed replays over an export in a folder, with services in memory.

The steps follow each other as in the state machine, and tell each other nothing but JSON.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handler.writer import BatchStatementWriter
from ops.distributed.batch_item import Item
from ops.distributed.batch_result import RunResult
from ops.distributed.check_step import check
from ops.distributed.gather_step import gather
from ops.distributed.plan_step import plan
from ops.distributed.redacted_revisions import RedactedRevisions
from ops.distributed.replay_bucket import ReplayBucket
from ops.distributed.request import Request
from ops.distributed.run import Run
from ops.distributed.scan_step import scan
from ops.distributed.verify_step import verify
from ops.distributed.workplace import Workplace
from ops.distributed.write_step import write
from ops.exports.source import open_source
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.replay_run import HISTORY, PERSON, SETTINGS, Bucket, Counting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from handler.settings import HandlerSettings

REPLAYS = "replays"


@dataclass
class DistributedRun:
    """Executions over the same tables, one after the other.

    Attributes
    ----------
    folder
        The export; also ``s3://bucket/prefix``, where a test puts its client.
    settings
        The configuration.
    tables, bucket
        What is written to.
    batch_bytes
        Size of a batch; one byte makes each object a batch.
    writes
        Document and version of each write.
    """

    folder: Path | str
    settings: HandlerSettings = SETTINGS
    tables: Tables = field(default_factory=lambda: Tables([PERSON], history=[HISTORY]))
    bucket: Bucket = field(default_factory=Bucket)
    buckets: Buckets = field(default_factory=lambda: Buckets(REPLAYS))
    batch_bytes: int = 1
    writes: list[tuple[str, int]] = field(default_factory=list)
    executions: int = 0

    def execute(
        self,
        *,
        fails: Callable[[], None] = lambda: None,
        deadline: float = math.inf,
        deployed: HandlerSettings | None = None,
        **request: Any,  # noqa: ANN401 (fields of a request)
    ) -> RunResult:
        """Execute the state machine once.

        Parameters
        ----------
        fails
            Called before each write to DynamoDB; what it raises ends the execution.
        deadline
            Seconds since the epoch after which no batch writes anything.
        deployed
            The configuration from the first write on; None for the same.
        request
            Fields of `Request`.
        """
        self.executions += 1
        workplace = self._workplace()
        run = _told(Run, plan(_told(Request, Request(**request)), workplace))
        if run.write_count:
            for item in self.items(run.scan_key):
                scan(run, item, workplace)
            run = _told(Run, gather(run, workplace))
            settings = workplace.settings if deployed is None else deployed
            self._write(run, replace(workplace, settings=settings), fails, deadline)
        return RunResult.from_json(check(run, f"execution-{self.executions}", workplace))

    def plan(self, **request: Any) -> Run:  # noqa: ANN401 (fields of a request)
        """Plan an execution, and return what its other steps are told."""
        run: Run = _told(Run, plan(_told(Request, Request(**request)), self._workplace()))
        return run

    def verify(self, **request: Any) -> str:  # noqa: ANN401 (fields of a request)
        """Execute the state machine for a verification; return where its results are."""
        self.executions += 1
        run = self.plan(verify=True, **request)
        self.verify_batches(run)
        folder: str = check(run, f"execution-{self.executions}", self._workplace())["folder"]
        return folder

    def verify_batches(self, run: Run) -> None:
        """Verify each batch of a plan that is not verified yet."""
        assert not run.write_count
        for item in self.items(run.scan_key):
            verify(run, item, self._workplace())

    def replay_bucket(self) -> ReplayBucket:
        """Return the bucket of plans and results."""
        return ReplayBucket(MemoryS3(self.buckets, page_size=3), REPLAYS)

    def _workplace(self) -> Workplace:
        return Workplace(
            settings=self.settings,
            source=open_source(str(self.folder)),
            bucket=self.replay_bucket(),
            batch_bytes=self.batch_bytes,
        )

    def _write(
        self, run: Run, workplace: Workplace, fails: Callable[[], None], deadline: float
    ) -> None:
        assert run.redacted_key is not None
        content = workplace.bucket.get_bytes(run.redacted_key)
        assert content is not None
        writer = Counting(
            BatchStatementWriter(
                MemoryDynamoDB(self.tables),
                requests_in_flight=1,
                sleep=lambda _: None,
                correction=run.job(workplace).correction,
            ),
            fails,
        )
        try:
            for item in self.items(run.write_key):
                write(
                    run,
                    item,
                    workplace,
                    redacted=RedactedRevisions(content),
                    writer=writer,
                    failures=self.bucket,
                    deadline=deadline,
                )
        finally:
            self.writes += writer.writes

    def keys(self, part: str) -> list[str]:
        """Return the keys of the replay bucket that have a part, in their order."""
        return [key for key in self.buckets.objects(REPLAYS) if part in key]

    def items(self, key: str) -> list[Item]:
        """Return the batches of a list of the replay bucket."""
        return [Item.from_json(each) for each in json.loads(self.buckets.get(REPLAYS, key))]


def _told(type_: Any, value: Any) -> Any:  # noqa: ANN401 (`Request` or `Run`)
    """Return a value as the next step receives it."""
    return type_.from_json(json.loads(json.dumps(value.to_json())))

"""Measures the lag from the commit in the ledger until the item can be read, on the local AWS.

Both stacks are deployed with the real Pulumi engine to separate servers. Documents are committed at
a steady rate, then at the same rate while delivery is paused and resumed. A document's lag counts
from its block's timestamp, or from the resumption if that is later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.client import LedgerClient
from qldb_simulator.operations import CreateTable, Insert

from bench.fresh_process import MeasurementError
from bench.workloads import PERSON, document
from handler.contract import KEY_ATTRIBUTE
from local import aws
from local.environment import enter, environment
from local.pulumi_cli import ensure_pulumi
from local.service_process import free_port
from local.services import Ports, Services
from local.stack import Stacks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REVISIONS_PER_SECOND: Final = 200
REVISIONS_PER_TRANSACTION: Final = 5
_WARM_UP_SECONDS: Final = 2.0
_CATCH_UP_SECONDS: Final = 60.0
_KEYS_PER_READ: Final = 100
_PAUSE_SECONDS: Final = 0.02
_STACK: Final = "bench"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The lag of one document.

    Attributes
    ----------
    committed
        Seconds from the phase's start to the commit.
    lag
        Seconds until the item could be read.
    """

    committed: float
    lag: float


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Documents committed under the same conditions."""

    name: str
    revisions_per_second: float
    samples: list[Sample]

    @property
    def lags(self) -> list[float]:
        """All lags in seconds."""
        return [sample.lag for sample in self.samples]


@dataclass(frozen=True, kw_only=True)
class Lag:
    """Results of both phases."""

    steady: Phase
    after_pause: Phase


def measure_lag(
    state: Path, *, steady_seconds: float, pause_seconds: float, progress: Callable[[str], None]
) -> Lag:
    """Deploy, commit, watch the items arrive, and remove everything.

    Parameters
    ----------
    state
        Folder for the servers' logs and Pulumi's state.
    steady_seconds, pause_seconds
        Durations of the phases.
    progress
        Receives a line of text before each long step.

    Raises
    ------
    MeasurementError
        If items do not arrive in time.
    LocalError
        If the local AWS cannot be started.
    """
    pulumi_bin = ensure_pulumi(progress)
    ports = Ports(emulator=free_port(), qldb=free_port())
    with Services(state=state, ports=ports) as services:
        variables = environment(services.endpoints, pulumi_bin, state, stack=_STACK)
        enter(variables)
        stacks = Stacks(
            variables=variables,
            stack=_STACK,
            inline_folder=state / "projects",
        )
        progress("deploying both stacks to the local AWS")
        stacks.prepare()
        watched = Watched(services, stacks.up())
        watched.ledger.commit(watched.name, [CreateTable(table=PERSON)])
        progress("warming up")
        watched.commit_steadily(_WARM_UP_SECONDS)
        watched.finish("warm-up")
        progress(f"committing {REVISIONS_PER_SECOND} revisions/s for {steady_seconds:g} s")
        watched.commit_steadily(steady_seconds)
        steady = watched.finish("steady")
        progress(f"the same for {pause_seconds:g} s while delivery is paused")
        watched.ledger.pause_delivery(watched.name)
        watched.commit_steadily(pause_seconds)
        watched.resume()
        return Lag(steady=steady, after_pause=watched.finish("after a pause"))


@dataclass
class _Pending:
    """Committed documents whose items have not been seen, by id, with the time of their commit."""

    committed: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Watched:
    """A deployed pipeline, with a thread that waits for the items of committed documents."""

    def __init__(self, services: Services, outputs: dict[str, Any]) -> None:
        self.ledger = LedgerClient(services.endpoints.qldb)
        self.name = str(outputs["ledgerName"])
        self._table = outputs["tableNames"][PERSON]
        self._dynamodb = aws.client("dynamodb", services.endpoints.emulator)
        self._pending = _Pending()
        self._samples: list[Sample] = []
        self._began = time.time()
        self._committed = 0
        self._commit_seconds = 0.0
        self._not_before = 0.0

    def commit_steadily(self, seconds: float) -> None:
        """Commit at a steady rate for some seconds, while a thread waits for the items."""
        transactions = int(seconds * REVISIONS_PER_SECOND / REVISIONS_PER_TRANSACTION)
        interval = REVISIONS_PER_TRANSACTION / REVISIONS_PER_SECOND
        self._began = time.time()
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(done,))
        watcher.start()
        operations = [
            Insert(table=PERSON, document=document(PERSON))
            for _ in range(REVISIONS_PER_TRANSACTION)
        ]
        try:
            for number in range(transactions):
                time.sleep(max(0.0, self._began + number * interval - time.time()))
                block = self.ledger.commit(self.name, operations)
                committed = datetime.fromisoformat(block.block_timestamp).timestamp()
                with self._pending.lock:
                    for changed in block.documents:
                        self._pending.committed[changed.document_id] = committed
        finally:
            self._committed = transactions * REVISIONS_PER_TRANSACTION
            self._commit_seconds = time.time() - self._began
            done.set()
            watcher.join()

    def resume(self) -> None:
        """Resume delivery; lags count from now."""
        self._not_before = time.time()
        self.ledger.resume_delivery(self.name)

    def finish(self, name: str) -> Phase:
        """Wait until every item has been seen and end the phase."""
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        while self._pending.committed:
            if time.monotonic() > deadline:
                raise MeasurementError(
                    f"{len(self._pending.committed)} items of phase {name!r} did not arrive within "
                    f"{_CATCH_UP_SECONDS:g} s"
                )
            self._look()
        samples, self._samples = self._samples, []
        self._not_before = 0.0
        rate = self._committed / self._commit_seconds
        return Phase(name=name, revisions_per_second=rate, samples=samples)

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(_PAUSE_SECONDS):
            self._look()

    def _look(self) -> None:
        """Read the items of the oldest pending documents, as many as fit into one request."""
        with self._pending.lock:
            ids = list(self._pending.committed)[:_KEYS_PER_READ]
        if not ids:
            return
        request = {
            self._table: {
                "Keys": [{KEY_ATTRIBUTE: {"S": document_id}} for document_id in ids],
                "ConsistentRead": True,
                "ProjectionExpression": KEY_ATTRIBUTE,
            }
        }
        found = self._dynamodb.batch_get_item(RequestItems=request)["Responses"][self._table]
        now = time.time()
        with self._pending.lock:
            for item in found:
                committed = self._pending.committed.pop(item[KEY_ATTRIBUTE]["S"])
                lag = now - max(committed, self._not_before)
                self._samples.append(Sample(committed=committed - self._began, lag=lag))

"""Proves on a deployed stack that its tables follow a ledger, whatever else is in them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qldb_simulator.operations import CreateTable, DropTable

from local.comparison import compare, compare_history, differences
from local.example_documents import ExampleDocuments
from local.example_transactions import commit_history, insert_probe
from local.journal_view import OwnJournal
from local.lag import measure_lags
from local.settling import compare_until_settled, final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qldb_simulator.blocks import Block
    from qldb_simulator.operations import Operation

    from local.comparison import Row
    from local.lag import Lags
    from local.ledger_feed import LedgerFeed
    from local.replica import Replica

LAG_PROBES = 10
_PAUSE_SECONDS = 0.5
_LAG_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check of a deployed stack found.

    Attributes
    ----------
    rows
        The last comparison. What has not arrived by then differs.
    lags
        The lags of new documents; None if they were not measured, because something differed.
    """

    rows: Sequence[Row]
    lags: Lags | None = None

    @property
    def has_passed(self) -> bool:
        """Whether nothing differs, and every new document arrived in time."""
        return not differences(self.rows) and self.lags is not None and self.lags.all_arrived


class DeployedCheck:
    """A simulated ledger that feeds a deployed stack and is compared with its tables.

    Only documents of this ledger are read, so that others may be in the tables.

    Parameters
    ----------
    feed
        The ledger and its stream.
    replica
        The stack's tables.
    report
        Receives a line about each step.
    """

    def __init__(self, feed: LedgerFeed, replica: Replica, report: Callable[[str], None]) -> None:
        self._feed = feed
        self._replica = replica
        self._report = report

    def write(self) -> None:
        """Write a history of every replicated ledger table, twice, and once more from its start.

        Between the two, each table is dropped and created again.
        """
        tables = self._replica.tables
        examples = {name: ExampleDocuments(table) for name, table in tables.items()}
        for generation in ("first", "second"):
            if generation == "second":
                for name in tables:
                    self._commit([DropTable(table=name)])
            self._report(f"Writing inserts, updates, deletes and redactions, {generation} tables")
            for name, example in examples.items():
                self._commit([CreateTable(table=name)])
                commit_history(self._commit, name, example.complete)
        self._report("Writing the whole journal once more, out of order")
        self._feed.redeliver()

    def verify(self, seconds: float, progress: Callable[[str, float], None]) -> Outcome:
        """Wait until the tables hold what was written, measure the lag, and compare once more.

        Parameters
        ----------
        seconds
            Time limit for all of it together.
        progress
            Receives what is waited for, and the seconds waited so far.
        """
        began = time.monotonic()

        def waited() -> float:
            return time.monotonic() - began

        def behind(items: int, _: float) -> None:
            progress(f"{items} items", waited())

        def probing(arrived: int, _: float) -> None:
            progress(f"document {arrived + 1} of {LAG_PROBES} that measure the lag", waited())

        rows = self.settle(seconds, behind)
        if differences(rows):
            return Outcome(rows=rows)
        self._report("All have arrived; measuring the lag")
        lags = self.lags(seconds - waited(), probing)
        return Outcome(rows=self.settle(seconds - waited(), behind), lags=lags)

    def settle(self, seconds: float, progress: Callable[[int, float], None]) -> list[Row]:
        """Wait until the tables hold what was written; what is missing then differs.

        Parameters
        ----------
        seconds
            Time limit.
        progress
            Receives the number of items that are behind, and the seconds waited so far.
        """
        return final(
            compare_until_settled(
                self._compare, seconds=seconds, pause=_PAUSE_SECONDS, progress=progress
            )
        )

    def lags(self, seconds: float, progress: Callable[[int, float], None]) -> Lags:
        """Return the seconds from the commit of each of some new documents to its item.

        They come after everything else in the stream: once they are there, nothing that was
        written before is left in the shards that they went through.

        Parameters
        ----------
        seconds
            Time limit for all documents together.
        progress
            Receives the number of documents that have arrived, and the seconds waited so far.
        """
        names = list(self._replica.tables)

        def table(number: int) -> str:
            return names[number % len(names)]

        inserted: dict[str, str] = {}

        def insert(number: int) -> str:
            document_id = insert_probe(self._commit, table(number), number)
            inserted[document_id] = self._replica.tables[table(number)].table_name
            return document_id

        def is_there(document_id: str) -> bool:
            return any(self._replica.items(inserted[document_id], [document_id]))

        return measure_lags(
            LAG_PROBES,
            insert,
            is_there,
            seconds=seconds,
            pause=_LAG_PAUSE_SECONDS,
            progress=progress,
        )

    def _commit(self, operations: Sequence[Operation]) -> Block:
        block = self._feed.commit(operations)
        self._feed.deliver()
        return block

    def _compare(self) -> list[Row]:
        journal = OwnJournal(self._feed.ledger)
        return [
            *compare(journal, self._replica, own_only=True),
            *compare_history(journal, self._replica, own_only=True),
        ]

"""The plan of a schedule: all choices that are not made while it runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from random import Random

from tests.reliability.ledger_tables import PROJECTED, WHOLE, TableOptions


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One schedule; the same plan always gives the same run.

    Attributes
    ----------
    seed
        Seed of all choices made while it runs.
    commits, documents
        Number of transactions, and maximum number of documents that they insert.
    wide
        Number of additional documents that the first transaction inserts.
    hot
        Whether most changes concern one document.
    aggregation, records_per_aggregate, copies, shuffle
        How records become Kinesis records (`qldb_simulator.delivery_plan.DeliveryOptions`).
    live, replay
        Whether the journal is streamed while it is written, and whether it is streamed once more
        at the end, with redactions applied; `replay` alone means that the stream was made late.
    revivals
        Whether documents may continue after their delete. No ledger does that; the promise is kept
        regardless.
    earlier_deployment
        Whether the first versions of some documents are in the table already, with an attribute
        that is no longer projected. Also, whether another tool has written items.
    generations
        How often a ledger table is dropped and created again.
    projected_lifetime, whole_lifetime
        Days until the tombstones of each table expire; 0 for never.
    projected_history, whole_history
        Whether each table has a history.
    indexed
        Whether the table with projected attributes has an index.
    shards, reshards
        Number of shards at the start, and of later splits or merges.
    consumers
        Number of concurrent invocations.
    mappings
        Number of event source mappings, each of which reads the whole stream.
    batch_size, parallelization_factor, maximum_retry_attempts, bisect
        Properties of the mappings.
    timeout
        Timeout of the function in seconds.
    faults
        Maximum number of injected faults.
    fault_rate
        Probability of a fault at each possible place.
    outages
        Number of periods in which DynamoDB or the failure bucket refuses everything.
    redrives
        Number of concurrent redrives with faults, before the one without.
    poison
        Number of broken records and of documents that DynamoDB refuses.
    exports
        Number of replays of exports of the ledger.
    overlaps
        Number of further exports beside the first one, each of a part of the journal. They are
        made at other times: some before a redaction that another one shows, some after it.
    late_redactions
        Number of redactions after the end of the stream, so that only exports can tell them.
    """

    seed: int
    commits: int = 12
    documents: int = 8
    wide: int = 0
    hot: bool = False
    aggregation: bool = True
    records_per_aggregate: int = 6
    copies: int = 1
    shuffle: bool = False
    live: bool = True
    replay: bool = False
    revivals: bool = False
    earlier_deployment: bool = False
    generations: int = 0
    projected_lifetime: int = 0
    whole_lifetime: int = 0
    projected_history: bool = False
    whole_history: bool = False
    indexed: bool = False
    shards: int = 1
    reshards: int = 0
    consumers: int = 2
    mappings: int = 1
    batch_size: int = 10
    parallelization_factor: int = 1
    maximum_retry_attempts: int = 60
    maximum_record_age: int = -1
    bisect: bool = True
    timeout: int = 60
    faults: int = 8
    fault_rate: float = 0.15
    outages: int = 0
    redrives: int = 0
    poison: int = 0
    exports: int = 0
    overlaps: int = 0
    late_redactions: int = 0

    @property
    def tables(self) -> dict[str, TableOptions]:
        """The options of each replicated ledger table."""
        return {
            PROJECTED: TableOptions(
                indexed=self.indexed,
                history=self.projected_history,
                lifetime_days=self.projected_lifetime or None,
            ),
            WHOLE: TableOptions(
                history=self.whole_history, lifetime_days=self.whole_lifetime or None
            ),
        }

    @classmethod
    def from_seed(cls, seed: int) -> Plan:
        """Return a plan with all choices derived from a number."""
        random = Random(seed)
        return cls(
            seed=seed,
            commits=random.randint(1, 25),
            documents=random.randint(1, 12),
            wide=random.choice((0, 0, 0, 0, 0, 0, 0, 40)),
            hot=random.random() < 0.3,
            aggregation=random.random() < 0.75,
            records_per_aggregate=random.randint(1, 12),
            copies=random.choice((1, 1, 1, 2, 3)),
            shuffle=random.random() < 0.6,
            live=random.random() < 0.8,
            replay=random.random() < 0.25,
            revivals=random.random() < 0.2,
            earlier_deployment=random.random() < 0.3,
            generations=random.choice((0, 0, 0, 1, 1, 2)),
            projected_lifetime=random.choice((0, 400, 500)),
            whole_lifetime=random.choice((0, 400)),
            projected_history=random.random() < 0.5,
            whole_history=random.random() < 0.5,
            indexed=random.random() < 0.6,
            shards=random.randint(1, 4),
            reshards=random.choice((0, 0, 1, 2)),
            consumers=random.randint(1, 4),
            mappings=random.choice((1, 1, 1, 2)),
            batch_size=random.choice((1, 3, 10, 100)),
            parallelization_factor=random.choice((1, 1, 2, 10)),
            maximum_retry_attempts=random.choice((-1, 0, 2, 60)),
            maximum_record_age=random.choice((-1, -1, -1, 300)),
            bisect=random.random() < 0.7,
            timeout=random.choice((3, 60, 900)),
            faults=random.choice((0, 2, 8, 20)),
            fault_rate=random.choice((0.05, 0.2, 0.5)),
            outages=random.choice((0, 0, 1, 2)),
            redrives=random.choice((0, 1, 2)),
            poison=random.choice((0, 0, 1, 3)),
            exports=random.choice((0, 0, 0, 1, 2)),
            overlaps=random.choice((0, 1, 2, 3)),
            late_redactions=random.choice((0, 2, 4)),
        )

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read the result of `to_json`."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Return the plan as JSON, for a command line."""
        return json.dumps(asdict(self), separators=(",", ":"))

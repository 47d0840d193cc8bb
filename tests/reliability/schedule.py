"""Runs one schedule from the plan to the verdict."""

from __future__ import annotations

import base64
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from ops.errors import OpsError
from tests.reliability.assembly import (
    Container,
    environment,
    failure_objects,
    out_of_date,
    redrive,
)
from tests.reliability.backends import MemoryBackend
from tests.reliability.event_source_mapping import (
    Ending,
    EventSourceMapping,
    Invocation,
    MappingSettings,
)
from tests.reliability.export_replay import ExportedLedger
from tests.reliability.fault_injection import (
    BLAMED_ON_THE_RECORD,
    DISCARDED,
    MERGED,
    OUTAGES,
    REPEATED,
    REPLAYED_EXPORT,
    SPLIT,
    STOPPED_REPLAY,
    THROTTLED,
    Injector,
)
from tests.reliability.gates import Gate
from tests.reliability.history import START, History
from tests.reliability.history_factory import make_history
from tests.reliability.interleaving import KilledError, StoppedAtTimeOutError, Task
from tests.reliability.kinesis_stream import KinesisStream
from tests.reliability.ledger_tables import REPLICATED
from tests.reliability.verdict import (
    Watch,
    after_quiet,
    after_redrive,
    count_refusals,
    only_hopeless,
)
from tests.support.clock import Clock
from tests.support.failure_bucket import BUCKET
from tests.support.kinesis_events import STREAM_ARN
from tests.support.memory_s3 import Buckets
from tests.support.sentinel import printed_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qldb_simulator.delivery_plan import KinesisEntry

    from handler.telemetry import Telemetry
    from tests.reliability.backends import Backend
    from tests.reliability.plan import Plan
    from tests.support.attribute_values import Item


_MAX_STEPS = 200_000
_MAX_VIOLATIONS = 10
_NO_TIMEOUT = 1e9
_SECONDS_PER_DAY = 86_400
_NEVER = {"N": "inf"}


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a schedule.

    Attributes
    ----------
    lost, resurrected, redacted_left
        Number of lost revisions, of deleted documents that an older revision brought back, and of
        items with redacted data.
    violations
        All broken promises, those three included.
    faults
        Number of injected faults, and of situations, by kind.
    """

    plan: Plan
    lost: int
    resurrected: int
    redacted_left: int
    violations: list[str]
    faults: Counter[str]
    user_records: int


@dataclass(kw_only=True)
class _Running:
    """A running invocation."""

    mapping: EventSourceMapping
    invocation: Invocation
    container: Container
    task: Task


@dataclass(kw_only=True)
class RunningSchedule:
    """The state of a running schedule."""

    plan: Plan
    random: Random
    history: History
    backend: Backend
    watch: Watch
    injector: Injector
    telemetry: Telemetry | None = None
    export: ExportedLedger | None = None
    buckets: Buckets = field(default_factory=lambda: Buckets(BUCKET))
    clock: Clock = field(default_factory=lambda: Clock(START.timestamp() + 3600))

    def __post_init__(self) -> None:
        """Create the stream and its mappings."""
        first = 10 ** self.random.randint(2, 20) - self.random.randint(1, 6)
        self.stream = KinesisStream(
            arn=STREAM_ARN, shard_count=self.plan.shards, first_sequence_number=first
        )
        settings = MappingSettings(
            batch_size=self.plan.batch_size,
            parallelization_factor=self.plan.parallelization_factor,
            maximum_retry_attempts=self.plan.maximum_retry_attempts,
            maximum_record_age=self.plan.maximum_record_age,
            bisect_batch_on_function_error=self.plan.bisect,
        )
        self.mappings = [
            EventSourceMapping(self.stream, settings, self._store_discarded, self.random)
            for _ in range(self.plan.mappings)
        ]
        self._running: list[_Running] = []
        self._replays: list[Task] = []
        self._replays_to_start = 0 if self.export is None else self.plan.exports
        self._repeats: list[tuple[EventSourceMapping, Invocation]] = []
        self._idle = [self._container() for _ in range(self.plan.consumers)]
        self._entries = list(self.history.entries)
        self._reshards = sorted(
            self.random.randint(0, len(self._entries)) for _ in range(self.plan.reshards)
        )
        self._outages = sorted(
            self.random.randint(0, len(self._entries)) for _ in range(self.plan.outages)
        )

    def run(self) -> None:
        """Deliver everything, with faults, until nothing is left to do."""
        for _ in range(_MAX_STEPS):
            if self._steps_a_replay():
                continue
            if self._entries and self.random.random() < 0.5:
                self._put(self._entries.pop(0))
            elif not self._start():
                if self._running:
                    self._step(self.random.choice(self._running))
                elif self._entries:
                    self._put(self._entries.pop(0))
                elif not self._wait():
                    break
        else:
            self.watch.violation("never quiet: the stream is not processed to its end")
        expired = sum(len(mapping.expired) for mapping in self.mappings)
        if expired:
            self.watch.violation(f"{expired} records left the stream before they were processed")

    def _steps_a_replay(self) -> bool:
        """Start a replay, or let one go on; return whether it did.

        Those with the same state run one after the other, as the command makes them.
        """
        if self.export is None or (self._replays_to_start == 0 and not self._replays):
            return False
        if not self._replays:
            if self._entries and self.random.random() < 0.9:
                return False
            self._replays_to_start -= 1
            self._replays.append(self._replay_task())
        if (self._running or self._entries) and self.random.random() < 0.5:
            return False
        task = self._replays[0]
        task.step()
        if task.done:
            self._replays.pop(0)
            self._finish_replay(task)
        return True

    def _finish_replay(self, task: Task) -> None:
        if task.error is None:
            self.injector.count([REPLAYED_EXPORT])
            return
        self.watch.silent("an exception of a replay", printed_form(task.error))
        if not isinstance(task.error, KilledError | OpsError):
            self.watch.violation(f"a replay raised {task.error!r}")
            return
        self.injector.count([STOPPED_REPLAY])
        # Whoever starts it again has read why it stopped.
        self.clock.advance(self.random.uniform(1, 60))
        self._replays.append(self._replay_task())

    def _replay_task(self) -> Task:
        assert self.export is not None
        gate = Gate(self.clock, self.injector, self.random, max(self.plan.timeout, 60))
        task = Task(partial(self.export.replay, self._settings(), self.backend, self.buckets, gate))
        gate.begin(task)
        return task

    def redrive(self) -> None:
        """Redrive the failure bucket: first concurrently and with faults, then once without.

        Before the last one, a redrive uses outdated outputs.
        """
        self.injector.begin(self.plan.faults)
        settings = self._settings()
        tasks = [self._redrive_task(settings, self.plan.timeout) for _ in range(self.plan.redrives)]
        while unfinished := [task for task in tasks if not task.done]:
            self.random.choice(unfinished).step()
        for task in tasks:
            if task.error is not None:
                self.watch.silent("an exception of a redrive", printed_form(task.error))
            if not isinstance(task.error, KilledError | OpsError | None):
                self.watch.violation(f"a redrive with faults raised {task.error!r}")
        self.injector.end()
        self._redrive_alone(out_of_date(settings))
        self._redrive_alone(settings)

    def drop_ignored(self) -> None:
        """Redrive once more, and drop ignored records."""
        self._redrive_alone(self._settings(), drop_ignored=True)

    def redrive_late(self, untouched: Mapping[str, bytes]) -> None:
        """Redrive after tombstones have expired, as if for the first time: nothing may come back.

        Parameters
        ----------
        untouched
            The failure bucket before any redrive.
        """
        lifetimes = [
            options.lifetime_days
            for options in self.history.tables.values()
            if options.lifetime_days is not None
        ]
        if not lifetimes:
            return
        lifetime = self.random.choice(lifetimes)
        for key, body in untouched.items():
            self.buckets.put(BUCKET, key, body)
        days = self.random.choice((lifetime - 2, lifetime - 1, lifetime, 2 * lifetime))
        self.clock.advance(days * _SECONDS_PER_DAY + self.random.uniform(-1, 1) * _SECONDS_PER_DAY)
        left = {table: self._without_expired(table) for table in REPLICATED}
        revisions = self.backend.history()
        self._redrive_alone(self._settings())
        for table, items in left.items():
            self.watch.unchanged(table, items, self.backend.items(table))
        if self.backend.history() != revisions:
            self.watch.violation("history: changed by a redrive that had nothing to do")

    def _without_expired(self, table: str) -> dict[str, Item]:
        """Remove the expired tombstones of a table, as DynamoDB does; return the other items."""
        items = self.backend.items(table)
        for document, item in items.items():
            if float(item.get("expiresAt", _NEVER)["N"]) <= self.clock.now:
                self.backend.expire(table, document)
        return self.backend.items(table)

    def _redrive_alone(self, settings: dict[str, str], *, drop_ignored: bool = False) -> None:
        task = self._redrive_task(settings, _NO_TIMEOUT, drop_ignored=drop_ignored)
        while not task.done:
            task.step()
        if task.error is not None:
            self.watch.violation(f"a redrive without faults raised {task.error!r}")

    def _redrive_task(
        self, settings: dict[str, str], timeout: float, *, drop_ignored: bool = False
    ) -> Task:
        gate = Gate(self.clock, self.injector, self.random, timeout)
        work = partial(redrive, settings, self.backend, self.buckets, gate)
        task = Task(partial(work, drop_ignored=drop_ignored))
        gate.begin(task)
        return task

    def _settings(self) -> dict[str, str]:
        return environment(self.backend, BUCKET, self.history.tables)

    def _container(self) -> Container:
        gate = Gate(self.clock, self.injector, self.random, self.plan.timeout)
        return Container(self._settings(), self.backend, self.buckets, gate, self.telemetry)

    def _put(self, entry: KinesisEntry) -> None:
        while self._outages and self._outages[-1] > len(self._entries):
            self._outages.pop()
            until = self.clock.now + self.plan.timeout * self.random.uniform(0.2, 3)
            self.injector.begin_outage(self.random.choice(list(OUTAGES)), until)
        while self._reshards and self._reshards[-1] > len(self._entries):
            self._reshards.pop()
            self._reshard()
        self.clock.advance(self.random.choice((0.0, 0.01, 0.5)))
        self.stream.put(
            entry.partition_key,
            entry.data,
            now=round(self.clock.now, 3),
            explicit_hash_key=entry.explicit_hash_key,
        )

    def _reshard(self) -> None:
        shards = [shard for shard in self.stream.shards.values() if shard.open]
        ordered = sorted(shards, key=lambda shard: shard.low)
        if len(ordered) > 1 and self.random.random() < 0.5:
            position = self.random.randrange(len(ordered) - 1)
            self.stream.merge(ordered[position].shard_id, ordered[position + 1].shard_id)
            self.injector.count([MERGED])
        else:
            self.stream.split(self.random.choice(ordered).shard_id)
            self.injector.count([SPLIT])

    def _start(self) -> bool:
        """Start one invocation if a lane and a container are free; return whether it did."""
        if not self._idle or self.random.random() < 0.3:
            return False
        if self._repeats and self.random.random() < 0.5:
            mapping, invocation = self._repeats.pop(0)
            self._invoke(mapping, mapping.repeat(invocation))
            return True
        ready = [(each, lane) for each in self.mappings for lane in each.ready(self.clock.now)]
        if not ready:
            return False
        mapping, lane = self.random.choice(ready)
        started = mapping.start(lane, self.clock.now)
        if started is None:
            return True
        fault = self.injector.invocation()
        if fault is not None and fault.name == THROTTLED:
            mapping.finish(started, Ending.THROTTLED, self.clock.now)
            return True
        self._invoke(mapping, started)
        if fault is not None and fault.name == REPEATED:
            self._repeats.append((mapping, started))
        return True

    def _invoke(self, mapping: EventSourceMapping, invocation: Invocation) -> None:
        container = self._idle.pop()
        task = Task(partial(container.invoke, invocation.event))
        container.begin(task)
        self._running.append(
            _Running(mapping=mapping, invocation=invocation, container=container, task=task)
        )

    def _step(self, running: _Running) -> None:
        task = running.task
        task.step()
        if not task.done:
            return
        self._running.remove(running)
        outcome: object = task.result
        if isinstance(task.error, StoppedAtTimeOutError):
            outcome = Ending.TIMED_OUT
        elif task.error is not None:
            outcome = Ending.ERROR
            if not isinstance(task.error, KilledError):
                self.watch.violation(f"the handler raised {task.error!r}")
        else:
            self._check_answer(task.result, running.invocation)
            self._check_counts(running)
        running.mapping.finish(running.invocation, outcome, self.clock.now)
        # Lambda does not reuse a process that ended badly.
        self._idle.append(running.container if task.error is None else self._container())

    def _check_answer(self, answer: object, invocation: Invocation) -> None:
        sent = {record["kinesis"]["sequenceNumber"] for record in invocation.event["Records"]}
        try:
            returned = [each["itemIdentifier"] for each in _failures(answer)]
        except (KeyError, TypeError, ValueError):
            self.watch.violation(f"not a partial batch response: {answer!r}")
            return
        if not sent.issuperset(returned):
            self.watch.violation("the answer names sequence numbers that the batch does not have")

    def _check_counts(self, running: _Running) -> None:
        """Check that each user record of a batch was counted once, regardless of its outcome."""
        counts = running.container.counts
        if counts is None:
            self.watch.violation("a batch ended without telemetry")
            return
        self.watch.silent("the telemetry of a batch", repr(counts))
        if "OutOfTime" in counts.retried:
            return  # A Kinesis record that was not even opened counts as one.
        records = running.invocation.event["Records"]
        payloads = [base64.b64decode(record["kinesis"]["data"]) for record in records]
        expected = sum(len(self.history.user_records[payload]) or 1 for payload in payloads)
        total = counts.total()
        settled = total.applied + total.stale + total.superseded + total.redacted
        settled += counts.redactions + counts.ignored.total()
        failed = counts.quarantined.total() + counts.retried.total()
        # A record counts as settled and as failed if only one of its tables has it.
        is_partial = self.history.has_history and any(
            "history: " in code for _, code in counts.quarantined
        )
        both = failed if is_partial or (self.history.has_history and counts.retried) else 0
        if not expected <= settled + failed <= expected + both or (max(settled, failed) > expected):
            self.watch.violation(
                f"{settled} settled and {failed} failed user records in a batch of {expected}"
            )

    def _wait(self) -> bool:
        """Advance to the next retry; return whether there is one."""
        retries = [retry for each in self.mappings if (retry := each.next_retry()) is not None]
        if retries:
            self.clock.advance_to(min(retries))
        quiet = all(each.quiet for each in self.mappings) and not self._repeats
        return bool(retries) or not quiet

    def _store_discarded(self, key: str, body: bytes) -> None:
        self.injector.count([DISCARDED])
        self.buckets.put(BUCKET, key, body)


def _failures(answer: Any) -> list[dict[str, str]]:  # noqa: ANN401 (what a function may return)
    failures: list[dict[str, str]] = json.loads(json.dumps(answer))["batchItemFailures"]
    return failures


def _in_memory(plan: Plan, watch: Watch) -> Backend:
    return MemoryBackend(plan.tables, watch.written)


def run(
    plan: Plan,
    make_backend: Callable[[Plan, Watch], Backend] = _in_memory,
    telemetry: Telemetry | None = None,
) -> Report:
    """Run one schedule and return its report.

    Parameters
    ----------
    plan
        The same plan gives the same run.
    make_backend
        Creates the tables; in memory by default.
    telemetry
        Telemetry of all handlers.
    """
    random = Random(plan.seed)
    history = make_history(plan, random)
    with ExitStack() as stack:
        export = (
            stack.enter_context(ExportedLedger(plan, history, random)) if plan.exports else None
        )
        watch = Watch(history)
        running = RunningSchedule(
            plan=plan,
            random=random,
            history=history,
            backend=make_backend(plan, watch),
            watch=watch,
            telemetry=telemetry,
            injector=Injector(plan, random),
            export=export,
        )
        return _report(running)


def _report(running: RunningSchedule) -> Report:
    """Run a schedule that is set up, and compare what it leaves."""
    plan, history = running.plan, running.history
    backend, watch = running.backend, running.watch
    for item in history.history_seeds():
        backend.put_history(item)
    for document, item in history.seeds().items():
        backend.put(history.committed[document][0].table_name, item)
    running.injector.count(poison.kind for poison in history.poison)
    running.injector.count(history.refused.values())
    running.injector.count(history.foreign)
    running.run()
    failures = failure_objects(running.buckets, BUCKET)
    lost = after_quiet(history, backend, failures, watch)
    count_refusals(history, failures, watch)
    if BLAMED_ON_THE_RECORD.isdisjoint(running.injector.counts):
        only_hopeless(history, failures, watch)
    untouched = running.buckets.objects(BUCKET)
    running.redrive()
    failures = failure_objects(running.buckets, BUCKET)
    lost += after_redrive(history, backend, failures, watch, dropped=False)
    running.drop_ignored()
    failures = failure_objects(running.buckets, BUCKET)
    lost += after_redrive(history, backend, failures, watch, dropped=True)
    running.redrive_late(untouched)
    exported = Counter() if running.export is None else running.export.situations
    return Report(
        plan=plan,
        lost=lost,
        resurrected=watch.resurrected,
        redacted_left=watch.redacted_left + watch.history_table.redacted_left,
        violations=watch.violations[:_MAX_VIOLATIONS],
        faults=running.injector.counts + watch.situations + exported,
        user_records=sum(len(each) for each in history.user_records.values()),
    )

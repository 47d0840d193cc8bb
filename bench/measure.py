"""Measures throughput and cost in fresh processes, with the stub or DynamoDB Local."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from bench.contenders import BASELINE, CONTENDERS, HANDLER
from bench.counters import Counters
from bench.fresh_process import ACCESS_KEY, MeasurementError, function_environment, run_module
from bench.measured_process import Totals
from bench.statistics import median
from bench.workloads import (
    DELETES,
    DUPLICATES,
    NEW,
    PERSON,
    UPDATES,
    replica_tables,
    revisions_per_event,
    write_events,
)
from handler.contract import KEY_ATTRIBUTE, TableField
from local.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from bench.stub_server import StubDynamoDB
    from bench.workloads import Workload
    from local.dynamodb_local import DynamoDBLocal


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A single measurement of one contender on one workload.

    Attributes
    ----------
    totals
        Totals of the measured process.
    stub
        The stub's work in that time; None for another server.
    """

    totals: Totals
    stub: Counters | None

    @property
    def revisions_per_second(self) -> float:
        """Throughput in revisions."""
        return self.totals.revisions / self.totals.seconds

    @property
    def cpu_seconds_per_revision(self) -> float:
        """Cost in CPU time."""
        return self.totals.cpu_seconds / self.totals.revisions

    @property
    def requests_per_revision(self) -> float | None:
        """Requests to DynamoDB per revision."""
        return None if self.stub is None else self.stub.requests / self.totals.revisions

    @property
    def stub_busy(self) -> float | None:
        """Share of the time in which the stub's one CPU was busy: at 1, the stub is the limit."""
        return None if self.stub is None else self.stub.cpu_seconds / self.totals.seconds


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Medians of the repeated measurements of one contender on one workload."""

    revisions: int
    revisions_per_second: float
    cpu_microseconds_per_revision: float
    requests_per_revision: float | None
    peak_megabytes: float
    stub_busy: float | None

    @classmethod
    def of(cls, measurements: Sequence[Measurement]) -> Figures:
        """Return the median of each figure."""

        def optional(values: list[float | None]) -> float | None:
            known = [value for value in values if value is not None]
            return median(known) if known else None

        return cls(
            revisions=measurements[0].totals.revisions,
            revisions_per_second=median([m.revisions_per_second for m in measurements]),
            cpu_microseconds_per_revision=1e6
            * median([m.cpu_seconds_per_revision for m in measurements]),
            requests_per_revision=optional([m.requests_per_revision for m in measurements]),
            peak_megabytes=median([m.totals.peak_bytes / 1e6 for m in measurements]),
            stub_busy=optional([m.stub_busy for m in measurements]),
        )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both contenders on one workload in one run."""

    workload: str
    title: str
    server: str
    baseline: Figures
    handler: Figures

    @property
    def speedup(self) -> float:
        """Ratio of the handler's throughput to the baseline's."""
        return self.handler.revisions_per_second / self.baseline.revisions_per_second

    @property
    def saving(self) -> float:
        """Ratio of the baseline's CPU time per revision to the handler's."""
        return (
            self.baseline.cpu_microseconds_per_revision / self.handler.cpu_microseconds_per_revision
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The size of the measurements.

    Attributes
    ----------
    baseline_revisions, handler_revisions
        Number of revisions in one measurement. Figures are compared per revision.
    repeats
        Measurements of each workload that a target depends on; the median counts. The contenders
        take turns, so that a slow phase of the machine affects both.
    """

    baseline_revisions: int
    handler_revisions: int
    repeats: int


def compare_on_stub(workload: Workload, stub: StubDynamoDB, plan: Plan, folder: Path) -> Comparison:
    """Measure both contenders on the stub.

    Raises
    ------
    MeasurementError
        If a measured process fails.
    """
    endpoint = stub.endpoint(workload.answer)
    wanted = {BASELINE: plan.baseline_revisions, HANDLER: plan.handler_revisions}
    files = {}
    for contender, revisions in wanted.items():
        files[contender] = folder / f"{workload.name}-{contender}.jsonl"
        # One more batch, for the warm-up.
        counted = int(revisions * workload.weight)
        write_events(workload, counted + revisions_per_event(workload), files[contender])
    results: dict[str, list[Measurement]] = {contender: [] for contender in wanted}
    for _ in range(plan.repeats if workload.has_target else 1):
        for contender, file in files.items():
            measured = measure(contender, file, endpoint, counters=endpoint)
            _require_all_writes(workload, contender, measured)
            results[contender].append(measured)
    for file in files.values():
        file.unlink()
    return Comparison(
        workload=workload.name,
        title=workload.title,
        server="stub",
        baseline=Figures.of(results[BASELINE]),
        handler=Figures.of(results[HANDLER]),
    )


def _require_all_writes(workload: Workload, contender: str, measured: Measurement) -> None:
    """Raise an error unless every document was written."""
    versions = 1 if contender == HANDLER else workload.revisions_per_document
    documents = measured.totals.revisions // workload.revisions_per_document
    writes = measured.stub.writes if measured.stub else 0
    if writes < documents * versions:
        raise MeasurementError(
            f"{contender} on {workload.name} made {writes} writes for {documents} documents"
        )


def compare_on_engine(engine: DynamoDBLocal, plan: Plan, folder: Path) -> list[Comparison]:
    """Measure both contenders on DynamoDB Local: all stages in the life of the same documents.

    Each contender has separate tables, whose items must be equal at the end.

    Raises
    ------
    MeasurementError
        If a measured process fails, or the items differ.
    """
    clients = {contender: _engine_client(engine, contender) for contender in CONTENDERS}
    for client in clients.values():
        _create_tables(client)
    comparisons = []
    for workload in (NEW, UPDATES, DUPLICATES, DELETES):
        file = folder / f"{workload.name}-engine.jsonl"
        # The same documents in all steps, enough for the largest batches and the warm-up.
        write_events(workload, plan.baseline_revisions + revisions_per_event(NEW), file)
        results = {
            contender: measure(contender, file, engine.endpoint, access_key=contender)
            for contender in CONTENDERS
        }
        file.unlink()
        comparisons.append(
            Comparison(
                workload=workload.name,
                title=workload.title,
                server="DynamoDB Local",
                baseline=Figures.of([results[BASELINE]]),
                handler=Figures.of([results[HANDLER]]),
            )
        )
    items = [_items(client) for client in clients.values()]
    if not items[0] or any(other != items[0] for other in items[1:]):
        raise MeasurementError("baseline and handler left different items in DynamoDB Local")
    return comparisons


def _engine_client(engine: DynamoDBLocal, access_key: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=engine.endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key="test",  # noqa: S106 (any will do)
    )


def _create_tables(client: DynamoDBClient) -> None:
    for table in replica_tables().values():
        client.create_table(
            TableName=table[TableField.TABLE_NAME],
            KeySchema=[{"AttributeName": KEY_ATTRIBUTE, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": KEY_ATTRIBUTE, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def _items(client: DynamoDBClient) -> dict[str, Any]:
    """Return all items of the table in use, by key."""
    pages = client.get_paginator("scan").paginate(
        TableName=replica_tables()[PERSON][TableField.TABLE_NAME], ConsistentRead=True
    )
    return {item[KEY_ATTRIBUTE]["S"]: item for page in pages for item in page["Items"]}


def flatness(
    stub: StubDynamoDB, sizes: Mapping[str, Sequence[int]], folder: Path
) -> dict[str, list[Figures]]:
    """Measure each contender with increasing numbers of revisions, each in a separate process.

    Parameters
    ----------
    stub
        Answers the requests.
    sizes
        Numbers of revisions by contender.
    folder
        Folder for the events; empty again afterwards.

    Raises
    ------
    MeasurementError
        If a measured process fails.
    """
    file = folder / "flat.jsonl"
    largest = max(size for numbers in sizes.values() for size in numbers)
    write_events(UPDATES, largest + revisions_per_event(UPDATES), file)
    endpoint = stub.endpoint(UPDATES.answer)
    figures = {
        contender: [
            Figures.of([measure(contender, file, endpoint, counters=endpoint, max_revisions=size)])
            for size in numbers
        ]
        for contender, numbers in sizes.items()
    }
    file.unlink()
    return figures


def measure(
    contender: str,
    events: Path,
    endpoint: str,
    *,
    counters: str | None = None,
    max_revisions: int | None = None,
    access_key: str = ACCESS_KEY,
) -> Measurement:
    """Measure one contender on a file of batches, in a fresh process.

    Parameters
    ----------
    contender
        One of `contenders.CONTENDERS`.
    events
        File written by `workloads.write_events`.
    endpoint
        URL of DynamoDB Local or of the stub.
    counters
        URL of the stub's counters; None for DynamoDB Local.
    max_revisions
        Number of revisions at which to stop; None for the whole file.
    access_key
        Access key, by which DynamoDB Local separates tables.

    Raises
    ------
    MeasurementError
        If the process fails; the message ends with its last line.
    """
    options = ["--counters", counters] if counters else []
    options += ["--max-revisions", str(max_revisions)] if max_revisions else []
    fields = run_module(
        "bench.measured_process",
        [contender, str(events)],
        function_environment(endpoint, access_key),
        options,
    )
    stub = fields.pop("stub")
    return Measurement(totals=Totals(**fields), stub=Counters(**stub) if stub else None)

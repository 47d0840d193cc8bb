"""Measurements of throughput and cost: each in a fresh process, against the stub or the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from bench.counters import Counters
from bench.measured_process import Totals
from bench.sides import BASELINE, HANDLER, SIDES
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
from local.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from bench.stub_server import StubDynamoDB
    from bench.workloads import Workload
    from local.dynamodb_local import DynamoDBLocal

REPOSITORY: Final = Path(__file__).resolve().parent.parent
ACCESS_KEY: Final = "test"
_LONGEST_SECONDS: Final = 300


class MeasurementError(Exception):
    """Something could not be measured; says what."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One way on one workload, once.

    Attributes
    ----------
    totals
        Of the measured process.
    stub
        What the stub did meanwhile; None for another server.
    """

    totals: Totals
    stub: Counters | None

    @property
    def revisions_per_second(self) -> float:
        """Throughput."""
        return self.totals.revisions / self.totals.seconds

    @property
    def processor_seconds_per_revision(self) -> float:
        """Cost."""
        return self.totals.processor_seconds / self.totals.revisions

    @property
    def requests_per_revision(self) -> float | None:
        """Requests to DynamoDB."""
        return None if self.stub is None else self.stub.requests / self.totals.revisions

    @property
    def stub_busy(self) -> float | None:
        """Share of the time in which the stub's one processor worked: at 1 it is the limit."""
        return None if self.stub is None else self.stub.processor_seconds / self.totals.seconds


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Medians of the repeated measurements of one way on one workload."""

    revisions: int
    revisions_per_second: float
    processor_microseconds_per_revision: float
    requests_per_revision: float | None
    peak_megabytes: float
    stub_busy: float | None

    @classmethod
    def of(cls, measurements: Sequence[Measurement]) -> Figures:
        """Take the median of each figure."""

        def optional(values: list[float | None]) -> float | None:
            known = [value for value in values if value is not None]
            return median(known) if known else None

        return cls(
            revisions=measurements[0].totals.revisions,
            revisions_per_second=median([m.revisions_per_second for m in measurements]),
            processor_microseconds_per_revision=1e6
            * median([m.processor_seconds_per_revision for m in measurements]),
            requests_per_revision=optional([m.requests_per_revision for m in measurements]),
            peak_megabytes=median([m.totals.peak_bytes / 1e6 for m in measurements]),
            stub_busy=optional([m.stub_busy for m in measurements]),
        )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both ways on one workload in one run."""

    workload: str
    title: str
    server: str
    baseline: Figures
    handler: Figures

    @property
    def speedup(self) -> float:
        """How many times the baseline's throughput."""
        return self.handler.revisions_per_second / self.baseline.revisions_per_second

    @property
    def saving(self) -> float:
        """How many times less processor time a revision takes."""
        return (
            self.baseline.processor_microseconds_per_revision
            / self.handler.processor_microseconds_per_revision
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    baseline_revisions, handler_revisions
        In one measurement of each way. What is compared is per revision.
    repeats
        Measurements of each workload that a target depends on, of which the median is taken; the
        ways take turns, so that a slow time of the machine meets both.
    """

    baseline_revisions: int
    handler_revisions: int
    repeats: int


def compare_on_stub(workload: Workload, stub: StubDynamoDB, plan: Plan, folder: Path) -> Comparison:
    """Measure both ways on the stub.

    Raises
    ------
    MeasurementError
        A measured process failed.
    """
    endpoint = stub.endpoint(workload.answer)
    wanted = {BASELINE: plan.baseline_revisions, HANDLER: plan.handler_revisions}
    files = {}
    for side, revisions in wanted.items():
        files[side] = folder / f"{workload.name}-{side}.jsonl"
        # One batch more, for the warm-up.
        counted = int(revisions * workload.weight)
        write_events(workload, counted + revisions_per_event(workload), files[side])
    results: dict[str, list[Measurement]] = {side: [] for side in wanted}
    for _ in range(plan.repeats if workload.has_target else 1):
        for side, file in files.items():
            measured = measure(side, file, endpoint, counters=endpoint)
            _require_all_writes(workload, side, measured)
            results[side].append(measured)
    for file in files.values():
        file.unlink()
    return Comparison(
        workload=workload.name,
        title=workload.title,
        server="stub",
        baseline=Figures.of(results[BASELINE]),
        handler=Figures.of(results[HANDLER]),
    )


def _require_all_writes(workload: Workload, side: str, measured: Measurement) -> None:
    """Refuse to take for fast what did not write every document."""
    versions = 1 if side == HANDLER else workload.revisions_per_document
    documents = measured.totals.revisions // workload.revisions_per_document
    writes = measured.stub.writes if measured.stub else 0
    if writes < documents * versions:
        raise MeasurementError(
            f"{side} on {workload.name} made {writes} writes for {documents} documents"
        )


def compare_on_engine(engine: DynamoDBLocal, plan: Plan, folder: Path) -> list[Comparison]:
    """Measure both ways on AWS's DynamoDB Local: a life of the same documents, step by step.

    Each way has tables of its own, whose items must be the same in the end.

    Raises
    ------
    MeasurementError
        A measured process failed, or the items differ.
    """
    clients = {side: _engine_client(engine, side) for side in SIDES}
    for client in clients.values():
        _create_tables(client)
    comparisons = []
    for workload in (NEW, UPDATES, DUPLICATES, DELETES):
        file = folder / f"{workload.name}-engine.jsonl"
        # The same documents in all steps: the largest batches' number, warm-up included.
        write_events(workload, plan.baseline_revisions + revisions_per_event(NEW), file)
        results = {side: measure(side, file, engine.endpoint, access_key=side) for side in SIDES}
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
        raise MeasurementError("the two ways left different items in DynamoDB Local")
    return comparisons


def _engine_client(engine: DynamoDBLocal, access_key: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=engine.endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key="test",  # noqa: S106 - any will do
    )


def _create_tables(client: DynamoDBClient) -> None:
    for table in replica_tables().values():
        client.create_table(
            TableName=table["tableName"],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def _items(client: DynamoDBClient) -> dict[str, Any]:
    """Give all items of the one table that is used, without what depends on the time."""
    pages = client.get_paginator("scan").paginate(
        TableName=replica_tables()[PERSON]["tableName"], ConsistentRead=True
    )
    return {item["pk"]["S"]: item for page in pages for item in page["Items"]}


def flatness(
    stub: StubDynamoDB, sizes: Mapping[str, Sequence[int]], folder: Path
) -> dict[str, list[Figures]]:
    """Measure each way with more and more revisions, each number in a process of its own.

    Parameters
    ----------
    sizes
        Numbers of revisions by way.

    Raises
    ------
    MeasurementError
        A measured process failed.
    """
    file = folder / "flat.jsonl"
    most = max(size for numbers in sizes.values() for size in numbers)
    write_events(UPDATES, most + revisions_per_event(UPDATES), file)
    endpoint = stub.endpoint(UPDATES.answer)
    figures = {
        side: [
            Figures.of([measure(side, file, endpoint, counters=endpoint, most=size)])
            for size in numbers
        ]
        for side, numbers in sizes.items()
    }
    file.unlink()
    return figures


def measure(
    side: str,
    events: Path,
    endpoint: str,
    *,
    counters: str | None = None,
    most: int | None = None,
    access_key: str = ACCESS_KEY,
) -> Measurement:
    """Measure one way on a file of batches, in a fresh process.

    Parameters
    ----------
    side
        One of `sides.SIDES`.
    events
        As `workloads.write_events` writes it.
    endpoint
        URL of what answers as DynamoDB.
    counters
        URL of the stub's counters, if it is the stub.
    most
        Revisions at which to stop, if not all of the file's are wanted.
    access_key
        DynamoDB Local keeps the tables of each apart.

    Raises
    ------
    MeasurementError
        The process failed: the text has the end of what it said.
    """
    options = ["--counters", counters] if counters else []
    options += ["--most", str(most)] if most else []
    fields = run_module(
        "bench.measured_process",
        [side, str(events)],
        function_environment(endpoint, access_key),
        options,
    )
    stub = fields.pop("stub")
    return Measurement(totals=Totals(**fields), stub=Counters(**stub) if stub else None)


def run_module(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Run a module of the benchmark in a fresh process.

    Parameters
    ----------
    module
        It takes the arguments, then the name of a file for its result, then the options.
    arguments, options
        Its own.
    environment
        As `function_environment` gives it.

    Returns
    -------
    dict
        The result that it wrote, as JSON.

    Raises
    ------
    MeasurementError
        The process failed: the text has the end of what it said.
    """
    with tempfile.TemporaryDirectory() as temporary:
        result = Path(temporary) / "result.json"
        log = Path(temporary) / "errors.txt"
        with log.open("wb") as errors:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments, str(result), *options],
                cwd=REPOSITORY,
                env=dict(environment),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                timeout=_LONGEST_SECONDS,
                check=False,
            )
        if done.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise MeasurementError(f"{module} {' '.join(arguments)} failed: {''.join(last)}")
        fields: dict[str, Any] = json.loads(result.read_text())
        return fields


def function_environment(endpoint: str, access_key: str = ACCESS_KEY) -> dict[str, str]:
    """Give the environment of the deployed function, led to another DynamoDB and to no S3 at all.

    Nothing of the user's own account may take part.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "t" * 600,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "replica",
        "REPLICA_TABLES": json.dumps(replica_tables(), separators=(",", ":")),
        "FAILURE_BUCKET": "failures",
        "POWERTOOLS_SERVICE_NAME": "qldb-replica",
        "POWERTOOLS_METRICS_NAMESPACE": "QldbReplica",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }

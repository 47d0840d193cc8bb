"""Measures `replay` and `convert` on generated exports, with all cores and the stub DynamoDB."""

from __future__ import annotations

import enum
import json
import os
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.command_usage import measure_command
from bench.counters import read_counters
from bench.flat_export import TABLE, FlatJournal, write_flat_export
from bench.fresh_process import function_environment
from bench.stub_server import Answer
from handler.contract import TableField, Variable
from handler.version import project_version
from local.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bench.stub_server import StubDynamoDB

VERSIONS: Final = 5
"""Revisions of each document where writes for each document are counted."""


@dataclass(frozen=True, kw_only=True)
class ReplayScale:
    """The size of a run.

    Attributes
    ----------
    documents
        In the export whose speed is measured.
    repeats
        How often `replay` and `convert` take turns on it.
    versioned
        Documents in the export with `VERSIONS` revisions of each.
    large
        Documents in the export whose index and memory are measured; 0 for none.
    """

    documents: int
    repeats: int
    versioned: int
    large: int


class Purpose(enum.StrEnum):
    """Why a run is measured."""

    SPEED = "speed"
    VERSIONS = "versions"
    LARGE = "large"


@dataclass(frozen=True, kw_only=True)
class LoadRun:
    """One run of a command.

    Attributes
    ----------
    command
        ``replay`` or ``convert``.
    megabytes
        Size of all objects of the export, in millions of bytes.
    seconds
        Wall time, the start of the interpreter included.
    index_bytes
        The most that the command had in its folder of state; None for `convert`.
    writes
        Statements that the stub received.
    stub_cpu_seconds
        CPU time of the stub meanwhile.
    """

    command: str
    purpose: Purpose
    documents: int
    revisions: int
    megabytes: float
    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    index_bytes: int | None
    writes: int
    stub_cpu_seconds: float

    def figures(self) -> dict[str, Any]:
        """Return everything as in the results' JSON."""
        index = None if self.index_bytes is None else self.index_bytes / 1_000_000
        return {
            **asdict(self),
            "documents_per_second": self.documents / self.seconds,
            "cpu_microseconds_per_document": self.cpu_seconds * 1e6 / self.documents,
            "writes_per_document": None if index is None else self.writes / self.documents,
            "index_megabytes": index,
            "index_megabytes_per_million_documents": None
            if index is None
            else index * 1_000_000 / self.documents,
            "stub_busy": self.stub_cpu_seconds / self.seconds,
        }


def measure_replay(
    scale: ReplayScale, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Generate exports, load them, and return all figures as in the results' JSON.

    Raises
    ------
    MeasurementError
        If a command fails.
    """
    bench = _Loads(stub, folder, progress)
    speed = bench.export(Purpose.SPEED, FlatJournal(documents=scale.documents))
    runs = []
    for _ in range(scale.repeats):
        runs += [bench.replay(speed), bench.convert(speed)]
    bench.remove(speed)
    journal = FlatJournal(documents=scale.versioned, versions=VERSIONS)
    versions = bench.export(Purpose.VERSIONS, journal)
    runs.append(bench.replay(versions))
    bench.remove(versions)
    if scale.large:
        # A document of version 0 needs no index.
        journal = FlatJournal(documents=scale.large, first_version=1)
        large = bench.export(Purpose.LARGE, journal)
        runs.append(bench.replay(large))
        bench.remove(large)
    return {
        "processes": _processes(),
        "bytes_per_document": speed.bytes / scale.documents,
        "runs": [run.figures() for run in runs],
    }


def outputs(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs of a stack whose only table has whole documents.

    Parameters
    ----------
    environment
        That of the function.
    """
    tables = {TABLE: {TableField.TABLE_NAME: "accounts"}}
    return {
        "version": project_version(),
        "streamArn": f"arn:aws:kinesis:{REGION}:000000000000:stream/journal",
        "failureQueueUrl": f"https://sqs.{REGION}.amazonaws.com/000000000000/failures",
        "functionName": "replica",
        "functionCodeSha256": "of a function that the stub does not have",
        "handlerEnvironment": {
            Variable.REPLICA_TABLES: json.dumps(tables),
            Variable.FAILURE_BUCKET: environment[Variable.FAILURE_BUCKET],
        },
    }


@dataclass(frozen=True, kw_only=True)
class _Export:
    purpose: Purpose
    journal: FlatJournal
    folder: Path
    bytes: int


class _Loads:
    """Loads exports with the commands that operators type."""

    def __init__(self, stub: StubDynamoDB, folder: Path, progress: Callable[[str], None]) -> None:
        self._endpoint = stub.endpoint(Answer.ACCEPT)
        self._folder = folder
        self._progress = progress
        temporary = folder / "temporary"
        temporary.mkdir(parents=True)
        self._environment = {
            **function_environment(self._endpoint),
            "TMPDIR": str(temporary),
        }
        self._outputs = folder / "outputs.json"
        self._outputs.write_text(json.dumps(outputs(self._environment)))

    def export(self, purpose: Purpose, journal: FlatJournal) -> _Export:
        self._progress(f"replay: writing {journal.revisions:,} revisions")
        folder = self._folder / f"export-{purpose}"
        return _Export(
            purpose=purpose,
            journal=journal,
            folder=folder,
            bytes=write_flat_export(journal, folder),
        )

    def remove(self, export: _Export) -> None:
        shutil.rmtree(export.folder)

    def replay(self, export: _Export) -> LoadRun:
        state = self._folder / "state"
        return self._run("replay", export, ("--state", str(state)), state, has_index=True)

    def convert(self, export: _Export) -> LoadRun:
        to = self._folder / "converted"
        return self._run("convert", export, ("--to", str(to)), to, has_index=False)

    def _run(
        self,
        command: str,
        export: _Export,
        options: tuple[str, ...],
        written: Path,
        *,
        has_index: bool,
    ) -> LoadRun:
        journal = export.journal
        self._progress(f"replay: {command} of {export.bytes / 1_000_000:,.0f} MB")
        before = read_counters(self._endpoint)
        usage = measure_command(
            [
                *(command, str(export.folder), *options),
                *("--outputs", str(self._outputs), "--processes", str(_processes())),
            ],
            environment=self._environment,
            watched=written,
        )
        work = read_counters(self._endpoint) - before
        shutil.rmtree(written)
        return LoadRun(
            command=command,
            purpose=export.purpose,
            documents=journal.documents,
            revisions=journal.revisions,
            megabytes=export.bytes / 1_000_000,
            seconds=usage.seconds,
            cpu_seconds=usage.cpu_seconds,
            peak_megabytes=usage.peak_bytes / 1_000_000,
            index_bytes=usage.disk_bytes if has_index else None,
            writes=work.writes,
            stub_cpu_seconds=work.cpu_seconds,
        )


def _processes() -> int:
    return os.cpu_count() or 1

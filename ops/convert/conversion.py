"""Converts a journal to the objects that DynamoDB imports."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from handler.contract import IMPORT_FORMAT_VERSION, IMPORT_MANIFEST, ImportField
from ops import connections
from ops.convert.destination import open_destination
from ops.convert.objects import TableFiles, write_object
from ops.convert.spilling import SpillingWriter, table_folder
from ops.exports import parallel
from ops.replay.batch_replay import BatchReplay
from ops.replay.crew import CrewOfOne, ProcessCrew, Worker
from ops.replay.engine import Engine
from ops.replay.state import ReplayState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ops.convert.objects import Written
    from ops.replay.engine import Ending, Progress
    from ops.replay.job import Job
    from ops.replay.plan import Plan
    from ops.replay.tally import Tally
    from ops.stack_outputs import StackOutputs

MAX_OBJECTS = 50_000
"""Objects of one import (DynamoDB developer guide, "Import from Amazon S3", "Quotas")."""

OBJECT_BYTES = 32 * 1024 * 1024
"""About so many bytes of items, without compression, are one object. A process has one of them in
memory."""

_GROWTH = 4
"""Bytes of items for each byte of an export, at most; more makes larger objects, and no error."""

HISTORY_NAME = "history"
"""Folder of the history table. A ledger table of that name has another: see `folder_name`."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a process needs to convert batches.

    Attributes
    ----------
    job
        What is converted.
    outputs
        Outputs of the stack.
    folder
        Where the items are sorted.
    partitions
        Number of files for each table and process.
    """

    job: Job
    outputs: StackOutputs
    folder: Path
    partitions: int


def make_worker(opening: Opening) -> Worker:
    """Make a worker; see `ops.replay.opening.make_worker`."""
    writer = SpillingWriter(opening.folder, opening.partitions)
    return Worker(BatchReplay(opening.job, writer, connections.failure_store(opening.outputs)))


class ConvertedTable(NamedTuple):
    """A table that was converted.

    Attributes
    ----------
    name
        Its folder below the destination.
    items, bytes
        Its items, and their bytes without compression.
    objects
        Number of objects.
    """

    name: str
    items: int
    bytes: int
    objects: int


@dataclass(frozen=True, kw_only=True)
class Converted:
    """What a conversion has made.

    Attributes
    ----------
    ending
        How the reading ended.
    tally
        What became of the revisions; applied ones are items.
    tables
        The tables; none if it was interrupted.
    """

    ending: Ending
    tally: Tally
    tables: tuple[ConvertedTable, ...]


def folder_name(ledger_table: str | None) -> str:
    """Return the folder of a ledger table, or of the history table."""
    if ledger_table is None:
        return HISTORY_NAME
    return f"{ledger_table}_table" if ledger_table == HISTORY_NAME else ledger_table


def partitions_for(plan: Plan, tables: int) -> int:
    """Return the number of objects for each table."""
    wanted = plan.size * _GROWTH // OBJECT_BYTES + 1
    return min(wanted, MAX_OBJECTS // max(tables, 1))


def convert(
    job: Job,
    plan: Plan,
    outputs: StackOutputs,
    *,
    folder: Path,
    to: str,
    processes: int,
    stop: Callable[[], bool],
    progress: Progress,
) -> Converted:
    """Convert a journal.

    Parameters
    ----------
    job, plan
        What is converted.
    outputs
        Outputs of the stack.
    folder
        Empty, with space for all items: about four times the export.
    to
        Destination of the objects.
    processes
        How many to use.
    stop
        Returns whether to stop soon.
    progress
        Receives how far it is.

    Raises
    ------
    OpsError
        If something cannot be read or written.
    """
    names = _folder_names(job)
    opening = Opening(
        job=job,
        outputs=outputs,
        folder=folder,
        partitions=partitions_for(plan, len(names)),
    )
    ending, tally = _sort(opening, plan, processes, stop, progress)
    if ending.is_interrupted:
        return Converted(ending=ending, tally=tally, tables=())
    tables = []
    found = list(_files(folder, names))
    size = sum(path.stat().st_size for files in found for path in files.paths)
    progress.start(size, "writing objects")
    counts: dict[str, list[Written]] = defaultdict(list)
    for written in _objects(found, to, processes):
        counts[written.name].append(written)
        progress.advance(written.bytes, written.items)
        if stop():
            ending.is_interrupted = True
            return Converted(ending=ending, tally=tally, tables=())
    for table_name, name in names.items():
        table = ConvertedTable(
            name,
            sum(each.items for each in counts[name]),
            sum(each.bytes for each in counts[name]),
            len(counts[name]),
        )
        _write_manifest(job, plan, table, table_name, to)
        tables.append(table)
    return Converted(ending=ending, tally=tally, tables=tuple(tables))


def _folder_names(job: Job) -> dict[str, str]:
    """Return the folder below the destination for each DynamoDB table."""
    settings = job.settings
    names = {
        table.table_name: folder_name(name)
        for name, table in settings.replica_tables.items()
        if not job.tables or name in job.tables
    }
    if settings.history_table is not None:
        names[settings.history_table] = folder_name(None)
    return names


def _sort(
    opening: Opening,
    plan: Plan,
    processes: int,
    stop: Callable[[], bool],
    progress: Progress,
) -> tuple[Ending, Tally]:
    """Read everything, and sort the items into files."""
    make = partial(make_worker, opening)
    crew = CrewOfOne(make()) if processes == 1 else ProcessCrew(make, processes)
    state = ReplayState(opening.folder / "state.sqlite")
    try:
        engine = Engine(opening.job, plan, state, crew, stop=stop, progress=progress)
        return engine.run(), state.tally
    finally:
        state.close()
        crew.close()


def _files(folder: Path, names: dict[str, str]) -> Iterator[TableFiles]:
    for table_name, name in names.items():
        partitions: dict[int, list[Path]] = defaultdict(list)
        place = table_folder(folder, table_name)
        for path in sorted(place.iterdir()) if place.exists() else ():
            partitions[int(path.name.partition(".")[0])].append(path)
        for partition, paths in partitions.items():
            yield TableFiles(name, partition, tuple(paths))


def _objects(found: list[TableFiles], to: str, processes: int) -> Iterator[Written]:
    work = partial(write_object, location=to)
    if processes == 1:
        yield from map(work, found)
        return
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=parallel.set_signals
    ) as pool:
        try:
            yield from pool.map(work, found)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _write_manifest(job: Job, plan: Plan, table: ConvertedTable, table_name: str, to: str) -> None:
    """Write what `pulumi up` reads; last, so that it stands for a complete folder."""
    replica = next(
        (each for each in job.settings.replica_tables.values() if each.table_name == table_name),
        None,
    )
    newest = plan.batches[0].parts[0].read_to if plan.batches else None
    content = {
        ImportField.FORMAT_VERSION: IMPORT_FORMAT_VERSION,
        ImportField.LEDGER_TABLE: None if replica is None else replica.ledger_table,
        ImportField.PROJECTION_ID: None if replica is None else replica.projection_id,
        ImportField.ITEMS: table.items,
        ImportField.BYTES: table.bytes,
        ImportField.OBJECTS: table.objects,
        ImportField.SOURCE: job.location,
        ImportField.STRAND_ID: plan.strand_id,
        ImportField.LAST_BLOCK: newest,
    }
    text = json.dumps(content, indent=2)
    open_destination(to).put(f"{table.name}/{IMPORT_MANIFEST}", f"{text}\n".encode())

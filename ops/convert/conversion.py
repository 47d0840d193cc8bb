"""Converts a journal to the objects that DynamoDB imports."""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from handler.contract import KEY_ATTRIBUTE, VERSION_ATTRIBUTE
from infra.import_manifest import (
    CONTENT_TYPE,
    FILE_NAME,
    MAX_OBJECTS,
    ImportedTable,
    ImportManifest,
)
from ops.convert.destination import open_destination
from ops.convert.objects import TableFiles, write_objects
from ops.convert.spilling import SpillingWriter, table_folder
from ops.errors import OpsError
from ops.replay.batch_replay import BatchReplay
from ops.replay.batch_writing import Parting
from ops.replay.crew import (
    CrewOfOne,
    Done,
    Errand,
    Failure,
    ProcessCrew,
    Worker,
    WorkerLostError,
)
from ops.replay.engine import Engine
from ops.replay.failure_store import LateFailureStore
from ops.replay.state import ReplayState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ops.convert.objects import Written
    from ops.replay.crew import Crew
    from ops.replay.engine import Ending, Progress
    from ops.replay.job import Job
    from ops.replay.plan import Plan
    from ops.replay.tally import Tally
    from ops.stack_outputs import StackOutputs

OBJECT_BYTES = 32 * 1024 * 1024
"""About so many bytes of items, without compression, are one object. A process has one of them in
memory."""

MAX_PARTITIONS = 1024
"""Files for each table and process. Most of them are opened each time that items are added."""

_GROWTH = 4
"""About how many bytes of items an export has for each of its own, at most."""

_PARTING = Parting(entries=100)
"""As many items as fit into the cache of a core; nothing waits for DynamoDB, which would take more
of them at a time."""

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
    replay = BatchReplay(opening.job, writer, LateFailureStore(opening.outputs), parting=_PARTING)
    return Worker(replay, writer.flush)


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
    is_complete
        Whether all of the source could be read, so that the tables may be imported.
    """

    ending: Ending
    tally: Tally
    tables: tuple[ConvertedTable, ...] = ()
    is_complete: bool = False


def folder_name(ledger_table: str | None) -> str:
    """Return the folder of a ledger table, or of the history table."""
    if ledger_table is None:
        return HISTORY_NAME
    return f"{ledger_table}_table" if ledger_table == HISTORY_NAME else ledger_table


def partitions_for(plan: Plan) -> int:
    """Return by how many partitions the items of each table are sorted into files."""
    return min(plan.size * _GROWTH // OBJECT_BYTES + 1, MAX_PARTITIONS)


def convert(
    job: Job,
    plan: Plan,
    outputs: StackOutputs,
    *,
    folder: Path,
    to: str,
    is_whole: bool,
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
        Empty, with space for all items as JSON.
    to
        Destination of the objects.
    is_whole
        Whether the source has all of the journal, as far as its names tell.
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
        partitions=partitions_for(plan),
    )
    make = partial(make_worker, opening)
    crew: Crew = CrewOfOne(make()) if processes == 1 else ProcessCrew(make, processes)
    with closing(crew):
        sorted_ = _sort(opening, plan, crew, stop, progress)
        ending, tally = sorted_.ending, sorted_.tally
        if ending.is_interrupted:
            return Converted(ending=ending, tally=tally)
        found = list(_files(opening, names))
        size = sum(path.stat().st_size for files in found for path in files.paths)
        progress.start(size, "writing objects")
        counts: dict[str, list[Written]] = defaultdict(list)
        try:
            for written in _objects(found, to, crew):
                counts[written.name].append(written)
                progress.advance(written.bytes, written.items)
                if stop():
                    break
        except WorkerLostError:
            # Who ends a command often ends its processes too.
            if not stop():
                raise
        if stop():
            ending.is_interrupted = True
            return Converted(ending=ending, tally=tally)
    tables = []
    is_complete = is_whole and not ending.unread
    for table_name, name in names.items():
        table = ConvertedTable(
            name,
            sum(each.items for each in counts[name]),
            sum(each.bytes for each in counts[name]),
            sum(each.objects for each in counts[name]),
        )
        tables.append(table)
        manifest = _manifest(
            job, plan, table, table_name, sorted_.table_ids, is_complete=is_complete
        )
        # Last, so that it stands for a complete folder.
        open_destination(to).put(f"{name}/{FILE_NAME}", manifest.to_json().encode(), CONTENT_TYPE)
    return Converted(ending=ending, tally=tally, tables=tuple(tables), is_complete=is_complete)


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


class _Sorted(NamedTuple):
    """What was sorted into files.

    Attributes
    ----------
    ending, tally
        As of `Converted`.
    table_ids
        Ids of the ledger tables by the entry of the settings that takes them.
    """

    ending: Ending
    tally: Tally
    table_ids: Mapping[str, Sequence[str]]


def _sort(
    opening: Opening,
    plan: Plan,
    crew: Crew,
    stop: Callable[[], bool],
    progress: Progress,
) -> _Sorted:
    """Read everything, and sort the items into files."""
    with closing(ReplayState(opening.folder / "state.sqlite")) as state:
        engine = Engine(opening.job, plan, state, crew, stop=stop, progress=progress)
        return _Sorted(engine.run(), state.tally, state.table_ids)


def _files(opening: Opening, names: dict[str, str]) -> Iterator[TableFiles]:
    """Yield files that become an object together, or several if a partition is large."""
    partitions = opening.partitions
    for table_name, name in names.items():
        sizes, found = _partitions(table_folder(opening.folder, table_name))
        together: list[Path] = []
        size = first = 0
        for number, paths in found.items():
            if together and size + sizes[number] > OBJECT_BYTES:
                yield TableFiles(name, first, tuple(together), _parts(size, partitions), partitions)
                together, size = [], 0
            first = first if together else number
            together += paths
            size += sizes[number]
        if together:
            yield TableFiles(name, first, tuple(together), _parts(size, partitions), partitions)


def _partitions(place: Path) -> tuple[dict[int, int], dict[int, list[Path]]]:
    """Return size and files of each partition of a table."""
    sizes: dict[int, int] = defaultdict(int)
    found: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(place.iterdir()) if place.exists() else ():
        number = int(path.name.partition(".")[0])
        sizes[number] += path.stat().st_size
        found[number].append(path)
    return sizes, found


def _parts(size: int, partitions: int) -> int:
    """Return the number of objects for some bytes; that of a table stays within the limit."""
    return min(-(-size // OBJECT_BYTES), MAX_OBJECTS // partitions)


def _objects(found: list[TableFiles], to: str, crew: Crew) -> Iterator[Written]:
    """Have objects written, and yield what became of each.

    Raises
    ------
    OpsError
        If the destination does not take one.
    """
    work = partial(write_objects, location=to)
    idle, todo = deque(range(crew.size)), deque(found)
    while todo or len(idle) < crew.size:
        while idle and todo:
            crew.send(idle.popleft(), Errand(work, todo.popleft()))
        for worker, answer in crew.receive():
            if isinstance(answer, Failure):
                raise OpsError(answer.text)
            if isinstance(answer, Done):
                yield answer.result
            idle.append(worker)


def _manifest(
    job: Job,
    plan: Plan,
    table: ConvertedTable,
    table_name: str,
    table_ids: Mapping[str, Sequence[str]],
    *,
    is_complete: bool,
) -> ImportManifest:
    """Return what `pulumi up` reads of a table."""
    is_history = table_name == job.settings.history_table
    replicas = {
        name: each
        for name, each in job.settings.replica_tables.items()
        if (each.history if is_history else each.table_name == table_name)
        and (not job.tables or name in job.tables)
    }
    return ImportManifest(
        is_complete=is_complete,
        key=(KEY_ATTRIBUTE, VERSION_ATTRIBUTE) if is_history else (KEY_ATTRIBUTE,),
        tables={
            name: ImportedTable(
                projection_id=each.projection_id,
                index_keys={
                    attribute: (key.type, key.max_bytes)
                    for attribute, key in each.index_keys.items()
                },
            )
            for name, each in replicas.items()
        },
        table_ids={name: tuple(table_ids.get(name, ())) for name in replicas},
        items=table.items,
        bytes=table.bytes,
        objects=table.objects,
        source=job.location,
        strand_id=plan.strand_id,
        last_block=plan.batches[0].parts[0].read_to if plan.batches else None,
    )

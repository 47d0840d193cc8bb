"""The command `python -m ops replay`."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from handler.corrections import Correction
from journal.exports.selection import Selection
from ops import connections, distributed_replay, stack_option
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, Command
from ops.deployed_function import refuse_outdated
from ops.exports import parallel
from ops.exports.catalogue import catalogue
from ops.exports.options import add_source, add_time_limits, chosen_sequence, time_limits
from ops.exports.probing import block_range
from ops.exports.reading_progress import reading_progress
from ops.exports.source import open_source
from ops.interruption import end_on_request
from ops.option_types import positive_number
from ops.replay.crew import CrewOfOne, ProcessCrew
from ops.replay.engine import Engine
from ops.replay.job import Job
from ops.replay.opening import Opening, make_worker
from ops.replay.plan import plan_of
from ops.replay.safety import refuse_expired_tombstones
from ops.replay.selected import add_tables, chosen_tables, missing_parts
from ops.replay.state import ReplayState
from ops.replay.state_folder import remove, state_file
from ops.replay.summary import summary_lines
from ops.standard_output import print_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rich.console import Console

    from ops.replay.crew import Crew
    from ops.replay.engine import Ending
    from ops.replay.plan import Plan
    from ops.stack_outputs import StackOutputs

_ALONE_BYTES = 16 * 1024 * 1024
"""Up to this size one process is faster: to start others takes a second."""


class _Work(NamedTuple):
    """What is replayed into which stack."""

    job: Job
    plan: Plan
    outputs: StackOutputs


_DESCRIPTION = """\
Loads journal exports into the DynamoDB tables of a stack: the newest revision
of each document, and the history of the tables that have one, in the same form
in which the stream writes them.

It begins with the newest objects, and remembers in an index on disk which
documents are written, so each costs one write, however many revisions it has.
The index takes about 50 MB for a million documents; --no-index does without,
and writes a document once for each batch of objects that has it. Order does not
matter and nothing is applied twice: an item is only ever replaced by a higher
version. So the command may run beside a live stream, and be started again.

It can be interrupted or killed at any moment. The same command goes on where it
was. --restart begins again.

What is redacted anywhere in SOURCE, in whatever copy, is not written. What
DynamoDB can never store goes to the failure bucket, and the next lower version
is written, as the function does.

An item that came from a JSON export has lost the types that JSON has not. After
a replay of the Ion export of the same journal with --retype it has them: items
of the same version and hash are written again where they differ.

{distributed}
exit status: 0 everything is in the tables, 1 something is in the failure
bucket, could not be read or is missing in the source, or the command could not
run, 130 interrupted
"""

_EXAMPLES = """\
  python -m ops replay exports/ --stack dev --dry-run    what it would write
  python -m ops replay exports/ --stack dev
  python -m ops replay s3://bucket/prefix/ --outputs outputs.json --wcu 3000
  python -m ops replay --distributed --stack prod        by the state machine
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser, is_required=False)
    parser.set_defaults(processes=None)
    stack_option.add_to(parser)
    add_tables(parser, "replay")
    add_time_limits(parser, "replay")
    parser.add_argument(
        "--wcu",
        type=positive_number("number of write units"),
        metavar="N",
        help="use at most N write units of DynamoDB a second (default: what the tables take)",
    )
    parser.add_argument(
        "--retype",
        action="store_true",
        help="also write items of the same version and hash again where they differ",
    )
    parser.add_argument(
        "--no-index", action="store_true", help="do not remember which documents are written"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read and convert everything, but write nothing"
    )
    parser.add_argument(
        "--restart", action="store_true", help="forget what an earlier replay has done"
    )
    parser.add_argument(
        "--state", type=Path, metavar="FOLDER", help="where to remember what is done"
    )
    distributed_replay.add_options(parser)
    parser.add_argument(
        "--accept-expired-tombstones",
        action="store_true",
        help="replay although tombstones of later deletes may have expired; the message without "
        "this option explains it",
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    distributed_replay.refuse_mixture(options)
    start, end = time_limits(options)
    outputs = stack_option.read(options, console)
    refuse_outdated(outputs, connections.functions(outputs))
    if options.distributed:
        return distributed_replay.run_distributed(options, outputs, console)
    source = open_source(options.source)
    found = catalogue(source, block_range)
    sequence = chosen_sequence(found, options.strand)
    missing = missing_parts(found, sequence)
    for each in missing:
        console.print(f"warning: {each}", style="yellow")
    job = Job(
        location=options.source,
        strand_id=sequence.strand_id,
        settings=outputs.settings,
        tables=chosen_tables(options.tables, outputs.settings),
        selection=Selection(start=start, end=end),
        correction=Correction.SAME_REVISION if options.retype else None,
        is_dry_run=options.dry_run,
    )
    if not job.is_dry_run and not options.accept_expired_tombstones:
        refuse_expired_tombstones(job, source, sequence, has_index=not options.no_index)
    work = _Work(job, plan_of(sequence), outputs)
    with _state(options, work) as state:
        was_complete = state.is_complete
        if was_complete:
            console.print("This replay is complete. --restart does it again.")
        ending, index_bytes = _replay(options, console, work, state)
        if was_complete:
            index_bytes = 0
        tally = state.tally
        lines = summary_lines(tally, ending, is_dry_run=job.is_dry_run, index_bytes=index_bytes)
    print_lines(lines)
    if ending.is_interrupted:
        return STATUS_INTERRUPTED
    return STATUS_FAILED if tally.quarantined or ending.unread or missing else STATUS_OK


COMMAND = Command(
    name="replay",
    summary="load journal exports into the tables",
    description=_DESCRIPTION.format(distributed=distributed_replay.DESCRIPTION),
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


@contextmanager
def _state(options: argparse.Namespace, work: _Work) -> Iterator[ReplayState]:
    """Open what is remembered of this replay."""
    file = None
    if not work.job.is_dry_run:
        file = state_file(options.state, work.plan.digest(_identity(options, work)))
        if options.restart:
            remove(file)
    state = ReplayState(file, has_index=not options.no_index)
    try:
        yield state
    finally:
        state.close()


def _identity(options: argparse.Namespace, work: _Work) -> dict[str, object]:
    """Return what decides, beside the source, what is written where."""
    job = work.job
    location = options.source
    start, end = job.selection.start, job.selection.end
    return {
        "source": str(Path(location).absolute()) if Path(location).exists() else location,
        "environment": dict(work.outputs.environment),
        "tables": sorted(job.tables),
        "from": None if start is None else start.isoformat(),
        "to": None if end is None else end.isoformat(),
        "correction": None if job.correction is None else job.correction.value,
        "index": not options.no_index,
    }


def _replay(
    options: argparse.Namespace, console: Console, work: _Work, state: ReplayState
) -> tuple[Ending, int]:
    """Replay, and return how it ended and the size of the index before that."""

    def announce() -> None:
        console.print("stopping after the objects in flight; Ctrl-C again stops at once")

    processes = 1
    if work.plan.size > _ALONE_BYTES:
        processes = options.processes or parallel.available_processes()
    with end_on_request(announce) as stop, reading_progress(console) as progress:
        crew = _crew(
            Opening(
                job=work.job,
                outputs=work.outputs,
                write_units=None if options.wcu is None else options.wcu / processes,
            ),
            processes,
        )
        try:
            engine = Engine(work.job, work.plan, state, crew, stop=stop, progress=progress)
            ending = engine.run()
        finally:
            crew.close()
    return ending, state.largest_bytes


def _crew(opening: Opening, processes: int) -> Crew:
    if processes == 1:
        return CrewOfOne(make_worker(opening))
    return ProcessCrew(partial(make_worker, opening), processes)

"""The command `python -m ops reconcile`."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops import connections, stack_option
from ops.command import STATUS_INTERRUPTED, Command
from ops.confirmation import confirmed
from ops.deployed_function import refuse_outdated
from ops.errors import OpsError
from ops.exports.options import add_source
from ops.exports.reading_progress import reading_progress
from ops.exports.report_words import plural
from ops.interruption import end_on_request
from ops.option_types import positive_integer, positive_number
from ops.reconcile import report_html, report_json, report_text
from ops.reconcile.progress import comparison_progress
from ops.reconcile.reconciler import ReconcileOptions, reconcile
from ops.reconcile.reconciliation import Outcome
from ops.reconcile.repair import Repair, ToRepair, remove_extra
from ops.replay.crew import CrewOfOne, ProcessCrew
from ops.replay.opening import Opening, make_worker
from ops.replay.selected import add_tables
from ops.report_files import check_writable, write_report
from ops.standard_output import print_lines
from ops.table_scan import CapacityLimit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from ops.reconcile.reconciliation import Reconciliation
    from ops.replay.crew import Crew
    from ops.replay.engine import Progress
    from ops.replay.job import Job
    from ops.stack_outputs import StackOutputs

_STANDARD_OUTPUT = "-"
_ALONE_BYTES = 16 * 1024 * 1024
"""Up to this size one process is faster: to start others takes a second."""

_DESCRIPTION = """\
Compares journal exports with the DynamoDB tables of a stack, item by item: what
is missing, stale, ahead of the export or not in it, tombstones where documents
live and the reverse, other hashes, items of another configuration, and data of
revisions that are redacted anywhere in SOURCE. The history table is compared
revision by revision.

--deep compares all attributes too, with those that the function would write.
From a JSON export, items that differ only by what JSON has lost count as
retyped, which is not wrong.

The ledger may be in use meanwhile. What was committed after the last block of
SOURCE counts as newer, which is not wrong either, unless --ended says that
SOURCE is the end of the journal.

Every item is read, consistently: a table of 1 GB costs about 262,000 read
units. --rcu limits how many a second. Memory does not grow with the tables; the
temporary folder (TMPDIR) needs about 110 bytes for each revision and each item,
and 170 with --deep.

--repair sends the documents that differ through the replay: their newest
revision and their history are written again, under the function's conditions.
It never touches what is newer, ahead or not in SOURCE; --remove-extra also
deletes items of documents and revisions that SOURCE does not have, after
asking. Run the command again to see that nothing is left.

exit status: 0 equal, 1 differences, 2 something could not be read, or the
command could not run, 130 interrupted
"""

_EXAMPLES = """\
  python -m ops reconcile exports/ --stack dev --deep  compare all attributes
  python -m ops reconcile exports/ --stack dev --rcu 500 --html report.html
  python -m ops reconcile exports/ --stack dev --deep --repair
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    stack_option.add_to(parser)
    add_tables(parser, "compare")
    parser.add_argument("--deep", action="store_true", help="compare all attributes")
    parser.add_argument(
        "--ended",
        action="store_true",
        help="the journal ends with SOURCE: what is newer is wrong too",
    )
    parser.add_argument(
        "--rcu",
        type=positive_number("number of read units"),
        metavar="N",
        help="consume at most N read units a second (default: no limit)",
    )
    parser.add_argument(
        "--limit",
        type=positive_integer,
        default=20,
        metavar="N",
        help="list at most N differences of each kind (default: %(default)s); all are counted",
    )
    parser.add_argument(
        "--json", metavar="FILE", help="write the result as JSON; - for the standard output"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to keep")
    parser.add_argument("--repair", action="store_true", help="write what differs again")
    parser.add_argument(
        "--wcu",
        type=positive_number("number of write units"),
        metavar="N",
        help="with --repair: use at most N write units a second",
    )
    parser.add_argument(
        "--remove-extra",
        action="store_true",
        help="with --repair: delete items that SOURCE does not have",
    )
    parser.add_argument("--yes", action="store_true", help="with --remove-extra: do not ask")
    parser.add_argument(
        "--accept-expired-tombstones",
        action="store_true",
        help="with --repair: repair although tombstones of later deletes may have expired",
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    try:
        return _reconciled(options, console)
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return Outcome.NOT_READ.value


COMMAND = Command(
    name="reconcile",
    summary="compare journal exports with the tables",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _reconciled(options: argparse.Namespace, console: Console) -> int:
    _check(options)
    outputs = stack_option.read(options, console)
    repairs = _Repairs(options, console, outputs) if options.repair else None
    if repairs is not None:
        repairs.check()
    with comparison_progress(console) as progress:
        found = reconcile(
            options.source,
            outputs.settings,
            connections.dynamodb(outputs),
            ReconcileOptions(
                tables=options.tables,
                strand_id=options.strand,
                processes=options.processes,
                is_deep=options.deep,
                is_ended=options.ended,
                limit=options.limit,
                command=_command(options),
            ),
            limit=CapacityLimit(options.rcu),
            progress=progress,
            differs=(lambda _: None) if repairs is None else repairs.found.add,
        )
    _report(options, found)
    if repairs is not None and repairs.run(found):
        return STATUS_INTERRUPTED
    return found.outcome.value


def _check(options: argparse.Namespace) -> None:
    if not options.repair and (
        options.remove_extra or options.wcu or options.accept_expired_tombstones
    ):
        raise OpsError(
            "--remove-extra, --wcu and --accept-expired-tombstones belong to --repair: add it"
        )
    if options.yes and not options.remove_extra:
        raise OpsError("--yes belongs to --remove-extra: add it")
    for path in _files(options):
        check_writable(path)


def _files(options: argparse.Namespace) -> Iterator[Path]:
    if options.json not in {None, _STANDARD_OUTPUT}:
        yield Path(options.json)
    if options.html is not None:
        yield options.html


def _report(options: argparse.Namespace, found: Reconciliation) -> None:
    if options.html is not None:
        write_report(options.html, report_html.html(found))
    if options.json == _STANDARD_OUTPUT:
        print_lines([report_json.json_text(found)])
        return
    if options.json is not None:
        write_report(Path(options.json), report_json.json_text(found))
    print_lines(report_text.summary(found))


def _command(options: argparse.Namespace) -> str:
    """Return the command line, without what changes only speed and reports."""
    words = ["python", "-m", "ops", "reconcile", options.source]
    if options.stack is not None:
        words += ["--stack", options.stack]
    else:
        words += ["--outputs", str(options.outputs)]
    if options.strand is not None:
        words += ["--strand", options.strand]
    if options.tables:
        words += ["--tables", ",".join(sorted(options.tables))]
    words += ["--deep"] * options.deep + ["--ended"] * options.ended
    return shlex.join(words)


class _Repairs:
    """Repairs what a comparison finds."""

    def __init__(
        self, options: argparse.Namespace, console: Console, outputs: StackOutputs
    ) -> None:
        self._options = options
        self._console = console
        self._outputs = outputs
        self.found = ToRepair(keeps_extra=options.remove_extra)

    def check(self) -> None:
        """Raise an error before anything is read, if nothing may be written."""
        refuse_outdated(self._outputs, connections.functions(self._outputs))
        if not self._options.accept_expired_tombstones:
            with reading_progress(self._console) as progress:
                self._repair(progress).refuse_expired_tombstones()

    def run(self, found: Reconciliation) -> bool:
        """Repair, tell what was done, and return whether it was interrupted."""
        self.found.refuse_too_much()
        lines: list[str] = []
        is_interrupted = False
        if self.found.wanted:
            is_interrupted = self._write(lines)
        if self.found.extra and not is_interrupted:
            self._remove(found, lines)
        if not (self.found.wanted or self.found.extra):
            lines.append("Nothing to repair.")
        self._tell(lines)
        return is_interrupted

    def _write(self, lines: list[str]) -> bool:
        def announce() -> None:
            self._console.print("stopping after the objects in flight; Ctrl-C again stops at once")

        with (
            end_on_request(announce) as stop,
            reading_progress(self._console) as progress,
        ):
            repair = self._repair(progress, stop=stop)
            ending, tally = repair.repair(self.found)
        documents = plural(len(self.found.wanted), "document")
        lines.append(
            f"Repaired {documents}: {tally.applied:,} items and {tally.history:,} of the history "
            "were written."
        )
        quarantined = tally.quarantined.total()
        if quarantined:
            lines.append(f"{plural(quarantined, 'revision')} went to the failure bucket.")
        lines.append(
            "Interrupted: run the command again for the rest."
            if ending.is_interrupted
            else "Run the command again to see that nothing is left."
        )
        return ending.is_interrupted

    def _remove(self, found: Reconciliation, lines: list[str]) -> None:
        extra = self.found.extra
        question = f"Delete {plural(len(extra), 'item')} that the export does not have?"
        if not self._options.yes and not confirmed(self._console, question, "nothing was deleted"):
            lines.append("No extra item was deleted.")
            return
        client = connections.dynamodb(self._outputs)
        deleted = 0
        for each in extra:
            table = found.table_of(each)
            deleted += remove_extra(client, table.table_name, each, has_versions=each.place is None)
        lines.append(f"Deleted {plural(deleted, 'extra item')}.")
        if deleted < len(extra):
            lines.append(f"{len(extra) - deleted:,} have changed meanwhile and were left.")

    def _repair(self, progress: Progress, *, stop: Callable[[], bool] = lambda: False) -> Repair:
        options = self._options
        return Repair(
            location=options.source,
            strand_id=options.strand,
            settings=self._outputs.settings,
            tables=options.tables,
            crew_of=self._crew,
            progress=progress,
            stop=stop,
        )

    def _crew(self, job: Job, size: int) -> Crew:
        processes = 1 if size <= _ALONE_BYTES else self._options.processes
        units = self._options.wcu
        opening = Opening(
            job=job,
            outputs=self._outputs,
            write_units=None if units is None else units / processes,
        )
        if processes == 1:
            return CrewOfOne(make_worker(opening))
        return ProcessCrew(partial(make_worker, opening), processes)

    def _tell(self, lines: Sequence[str]) -> None:
        if self._options.json == _STANDARD_OUTPUT:
            for line in lines:
                self._console.print(line)
        else:
            print_lines(["", *lines])

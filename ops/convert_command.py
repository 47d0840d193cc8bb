"""The command `python -m ops convert`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ops import connections, stack_option
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, Command
from ops.convert.conversion import convert
from ops.convert.destination import open_destination
from ops.convert.summary import converted_lines
from ops.deployed_function import refuse_outdated
from ops.exports.catalogue import catalogue
from ops.exports.options import add_source, chosen_sequence
from ops.exports.probing import block_range
from ops.exports.reading_progress import reading_progress
from ops.exports.source import open_source
from ops.interruption import end_on_request
from ops.replay.job import Job
from ops.replay.plan import plan_of
from ops.replay.selected import add_tables, chosen_tables, missing_parts
from ops.standard_output import print_lines

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

_DESCRIPTION = """\
Converts journal exports to the form that DynamoDB imports from S3 into a new
table (DYNAMODB_JSON, gzip): exactly the items that `python -m ops replay` would
write, one for each key, in no order. It writes a folder for each table of the
stack below --to, and one for the history, with a manifest that `pulumi up`
checks. What is not complete, because a part of SOURCE is missing or damaged, is
not imported.

An import costs about a third of what the same writes cost, and no capacity of
the table, but it makes new tables only: convert with the outputs of a stack
that has the tables' configuration, then set `importFrom` for a table that does
not exist yet. A live stream or a replay may follow.

What DynamoDB would refuse goes to the stack's failure bucket, and the next
lower version is taken: one bad item would end an import half-way.

The temporary folder (TMPDIR) needs space for all items as JSON: about as much
as a binary export, up to three times as much with the history.

exit status: 0 everything is converted, 1 something is in the failure bucket,
could not be read or is missing in the source, or the command could not run, 130
interrupted
"""

_EXAMPLES = """\
  python -m ops convert exports/ --stack dev --to s3://bucket/import/
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    stack_option.add_to(parser)
    parser.add_argument(
        "--to",
        required=True,
        metavar="DESTINATION",
        help="an empty folder, or s3://bucket/prefix/ without any object",
    )
    add_tables(parser, "convert")


def _run(options: argparse.Namespace, console: Console) -> int:
    outputs = stack_option.read(options, console)
    refuse_outdated(outputs, connections.functions(outputs))
    destination = open_destination(options.to)
    destination.refuse_unless_empty()
    found = catalogue(open_source(options.source), block_range)
    sequence = chosen_sequence(found, options.strand)
    missing = missing_parts(found, sequence)
    for each in missing:
        console.print(f"warning: {each}", style="yellow")
    job = Job(
        location=options.source,
        strand_id=sequence.strand_id,
        settings=outputs.settings,
        tables=chosen_tables(options.tables, outputs.settings),
    )

    def announce() -> None:
        console.print("stopping after the objects in flight; Ctrl-C again stops at once")

    with (
        tempfile.TemporaryDirectory(prefix="convert-") as folder,
        end_on_request(announce) as stop,
        reading_progress(console) as progress,
    ):
        converted = convert(
            job,
            plan_of(sequence),
            outputs,
            folder=Path(folder),
            to=options.to,
            is_whole=not missing,
            processes=options.processes,
            stop=stop,
            progress=progress,
        )
    print_lines(converted_lines(converted, destination.location))
    if converted.ending.is_interrupted:
        return STATUS_INTERRUPTED
    failed = converted.tally.quarantined or converted.ending.unread or missing
    return STATUS_FAILED if failed else STATUS_OK


COMMAND = Command(
    name="convert",
    summary="convert journal exports to what DynamoDB imports into new tables",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)

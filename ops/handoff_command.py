"""The command `python -m ops handoff`."""

from __future__ import annotations

import argparse
import json
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import SpinnerColumn, TextColumn

from ops import stack_option
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, Command
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import add_journal, chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.handoff.export_end import ExportEnd, export_end
from ops.handoff.report import StreamReading, export_lines, json_report, stream_lines
from ops.handoff.stream_content import StreamContent
from ops.handoff.verdict import Outcome, verdict
from ops.interruption import end_on_request
from ops.progress_display import ProgressDisplay
from ops.stack_outputs import text
from ops.standard_output import print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ops.handoff.stream_reader import StreamReader

STATUS_NOT_READ = 2

_WAIT_SECONDS = 30.0

_DESCRIPTION = """\
Tells where an export ends, and whether a stream goes on from there without a
gap.

To go on from an export with a stream, replay the export, and start the QLDB
stream at or before the time of the export's last block. What both have is
applied once: an item is only ever replaced by a higher version. What neither
has is lost without a word, so this command looks for it.

Without --stack it tells the last block, its time, and the setting
`inclusiveStartTime` that a stream needs. With --stack it also reads the stack's
Kinesis stream from the oldest record that is left, in all shards, those that a
resharding has closed too. From the export on, it must find the summary of each
block (BLOCK_SUMMARY) up to the highest block of which anything was delivered.
Order and repetition do not matter. Records of other journals are counted and
reported.

It reads up to 1 MB a second of each shard, half of what a shard serves, so that
the function beside it is not throttled. It ends where the stream ended when it
started; if blocks are missing there, it waits for them for a while, because
QLDB delivers out of order. It changes nothing, and needs little memory, however
long the stream is.

exit status: 0 contiguous, also if the stream has nothing newer, 1 blocks are
missing, 2 something could not be read, or what was read does not tell, 130
interrupted
"""

_EXAMPLES = """\
  python -m ops handoff exports/                      where an export ends
  python -m ops handoff exports/ --stack dev          whether the stream goes on
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_journal(parser)
    stack_option.add_to(parser, is_required=False)
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=_WAIT_SECONDS,
        metavar="SECONDS",
        help="how long to wait at the end of the stream for blocks that are missing "
        "(default: %(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(options: argparse.Namespace, console: Console) -> int:
    try:
        return _checked(options, console)
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return STATUS_NOT_READ


COMMAND = Command(
    name="handoff",
    summary="check that a stream goes on where an export ends",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _checked(options: argparse.Namespace, console: Console) -> int:
    reader = _reader(options, console)
    source = open_source(options.source)
    found = catalogue(source, block_range)
    end = export_end(source, found, chosen_sequence(found, options.strand))
    export_gaps = end.blocks.gaps(end.first, max(end.last, end.named_last))
    if not options.json:
        print_lines(export_lines(end, export_gaps))
    if reader is None:
        status = STATUS_FAILED if export_gaps else STATUS_OK
        reading = None
    else:
        reading, is_interrupted = _read(options, console, reader, end)
        status = STATUS_INTERRUPTED if is_interrupted else _status(reading.verdict.outcome)
        if not options.json:
            print_lines(["", *stream_lines(end, reading)])
    if options.json:
        print_lines([json.dumps(json_report(end, export_gaps, reading, status), indent=2)])
    return status


def _reader(options: argparse.Namespace, console: Console) -> StreamReader | None:
    """Return what reads the stack's stream; None without a stack."""
    if options.stack is None and options.outputs is None:
        return None
    # An export in a folder needs no AWS, and importing boto3 takes a good part of a second.
    from ops import connections  # noqa: PLC0415 (see above)
    from ops.handoff.stream_reader import StreamReader  # noqa: PLC0415 (see above)

    outputs = stack_option.read(options, console)
    return StreamReader(connections.kinesis(outputs), text(outputs.values, "streamArn"))


def _read(
    options: argparse.Namespace, console: Console, reader: StreamReader, end: ExportEnd
) -> tuple[StreamReading, bool]:
    """Read the stream, and return what was found and whether it was interrupted."""
    content = StreamContent(strand_id=end.strand_id)

    def announce() -> None:
        console.print("stopping; Ctrl-C again stops at once")

    def is_enough() -> bool:
        return verdict(end, content).outcome in {Outcome.CONTIGUOUS, Outcome.NOTHING_NEWER}

    with end_on_request(announce) as stop, _progress(console, reader, content) as show:
        reader.open()

        def should_stop() -> bool:
            show()
            return stop()

        reader.read(content.take, stop=should_stop, is_enough=is_enough, wait_seconds=options.wait)
        is_interrupted = stop()
    is_at_end = reader.is_at_end
    return (
        StreamReading(
            label=reader.label,
            shards=reader.shards,
            content=content,
            is_at_end=is_at_end,
            verdict=verdict(end, content, is_at_end=is_at_end),
        ),
        is_interrupted,
    )


def _status(outcome: Outcome) -> int:
    if outcome is Outcome.UNKNOWN:
        return STATUS_NOT_READ
    return STATUS_FAILED if outcome is Outcome.GAP else STATUS_OK


@contextmanager
def _progress(
    console: Console, reader: StreamReader, content: StreamContent
) -> Iterator[Callable[[], None]]:
    """Show how far the stream is read, where the console is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with ProgressDisplay(*columns, console=console) as progress:
        task = progress.add_task("reading the stream", total=None)

        def show() -> None:
            if reader.is_at_end:
                state = "at the end, waiting for missing blocks"
            else:
                state = f"{_duration(reader.behind_seconds)} behind the newest record"
            last = "none yet" if content.last is None else f"{content.last:,}"
            progress.update(
                task,
                description=f"{content.records:,} records of {reader.label}, {state}, "
                f"highest block {last}",
            )

        yield show


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{minutes:.1f} min" if minutes >= 1 else f"{seconds:.0f} s"


def _seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{value} is no number of seconds: expected 0 or more")
    return number

"""The command `python -m ops inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.command import STATUS_OK, Command
from ops.errors import OpsError
from ops.exports.inspection_json import json_text
from ops.exports.inspection_text import inspection_lines
from ops.exports.inspector import Progress, inspect
from ops.exports.options import add_location
from ops.exports.reading_progress import reading_progress
from ops.standard_output import print_lines

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

STATUS_NOT_READ = 2

_DESCRIPTION = """\
Tells what is in journal exports of Amazon QLDB: exports and their formats, the
ledger, blocks and dates, gaps and overlaps, tables with their documents,
digests and proofs beside them, what it would take to load them into DynamoDB,
and what to know before. Nothing is changed, and no document is printed.

SOURCE is a folder, a file, or s3://bucket/prefix. A prefix is taken as it is,
as QLDB takes the prefix of an export: end it with / to read one folder only. A
folder needs no AWS account. Exports are found by their manifests
(*.completed.manifest), in Ion binary, Ion text or JSON; objects without a
manifest by their names. Objects may be compressed with gzip.

The temporary folder (TMPDIR) needs about 41 bytes for each revision.

exit status: 0 everything was read, 2 something could not be read, 130
interrupted
"""

_EXAMPLES = """\
  python -m ops inspect exports/                      what a folder holds
  python -m ops inspect s3://bucket/prefix/ --json | jq .toKnow
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_location(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(options: argparse.Namespace, console: Console) -> int:
    try:
        with reading_progress(console) as progress:

            def advance(done: Progress) -> None:
                progress.advance(done.bytes, done.revisions)

            found = inspect(
                options.source,
                processes=options.processes,
                start=lambda total: progress.start(total, "inspecting"),
                advance=advance,
            )
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return STATUS_NOT_READ
    print_lines([json_text(found)] if options.json else inspection_lines(found))
    return STATUS_NOT_READ if found.problems or not found.strands else STATUS_OK


COMMAND = Command(
    name="inspect",
    summary="tell what is in journal exports",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)

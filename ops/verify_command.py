"""The command `python -m ops verify`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from journal.exports.selection import Selection
from ops.command import Command
from ops.errors import OpsError
from ops.exports import verification_options
from ops.exports.options import add_source, add_time_limits, time_limits
from ops.exports.reading_progress import reading_progress
from ops.exports.verification import Outcome
from ops.exports.verifier import Progress, VerifyOptions, verify
from ops.option_types import table_names

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

_DESCRIPTION = """\
Verifies journal exports: every revision against its hash, the revisions and
statements against their block, each block against the one before, the objects
against their names and manifests, and a digest through its proof. SOURCE is a
folder, a file or s3://bucket/prefix/, with one export of a ledger or many;
digests and proofs beside them are found by themselves.

JSON has lost the types of some values: QLDB's own fields are verified exactly,
and for documents types are tried until the hash fits. A revision for which none
fits is "not provable in this format", which does not mean that it was changed.

Exit status: 0 proven, 1 not proven, 2 something could not be read.
"""

_EXAMPLES = """\
  python -m ops verify exports/                       verify what is in a folder
  python -m ops verify s3://bucket/prefix/ --html report.html
  python -m ops verify exports/ --digest digest.json --proof proof.json
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    verification_options.add_proofs(parser)
    parser.add_argument(
        "--tables",
        type=table_names,
        default=frozenset(),
        metavar="NAME,...",
        help="verify the revisions of these ledger tables only, by name or id",
    )
    add_time_limits(parser, "verify")
    verification_options.add_reports(parser)


def _run(options: argparse.Namespace, console: Console) -> int:
    try:
        return _verified(options, console)
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return Outcome.NOT_READ.value


def _verified(options: argparse.Namespace, console: Console) -> int:
    selection = Selection(options.tables, *time_limits(options))
    proofs = verification_options.proofs(options)
    reports = verification_options.reports(options)
    with reading_progress(console) as progress:

        def advance(done: Progress) -> None:
            progress.advance(done.bytes, done.revisions)

        verification = verify(
            options.source,
            VerifyOptions(
                selection=selection,
                strand_id=options.strand,
                proofs=proofs,
                processes=options.processes,
                command=_command(options),
            ),
            start=lambda total: progress.start(total, "verifying"),
            advance=advance,
        )
    return verification_options.tell(verification, reports)


COMMAND = Command(
    name="verify",
    summary="verify journal exports",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _command(options: argparse.Namespace) -> str:
    """Return the command line, without what changes only speed and reports."""
    words = ["python", "-m", "ops", "verify", options.source]
    return shlex.join([*words, *verification_options.words(options)])

"""The command `show`, which compares the ledger with DynamoDB."""

from __future__ import annotations

import argparse
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from qldb_simulator.client import LedgerClient
from rich.console import Console

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from local import aws
from local.comparison import Verdict, compare, compare_history, count
from local.comparison_output import comparison_table, difference_lines, summaries
from local.examples import command, python
from local.journal_view import ServedJournal
from local.progress import ProgressLine
from local.replica import Replica
from local.replication_activity import reason_for_delay
from local.running import deployed, stack_name
from local.settling import compare_until_settled, final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HELP = "compare the ledger with DynamoDB, document by document; --diff says in what they differ"

WAIT_SECONDS = 60.0
EXIT_DIFFERENT = 1
EXIT_ON_ITS_WAY = 3
_BRIEF_SECONDS = 2.0
_PAUSE_SECONDS = 0.25
_EPILOG = """\
The last column:
  yes         version, state, hash and every attribute are the ledger's
  removed     the document's table was dropped, and its generation removed from
              DynamoDB (python -m ops generations --remove)
  on its way  the item is older than the ledger's revision, or not there yet,
              and records may still arrive: look again, or use --wait
  NO          the item is wrong, or it is missing and nothing is on its way any
              more

A history holds what arrived since it was switched on, with the attributes that
were configured then: older revisions are missing in it, and differ. After
`history: false`, only what is left in it is compared.

exit status: 0 all documents are equal, 1 a document differs, 3 none differs,
but some are still on their way. With --wait, what has not arrived in time
differs.

examples:
  python -m local show --diff             in which attributes they differ
  python -m local show --wait             after a `put`, or during a backfill
  python -m local show --wait 300 --diff
  python -m local logs function           why a document does not arrive
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Compare each document of the replicated tables with its item in DynamoDB.\n"
        f"Documents that are behind get {_BRIEF_SECONDS:.0f} seconds."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "--diff",
        action="store_true",
        help="print which attributes differ, with the ledger's and DynamoDB's values",
    )
    parser.add_argument(
        "--wait",
        nargs="?",
        type=_seconds,
        const=WAIT_SECONDS,
        metavar="SECONDS",
        help="wait until nothing is on its way, at most so long "
        f"(default: {WAIT_SECONDS:.0f}); what is missing then differs",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a document differs."""
    services, outputs = deployed(options.state)
    ledger, endpoint = LedgerClient(services.endpoints.qldb), services.endpoints.emulator
    delay = partial(reason_for_delay, ledger, outputs, endpoint)
    journal = ServedJournal(ledger, str(outputs["ledgerName"]))
    replica = Replica(outputs, aws.client("dynamodb", endpoint))
    with ProgressLine() as progress:
        rows = compare_until_settled(
            lambda: [*compare(journal, replica), *compare_history(journal, replica)],
            seconds=_BRIEF_SECONDS if options.wait is None else options.wait,
            pause=_PAUSE_SECONDS,
            is_delayed=lambda rows: delay(rows) is not None,
            progress=partial(_waiting, progress) if options.wait is not None else _say_nothing,
        )
    behind = count(rows, Verdict.BEHIND)
    reason = delay(rows) if behind else None
    if reason is None or options.wait is not None:
        rows = final(rows)
    Console().print(comparison_table([row for row in rows if not row.is_revision]))
    if options.diff:
        for line in difference_lines(rows):
            print(line)
    for line in summaries(rows):
        print(line)
    if behind and reason is not None:
        print(f"Not all have arrived: {reason}")
    if behind or count(rows, Verdict.DIFFERENT):
        _name_quarantined(outputs, endpoint, options.state)
    if count(rows, Verdict.DIFFERENT):
        return EXIT_DIFFERENT
    return EXIT_ON_ITS_WAY if count(rows, Verdict.BEHIND) else 0


def _waiting(progress: ProgressLine, behind: int, waited: float) -> None:
    progress.show(f"Waiting for documents on their way: {behind}, {waited:.0f} s")


def _say_nothing(_behind: int, _waited: float) -> None:
    """Report no progress of a wait that is short."""


def _name_quarantined(outputs: Mapping[str, Any], endpoint: str, state: Path) -> None:
    """Say that failures are pending, of which one may be what is missing."""
    paginator = aws.client("s3", endpoint).get_paginator("list_objects_v2")
    pending = sum(
        page["KeyCount"]
        for prefix in (RECORDS_PREFIX, BATCHES_PREFIX)
        for page in paginator.paginate(Bucket=outputs["failureBucketName"], Prefix=prefix)
    )
    if pending:
        objects = "1 object" if pending == 1 else f"{pending} objects"
        print(
            f"{objects} in the failure bucket; this shows why:\n"
            f'  eval "$({command(state)} env)"; {python()} -m ops failures '
            f"--stack {stack_name(state)}"
        )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds: expected 0 or more")
    return seconds

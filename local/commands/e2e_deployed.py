"""The command `e2e-deployed`, which tests a deployed stack from end to end."""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TYPE_CHECKING

from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.transaction import MAX_ACTIVE_TABLES

from local.comparison import differences
from local.comparison_output import difference_lines, summaries
from local.deployed_check import DeployedCheck
from local.errors import LocalError
from local.kinesis_target import KinesisTarget
from local.lag import lag_text
from local.ledger_feed import LedgerFeed
from local.progress import ProgressLine, show_progress
from local.replica import Replica
from ops import connections, stack_outputs
from ops.errors import aws_errors
from ops.option_types import positive_number

if TYPE_CHECKING:
    from local.comparison import Row

HELP = "feed a deployed stack, here or on AWS, and compare its tables with the simulated ledger"

WAIT_SECONDS = 300.0
_EPILOG = """\
A simulated ledger in this process writes a history of every replicated ledger table to the stack's
stream: inserts, updates, deletes, redactions, and a table that is dropped and created again, each
record twice and in any order, then the whole journal once more. When the tables (and the history
table, if the stack has one) hold it, ten more documents measure the lag, and everything is compared
attribute by attribute. Only documents of this run are read: others may be in the tables.

The command knows nothing but the stack's outputs, and AWS's usual credentials and endpoints. It
needs kinesis:DescribeStreamSummary and kinesis:PutRecords on the stream, dynamodb:BatchGetItem on
the tables and dynamodb:Query on the history table; with a customer managed key, on that key also
kms:GenerateDataKey and kms:Decrypt.

What it writes stays in the tables. Each run has table ids of its own, so that
`python -m ops generations` lists it apart, and can remove it (the newest one with --force). Do not
run it on a stack whose readers would take these documents for real ones.

exit status: 0 no difference, 1 a difference, or the command could not run, 130 interrupted

examples:
  pulumi stack output --json > outputs.json; make e2e-deployed OUTPUTS=outputs.json
  AWS_PROFILE=dev python -m local e2e-deployed --outputs outputs.json --wait 600
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Feed a deployed stack and compare its tables with the simulated ledger."
    parser.epilog = _EPILOG
    parser.add_argument(
        "--outputs",
        type=Path,
        required=True,
        metavar="FILE",
        help="the output of `pulumi stack output --json`",
    )
    parser.add_argument(
        "--wait",
        type=positive_number("number of seconds"),
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help="wait at most so long for what was written (default: %(default)g)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a document differs."""
    outputs = stack_outputs.content(options.outputs)
    stack = stack_outputs.parse(outputs)
    if (difference := stack_outputs.version_difference(stack.version)) is not None:
        show_progress(f"warning: {difference}")
    replica = Replica(outputs, connections.dynamodb(stack))
    if len(replica.tables) > MAX_ACTIVE_TABLES:
        raise LocalError(
            f"the stack replicates {len(replica.tables)} ledger tables, and a ledger has at most "
            f"{MAX_ACTIVE_TABLES}: test a stack with fewer entries in replicaTables"
        )
    target = KinesisTarget.find(outputs["streamArn"])
    feed = LedgerFeed(
        target.client,
        target.arn,
        DeliveryOptions(copies=2, shuffle=True, seed=random.randrange(2**31)),
    )
    check = DeployedCheck(feed, replica, show_progress)
    show_progress(f"A simulated ledger with {', '.join(replica.tables)}, on {target.label}")
    with ProgressLine(in_logs=True) as progress, aws_errors("the stack's stream and tables"):

        def waiting(behind: int, waited: float) -> None:
            progress.show(f"Waiting for {behind} items, {waited:.0f} of {options.wait:.0f} s")

        check.write()
        rows = check.settle(options.wait, waiting)
        if not differences(rows):
            show_progress("All have arrived; measuring the lag")
            lags = check.lags(options.wait)
            rows = check.settle(options.wait, waiting)
            progress.clear()
            print(f"End-to-end lag, commit to item, {lag_text(lags)}")
    return _result(rows, options.outputs)


def _result(rows: list[Row], file: Path) -> int:
    for line in (*difference_lines(rows), *summaries(rows)):
        print(line)
    number = differences(rows)
    print(f"{number} difference{'' if number == 1 else 's'}")
    show_progress(
        f"These documents stay in the tables: `python -m ops generations --outputs {file}`"
    )
    if number:
        show_progress(
            "Records that the function could not apply: "
            f"`python -m ops failures --outputs {file}`; its log and its metrics say more"
        )
    return 1 if number else 0

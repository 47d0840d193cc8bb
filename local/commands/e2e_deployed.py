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
from local.ledger_feed import LedgerFeed
from local.progress import ProgressLine, show_progress
from local.replica import Replica
from ops import connections, stack_outputs
from ops.deployed_function import refuse_outdated
from ops.errors import aws_errors
from ops.option_types import positive_number

if TYPE_CHECKING:
    from local.deployed_check import Outcome

HELP = "feed a deployed stack, here or on AWS, and compare its tables with the simulated ledger"

WAIT_SECONDS = 300.0
_EPILOG = """\
A simulated ledger in this process writes a history of every replicated ledger
table to the stack's stream: inserts, updates, deletes, redactions, and a table
that is dropped and created again, each record twice and in any order, then the
whole journal once more. When the tables (and the history table, if the stack
has one) hold it, ten more documents measure the lag, and everything is compared
attribute by attribute. The first of the ten that does not arrive in time ends
the run. Only documents of this run are read: others may be in the tables.

The command knows nothing but the stack's outputs, and AWS's usual credentials
and endpoints. It needs kinesis:DescribeStreamSummary and kinesis:PutRecords on
the stream, lambda:GetFunctionConfiguration on the function,
dynamodb:BatchGetItem on the tables and dynamodb:Query on the history table;
with a customer managed key, on that key also kms:GenerateDataKey and
kms:Decrypt.

What it writes stays in the tables. Each run has table ids of its own, so that
`python -m ops generations` lists it apart, and can remove it (the newest one
with --force). Do not run it on a stack whose readers would take these documents
for real ones.

exit status: 0 no difference, and all ten documents arrived; 1 a difference, a
document that did not arrive, or the command could not run; 130 interrupted

examples:
  pulumi stack output --json > outputs.json
  make e2e-deployed OUTPUTS=outputs.json WAIT=600
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
        help="wait at most so long in all, once everything is written (default: %(default)g)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a document differs or did not arrive."""
    outputs = stack_outputs.content(options.outputs)
    stack = stack_outputs.parse(outputs)
    if (difference := stack_outputs.version_difference(stack.version)) is not None:
        show_progress(f"warning: {difference}")
    refuse_outdated(stack, connections.functions(stack))
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
    show_progress(f"A simulated ledger with {', '.join(replica.tables)}, on {target.label}")
    with ProgressLine(in_logs=True) as progress, aws_errors("the stack's stream and tables"):

        def report(line: str) -> None:
            progress.clear()
            show_progress(line)

        def waiting(what: str, waited: float) -> None:
            progress.show(f"Waiting for {what}, {waited:.0f} of {options.wait:.0f} s")

        check = DeployedCheck(feed, replica, report)
        check.write()
        outcome = check.verify(options.wait, waiting)
    _print(outcome, options.wait)
    show_progress(
        "These documents stay in the tables: "
        f"`python -m ops generations --outputs {options.outputs}`"
    )
    if outcome.has_passed:
        return 0
    show_progress(
        "Records that the function could not apply: "
        f"`python -m ops failures --outputs {options.outputs}`; its log and its metrics say more"
    )
    return 1


def _print(outcome: Outcome, wait: float) -> None:
    lags = outcome.lags
    if lags is not None:
        print(f"End-to-end lag, commit to item: {lags.text}")
    for line in (*difference_lines(outcome.rows), *summaries(outcome.rows)):
        print(line)
    number = differences(outcome.rows)
    print(f"{number} difference{'' if number == 1 else 's'}")
    if lags is not None and not lags.all_arrived:
        print(
            f"Only {len(lags.seconds)} of {lags.probes} documents that measure the lag arrived "
            f"before the {wait:g} s were over; if the stack is only slow, raise --wait"
        )

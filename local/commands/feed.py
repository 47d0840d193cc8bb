"""The command `feed`, which writes a simulated ledger's journal to any Kinesis stream."""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING

from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.transaction import MAX_ACTIVE_TABLES

from local.errors import LocalError
from local.example_transactions import RandomTransactions
from local.kinesis_target import KinesisTarget
from local.ledger_feed import LedgerFeed
from local.progress import ProgressLine, show_progress
from ops.errors import aws_errors
from ops.option_types import positive_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.ledger_feed import FeedCounts

HELP = "write a simulated ledger's journal to a Kinesis stream, here or on AWS"

MAX_TRANSACTIONS = 100_000
"""The ledger is in this process's memory, with about 10 kB for each transaction."""

_TICK_SECONDS = 0.25
_MAX_DIGITS = 20
_MAX_TRANSACTIONS_PER_TICK = 100
_EPILOG = """\
A simulated ledger in this process commits random inserts, updates, deletes and
redactions, and writes its journal to the stream as QLDB did: a CONTROL record,
then the summary and the revisions of each block, in aggregates. Nothing else is
needed: no server, no stack. Ids of tables and documents are new in each run, so
several runs, here or elsewhere, do not disturb each other.

Credentials, region and endpoints are AWS's usual ones (AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL, ~/.aws). The user or role needs kinesis:DescribeStreamSummary
and kinesis:PutRecords on the stream; if the stream has a customer managed key,
kms:GenerateDataKey on that key.

exit status: 0 everything is written, 1 the stream does not exist or refuses,
130 interrupted

examples:
  python -m local feed --stream "$(pulumi stack output streamName)"
  python -m local feed --stream NAME --rate 200 --transactions 20000
  python -m local feed --stream NAME --ledger-table Person --ledger-table Car
  python -m local feed --stream NAME --copies 2 --shuffle    repeated, reordered
  AWS_PROFILE=dev python -m local feed \\
    --stream arn:aws:kinesis:eu-west-1:123456789012:stream/NAME
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Write a simulated ledger's journal to a Kinesis stream."
    parser.epilog = _EPILOG
    parser.add_argument(
        "--stream", required=True, metavar="NAME", help="name or ARN of the Kinesis stream"
    )
    parser.add_argument(
        "--transactions",
        type=_number(1, MAX_TRANSACTIONS),
        default=100,
        metavar="N",
        help=f"number of transactions, at most {MAX_TRANSACTIONS} (default: %(default)s)",
    )
    parser.add_argument(
        "--rate",
        type=positive_number("rate"),
        default=10.0,
        metavar="R",
        help="transactions a second, as far as this machine and the stream allow "
        "(default: %(default)g)",
    )
    parser.add_argument(
        "--ledger-table",
        action="append",
        dest="tables",
        metavar="TABLE",
        help="table of the ledger; may be repeated (default: Person)",
    )
    parser.add_argument(
        "--copies",
        type=_number(1, 10),
        default=1,
        metavar="N",
        help="deliveries of each record, at most 10 (default: %(default)s)",
    )
    parser.add_argument("--shuffle", action="store_true", help="deliver out of order")
    parser.add_argument(
        "--seed",
        type=_number(0, 2**31),
        metavar="N",
        help="same transactions and order for the same number, except for ids and times "
        "(default: another one in each run)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    tables = list(dict.fromkeys(options.tables or ["Person"]))
    if len(tables) > MAX_ACTIVE_TABLES:
        raise LocalError(
            f"--ledger-table is given {len(tables)} times: a ledger has at most "
            f"{MAX_ACTIVE_TABLES} tables"
        )
    target = KinesisTarget.find(options.stream)
    seed = random.randrange(2**31) if options.seed is None else options.seed
    feed = LedgerFeed(
        target.client,
        target.arn,
        DeliveryOptions(copies=options.copies, shuffle=options.shuffle, seed=seed),
    )
    transactions = RandomTransactions(feed.commit, tables, random.Random(seed))
    shards = "1 shard" if target.shards == 1 else f"{target.shards} shards"
    show_progress(
        f"Writing {options.transactions:,} transactions on {', '.join(tables)} to {target.label} "
        f"({shards})"
    )
    began = time.monotonic()
    with ProgressLine(in_logs=True) as progress, aws_errors(target.label):
        for counts in _paced(feed, transactions, options.transactions, options.rate):
            progress.show(_progress(counts, options.transactions, time.monotonic() - began))
        feed.complete()
    print(_summary(feed.counts, target.label, time.monotonic() - began))
    return 0


def _paced(
    feed: LedgerFeed, transactions: RandomTransactions, number: int, rate: float
) -> Iterator[FeedCounts]:
    """Commit and deliver transactions at a rate; yield the counts after each delivery."""
    began = time.monotonic()
    done = 0
    while True:
        tick = time.monotonic()
        due = min(number, 1 + int((tick - began) * rate), done + _MAX_TRANSACTIONS_PER_TICK)
        for _ in range(done, due):
            transactions.commit_next()
        if due > done:
            feed.deliver()
            yield feed.counts
        done = due
        if done == number:
            return
        behind = done < 1 + int((time.monotonic() - began) * rate)
        if not behind:
            time.sleep(_TICK_SECONDS)


def _progress(counts: FeedCounts, number: int, seconds: float) -> str:
    return (
        f"{counts.transactions:,} of {number:,} transactions, "
        f"{counts.transactions / max(seconds, _TICK_SECONDS):,.0f} a second"
        f"{_retried(counts)}"
    )


def _summary(counts: FeedCounts, label: str, seconds: float) -> str:
    return (
        f"Wrote {counts.transactions:,} transactions to {label} in {seconds:.1f} s: "
        f"{counts.records:,} records of QLDB in {counts.entries:,} Kinesis records"
        f"{_retried(counts)}"
    )


def _retried(counts: FeedCounts) -> str:
    return f", {counts.retried:,} refused at first and written again" if counts.retried else ""


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else -1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"expected an integer from {low} to {high}")
        return number

    return parse

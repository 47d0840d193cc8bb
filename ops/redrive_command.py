"""The command `python -m ops redrive`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from ops import connections, stack_option
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, Command
from ops.deployed_function import refuse_outdated
from ops.failure_objects import PREFIXES
from ops.interruption import end_on_request
from ops.option_types import positive_integer
from ops.progress_display import ProgressDisplay
from ops.record_processing import TIME_LIMIT_SECONDS, RecordProcessor, WritesNothing
from ops.redrive import Redrive
from ops.redrive_summary import OUTLIVED, TOMBSTONE_LIFETIME, Ending, Summary

if TYPE_CHECKING:
    import argparse
    from collections import Counter
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ops.failure_bucket import FailureBucket
    from ops.failure_queue import FailureQueue

_DESCRIPTION = """\
Sends the records of the failure bucket through the handler again, in this
process, with the configuration of the deployed stack. Order does not matter and
nothing is applied twice: an item is only ever replaced by a higher version.

An object is deleted once its records are applied or stale. A record that fails
again stays quarantined under the key of its position, with the new reason. The
command may be interrupted, and several may run at once.

The outputs must be those of the deployed function: with older ones, a redrive
would not write what was configured since, such as the history of a table. It
refuses to start then.

An object with a record of an unconfigured table or an unknown type also stays,
with the reason `ignored`: with an outputs file or a checkout older than the
stack, the records of a new table look the same, and this is the only copy. Once
you are sure that they are not needed, --drop-ignored deletes such objects.

exit status: 0 nothing is left to redrive, 1 a record failed again or was
ignored, or the command could not run, 130 interrupted
"""

_EXAMPLES = """\
  python -m ops redrive --stack dev --dry-run         show what would happen
  python -m ops redrive --stack dev --limit 10
  python -m ops redrive --stack dev                   work through the queue
  python -m ops redrive --stack dev --from-bucket     also what has no message
  python -m ops redrive --stack dev --drop-ignored    also delete records of
                                                      unconfigured tables
  pulumi stack output --json > outputs.json           where Pulumi is missing
  python -m ops redrive --outputs outputs.json
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    stack_option.add_to(parser)
    parser.add_argument(
        "--from-bucket",
        action="store_true",
        help="list the bucket instead of reading the queue, which drops messages after 14 days",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read and decode, but change nothing"
    )
    parser.add_argument(
        "--drop-ignored",
        action="store_true",
        help="also delete records of unconfigured tables and of unknown types",
    )
    parser.add_argument(
        "--limit", type=positive_integer, metavar="N", help="read at most N objects"
    )
    parser.add_argument(
        "--time-limit",
        type=positive_integer,
        metavar="SECONDS",
        default=int(TIME_LIMIT_SECONDS),
        help="for one object, retries after throttling included (default: %(default)s)",
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    """Redrive, print the summary, and return the exit status."""
    outputs = stack_option.read(options, console)
    refuse_outdated(outputs, connections.functions(outputs))
    summary = Summary()
    processor = RecordProcessor(
        settings=outputs.settings,
        writer=WritesNothing() if options.dry_run else connections.writer(outputs),
        time_limit=options.time_limit,
    )
    bucket = connections.failure_bucket(outputs)

    def announce() -> None:
        console.print("stopping after this object; Ctrl-C again stops at once")

    try:
        with end_on_request(announce) as stop, _progress(console) as (total, step):
            redrive = Redrive(
                bucket=bucket,
                processor=processor,
                summary=summary,
                limit=options.limit,
                dry_run=options.dry_run,
                drop_ignored=options.drop_ignored,
                stop=stop,
                progress=step,
            )
            if options.from_bucket:
                _all_objects(redrive, bucket, total)
            else:
                _queue(redrive, connections.failure_queue(outputs), total)
    finally:
        print("\n".join(summary_lines(summary, dry_run=options.dry_run)))
    if summary.interrupted:
        return STATUS_INTERRUPTED
    return STATUS_FAILED if summary.failed or summary.kept_for_ignored else STATUS_OK


COMMAND = Command(
    name="redrive",
    summary="send pending failures through the handler again",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _all_objects(redrive: Redrive, bucket: FailureBucket, total: Callable[[int], None]) -> None:
    keys = [key for prefix in PREFIXES for key in bucket.keys(prefix)]
    total(_at_most(len(keys), redrive.limit))
    redrive.objects(keys)


def _queue(redrive: Redrive, queue: FailureQueue, total: Callable[[int], None]) -> None:
    total(_at_most(queue.waiting(), redrive.limit))
    redrive.queue(queue)


def _at_most(number: int, limit: int | None) -> int:
    return number if limit is None else min(number, limit)


@contextmanager
def _progress(
    console: Console,
) -> Iterator[tuple[Callable[[int], None], Callable[[], None]]]:
    """Show a progress bar if the output is a terminal."""
    columns = (
        TextColumn("redrive"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with ProgressDisplay(*columns, console=console, transient=False) as progress:
        task = progress.add_task("redrive", total=None)
        yield (
            lambda number: progress.update(task, total=number),
            lambda: progress.advance(task),
        )


def summary_lines(summary: Summary, *, dry_run: bool) -> list[str]:
    """Return a summary as lines of text."""
    objects = summary.objects
    lines = ["Dry run: nothing was written or deleted."] if dry_run else []
    lines += [
        f"objects       {objects.total()} read: "
        + ", ".join(
            f"{objects[ending]} {text}"
            for ending, text in (
                (Ending.TRIED, "tried"),
                (Ending.REMOVED, "removed"),
                (Ending.KEPT, "kept"),
                (Ending.GONE, "already discarded, or deleted or changed by another run"),
            )
            if objects[ending] or (ending is Ending.REMOVED and not dry_run)
        ),
        f"{'would write' if dry_run else 'applied':<13} {summary.applied}",
        f"{'stale':<13} {summary.stale}",
        *([f"{'history':<13} {summary.history}"] if summary.history else []),
        f"{'ignored':<13} {summary.ignored.total()}{_by(summary.ignored)}",
        *_kept_for_ignored(summary.kept_for_ignored),
        f"{'fail again' if dry_run else 'failed again':<13} {summary.failed.total()}",
    ]
    lines += [
        f"{'':<13} {number} {reason}: {code}"
        for (reason, code), number in summary.failed.most_common()
    ]
    lines += _outlived(summary.failed)
    lines += [
        f"{'messages':<13} {number} {text}"
        for number, text in (
            (summary.test_events, "test events of S3"),
            (summary.foreign, "not S3's notifications of this bucket, left on the queue"),
            (summary.duplicates, "duplicates about an object that stays"),
        )
        if number
    ]
    if summary.interrupted:
        lines.append("Interrupted: run the command again for the rest.")
    return lines


def _outlived(failed: Counter[tuple[str, str]]) -> list[str]:
    if not failed[OUTLIVED, TOMBSTONE_LIFETIME]:
        return []
    return [
        f"{'':<13} Records older than the lifetime of tombstones may belong to deleted documents.",
        f"{'':<13} They stay. To apply them, stream the journal from its start into new tables.",
    ]


def _kept_for_ignored(objects: int) -> list[str]:
    if not objects:
        return []
    return [
        f"{'':<13} objects that stay for it: {objects}. Use the deployed stack's own outputs and",
        f"{'':<13} version, configure the table, or delete them with --drop-ignored.",
    ]


def _by(counts: dict[str, int]) -> str:
    text = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    return f" ({text})" if text else ""

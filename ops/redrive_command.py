"""`python -m ops redrive`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops import connections
from ops.failure_objects import PREFIXES
from ops.interruption import end_on_request
from ops.record_processing import RecordProcessor, WritesNothing
from ops.redrive import OUTLIVED, TOMBSTONE_LIFETIME, Ending, Redrive, Summary

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ops.failure_bucket import FailureBucket
    from ops.failure_queue import FailureQueue
    from ops.stack_outputs import StackOutputs

STATUS_FAILED = 1
STATUS_INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the operator asks for.

    Parameters
    ----------
    from_bucket
        Whether to work through the bucket's objects instead of the queue's messages.
    dry_run
        Whether to change nothing.
    drop_ignored
        Whether to remove what is ignored because of its table or its type.
    limit
        Most objects; None for all.
    time_limit
        Seconds for the records of one object.
    """

    from_bucket: bool = False
    dry_run: bool = False
    drop_ignored: bool = False
    limit: int | None = None
    time_limit: float


def run(outputs: StackOutputs, options: Options, console: Console) -> int:
    """Redrive, print the summary, and give the exit status."""
    summary = Summary()
    processor = RecordProcessor(
        settings=outputs.settings,
        writer=WritesNothing() if options.dry_run else connections.writer(outputs),
        time_limit=options.time_limit,
    )
    bucket = connections.failure_bucket(outputs)

    def tell() -> None:
        console.print("stopping after this object; Ctrl-C again stops at once")

    try:
        with end_on_request(tell) as stop, _progress(console) as (total, step):
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
    return STATUS_FAILED if summary.failed or summary.kept_for_ignored else 0


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
    """Show a bar on a terminal, and nothing elsewhere."""
    columns = (
        TextColumn("redrive"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("redrive", total=None)
        yield (
            lambda number: progress.update(task, total=number),
            lambda: progress.advance(task),
        )


def summary_lines(summary: Summary, *, dry_run: bool) -> list[str]:
    """Write a summary for people."""
    objects = summary.objects
    lines = ["Dry run: nothing was written or removed."] if dry_run else []
    lines += [
        f"objects       {objects.total()} read: "
        + ", ".join(
            f"{objects[ending]} {text}"
            for ending, text in (
                (Ending.TRIED, "tried"),
                (Ending.REMOVED, "removed"),
                (Ending.KEPT, "kept"),
                (Ending.GONE, "already gone or changed by somebody else"),
            )
            if objects[ending] or (ending is Ending.REMOVED and not dry_run)
        ),
        f"{'would write' if dry_run else 'applied':<13} {summary.applied}",
        f"{'stale':<13} {summary.stale}",
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
            (summary.foreign, "that are not S3's news of this bucket, left on the queue"),
            (summary.duplicates, "more than one about an object that stays"),
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
        f"{'':<13} What is older than tombstones live may belong to a deleted document, and stays.",
        f"{'':<13} Bring it in by streaming the journal from its start into new tables.",
    ]


def _kept_for_ignored(objects: int) -> list[str]:
    if not objects:
        return []
    return [
        f"{'':<13} objects that stay for it: {objects}. Use the deployed stack's own outputs and",
        f"{'':<13} version, configure the table, or remove them with --drop-ignored.",
    ]


def _by(counts: dict[str, int]) -> str:
    text = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    return f" ({text})" if text else ""

"""Work on the parts of a journal on all cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, TypeVar

from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from journal.exports.sequence import ObjectPart

_T = TypeVar("_T")

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of the objects that one process reads before it reports: about a second."""

BATCH_PARTS = 500
"""Maximum parts of a batch: objects in S3 take a request each, however small they are."""

_BATCHES_AHEAD = 2
"""Batches for each process that wait or whose results wait."""


def available_processes() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    work: Callable[[str, Sequence[ObjectPart]], _T],
    location: str,
    parts: Iterable[ObjectPart],
    processes: int,
    done: Callable[[_T], None],
) -> None:
    """Do some work on all parts, in batches.

    Parameters
    ----------
    work
        Called with the location and a batch; a function at the top of a module, or a
        `functools.partial` of one, because other processes call it.
    location
        Of the source; each process opens it by itself.
    parts
        In any order.
    processes
        How many to use; with one, the work is done in this process.
    done
        Receives each result, in the order of the parts.

    Raises
    ------
    OpsError
        If a process was ended from outside.
    """
    if processes == 1:
        for batch in batches(parts):
            done(work(location, batch))
        return
    # Not a fork: this process may have threads, such as that of a progress bar.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=set_signals) as pool:
        pending: deque[Future[_T]] = deque()
        try:
            for batch in batches(parts):
                pending.append(pool.submit(work, location, batch))
                if len(pending) >= _BATCHES_AHEAD * processes:
                    done(pending.popleft().result())
            while pending:
                done(pending.popleft().result())
        except BrokenProcessPool:
            raise OpsError(
                "a process that was reading has ended unexpectedly, perhaps for lack of memory: "
                "run the command again with fewer --processes"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def batches(
    parts: Iterable[ObjectPart], max_bytes: int | None = None, max_parts: int | None = None
) -> Iterator[Sequence[ObjectPart]]:
    """Group parts; by default so that a batch takes about a second.

    The groups depend on nothing but the arguments, and with them every result.

    Parameters
    ----------
    parts
        In any order.
    max_bytes
        Bytes of the objects, as stored, with which a batch is full; None for `BATCH_BYTES`.
    max_parts
        Number of parts with which a batch is full; None for `BATCH_PARTS`.
    """
    max_bytes, max_parts = max_bytes or BATCH_BYTES, max_parts or BATCH_PARTS
    batch: list[ObjectPart] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += part.size
        if size >= max_bytes or len(batch) >= max_parts:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def set_signals() -> None:
    """Leave Ctrl-C to the process that started this one, and end at once when that one says so.

    After the loss of a process, the pool ends the others with SIGTERM. They would go on if the
    command had been started with SIGTERM ignored, as some schedulers do: it is inherited.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

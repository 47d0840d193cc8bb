"""Shows a display of an operator's command until Ctrl-C, and some time longer.

`python -m tests.support.interrupted_display NAME` is for a pseudo terminal.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from rich.console import Console

from ops import generations_command, handoff_command, redrive_command
from ops.distributed import following
from ops.distributed.machine import MapRun
from ops.exports.reading_progress import reading_progress
from ops.handoff.stream_content import StreamContent
from ops.interruption import end_on_request
from ops.reconcile.progress import comparison_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STOPPING = "stopping after the objects in flight"
_SECONDS_AFTER = 0.5
"""Long enough for several pictures after Ctrl-C."""


@contextmanager
def _reading(console: Console) -> Iterator[Callable[[], object]]:
    with reading_progress(console) as progress:
        progress.start(100_000_000, "looking for older revisions")
        yield lambda: progress.advance(100_000, 500)


@contextmanager
def _comparing(console: Console) -> Iterator[Callable[[], object]]:
    with comparison_progress(console) as progress:
        progress.read_items("qldb-Person-1a2b3c4")
        yield lambda: progress.advance(1_000)


@contextmanager
def _redrive(console: Console) -> Iterator[Callable[[], object]]:
    with redrive_command._progress(console) as (total, step):
        total(1_000)
        yield step


@contextmanager
def _generations(console: Console) -> Iterator[Callable[[], object]]:
    with generations_command._progress(console) as step:
        yield lambda: step(1_000)


@contextmanager
def _handoff(console: Console) -> Iterator[Callable[[], object]]:
    reader = SimpleNamespace(
        is_at_end=False, behind_seconds=100.0, label="qldb-journal-of-the-ledger-in-production"
    )
    content = StreamContent(strand_id="JdxjkR9bSYB5jMHWcI464T")
    with handoff_command._progress(console, cast("Any", reader), content) as show:
        yield show


@contextmanager
def _distributed(console: Console) -> Iterator[Callable[[], object]]:
    runs = [MapRun("arn", label, 1_000, 17, 0, is_running=True) for label in following._WORDS]
    with following._progress(console) as show:
        yield lambda: show(runs)


DISPLAYS = {
    "reading": _reading,
    "comparing": _comparing,
    "redrive": _redrive,
    "generations": _generations,
    "handoff": _handoff,
    "distributed": _distributed,
}


def main(name: str) -> None:
    """Show a display."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    with (
        end_on_request(lambda: console.print(STOPPING)) as stop,
        DISPLAYS[name](console) as advance,
    ):
        while not stop():
            advance()
            time.sleep(0.01)
        time.sleep(_SECONDS_AFTER)
    console.print("done")


if __name__ == "__main__":
    main(sys.argv[1])

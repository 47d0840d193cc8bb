"""`python -m ops` in whose processes the work waits, so that a test can interrupt it there.

`python -m tests.support.held_work FOLDER COMMAND...` runs an operator's command. A process that has
received work makes a file in the folder, named by its process id, and works once the folder holds a
file named `go`, or it is a minute old: a test that fails leaves no process behind.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ops.command_line import main
from ops.exports import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")

GO = "go"
_LAST_SECOND = time.monotonic() + 60.0


def held(folder: Path, work: Callable[_P, _T], *arguments: _P.args, **options: _P.kwargs) -> _T:
    """Do some work when the folder says so."""
    (folder / str(os.getpid())).touch()
    while not (folder / GO).exists() and time.monotonic() < _LAST_SECOND:
        time.sleep(0.02)
    return work(*arguments, **options)


if __name__ == "__main__":
    run = parallel.run
    parallel.run = lambda work, *rest: run(partial(held, Path(sys.argv[1]), work), *rest)
    sys.exit(main(sys.argv[2:]))

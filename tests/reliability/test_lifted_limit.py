"""The handler does the same with any bytes where a library has lifted protobuf's limit of depth.

`pulumi.automation`, which `ops` imports, lifts it for the whole process. The fuzz tests then run in
a child process, which an error of this kind ends without a report.
"""

from __future__ import annotations

import subprocess
import sys

from tests.support.kpl import groups
from tests.support.paths import REPOSITORY

IMPORTED_FIRST = "pulumi.automation"
DEEPER_THAN_THE_DEFAULT = 200
TESTS = ("tests/reliability/test_fuzz.py", "tests/reliability/test_long_input.py")


def test_the_import_lifts_the_limit() -> None:
    """If this fails, the import does not lift it any more, and the next test proves nothing."""
    code = (
        f"import {IMPORTED_FIRST}\n"
        "from handler.aggregation import AggregatedRecord\n"
        f"AggregatedRecord.FromString({groups(DEEPER_THAN_THE_DEFAULT)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False)
    assert done.returncode == 0


def test_any_bytes_are_accounted_for_where_the_limit_is_lifted() -> None:
    # Given a process that imports pulumi.automation first / when it runs the fuzz tests
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-qp", "no:cacheprovider", "-p", IMPORTED_FIRST, *TESTS],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    # Then they pass, and no signal ends the process
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

"""Measures the cold start: a fresh interpreter imports the package and replicates a batch.

The package is built and unpacked as for Lambda. Its folder has no bytecode, and Lambda's is
read-only, so every cold start compiles; a second measurement with bytecode shows that cost.
"""

from __future__ import annotations

import json
import py_compile
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.fresh_process import MeasurementError, function_environment
from bench.statistics import median
from bench.stub_server import Answer
from bench.workloads import NEW, write_events
from infra.lambda_package import build
from local.stack_settings import machine_settings

if TYPE_CHECKING:
    from bench.stub_server import StubDynamoDB

RUNTIME: Final = "python3.13"
ARCHITECTURE: Final = "arm64"
_MAX_SECONDS: Final = 60

_PROGRAM: Final = """
import json, sys, time
event = json.loads(open(sys.argv[1]).readline())["event"]
sys.path.insert(0, sys.argv[2])

class Context:
    function_name = "replica"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:replica"
    aws_request_id = "0"
    def get_remaining_time_in_millis(self):
        return 60000

began, used = time.perf_counter(), time.process_time()
from handler import app
imported, used = time.perf_counter(), time.process_time() - used
if not app.__file__.startswith(sys.argv[2]):
    sys.exit("the handler was not imported from the package")
answer = app.lambda_handler(event, Context())
first = time.perf_counter()
app.lambda_handler(event, Context())
second = time.perf_counter()
if answer != {"batchItemFailures": []}:
    sys.exit("the first batch was not replicated")
print(json.dumps([imported - began, used, first - imported, second - first]), file=sys.stderr)
"""


@dataclass(frozen=True)
class Start:
    """Medians of fresh interpreters, in milliseconds.

    Attributes
    ----------
    imported
        Import of the function's code, which Lambda's initialization runs.
    imported_cpu
        CPU time of the import: its duration on an idle machine.
    first_batch
        The first batch after it, including lazy initialization.
    next_batch
        The same batch again.
    """

    imported: float
    imported_cpu: float
    first_batch: float
    next_batch: float


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """Results of the cold start and sizes of the package.

    Attributes
    ----------
    as_deployed
        Without bytecode, as Lambda unpacks the package.
    with_bytecode
        With bytecode beside the sources.
    package_bytes
        Size of the deployed archive, for `RUNTIME` and `ARCHITECTURE`; its entries are stored.
    deflated_bytes
        Size of the same archive, compressed.
    """

    as_deployed: Start
    with_bytecode: Start
    package_bytes: int
    deflated_bytes: int


def measure_cold_start(stub: StubDynamoDB, repeats: int) -> ColdStart:
    """Build the package and start it repeatedly.

    Raises
    ------
    MeasurementError
        If the function did not start or did not replicate its first batch.
    infra.lambda_package.PackageError
        If the package cannot be built.
    """
    deployed = build(runtime=RUNTIME, architecture=ARCHITECTURE)
    mine = machine_settings()
    archive = build(runtime=mine["lambdaRuntime"], architecture=mine["lambdaArchitecture"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "task"
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
        events = Path(temporary) / "events.jsonl"
        write_events(NEW, 1000, events)
        endpoint = stub.endpoint(Answer.ACCEPT)
        # Not counted: it fills the disk's cache.
        _start(folder, events, endpoint)
        as_deployed = _medians(folder, events, endpoint, repeats)
        for source in folder.rglob("*.py"):
            py_compile.compile(str(source), quiet=1)
        with_bytecode = _medians(folder, events, endpoint, repeats)
        return ColdStart(
            as_deployed=as_deployed,
            with_bytecode=with_bytecode,
            package_bytes=deployed.stat().st_size,
            deflated_bytes=_deflated(deployed, Path(temporary) / "deflated.zip"),
        )


def _medians(folder: Path, events: Path, endpoint: str, repeats: int) -> Start:
    starts = [_start(folder, events, endpoint) for _ in range(repeats)]
    return Start(*(1000 * median(column) for column in zip(*starts, strict=True)))


def _start(folder: Path, events: Path, endpoint: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(events), str(folder)],
        cwd=folder,
        env=function_environment(endpoint),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=_MAX_SECONDS,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode or not lines:
        raise MeasurementError(f"the function did not start: {''.join(lines[-1:])}")
    seconds: list[float] = json.loads(lines[-1])
    return seconds


def _deflated(archive: Path, target: Path) -> int:
    with (
        zipfile.ZipFile(archive) as stored,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as deflated,
    ):
        for name in stored.namelist():
            deflated.writestr(name, stored.read(name))
    return target.stat().st_size

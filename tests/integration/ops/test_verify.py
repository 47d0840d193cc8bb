"""`python -m ops verify` as a process: on all cores, interrupted, and robbed of a worker."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from qldb_simulator.operations import CreateTable, Insert

from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.held_work import GO
from tests.support.journals import busy_ledger
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TRANSACTIONS = 90
_TEXT = "x" * 120_000
_VERIFY = ("ops", "verify")
_HEAVY = ("boto3", "botocore", "pulumi", "pydantic", "amazon.ion")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export in so many bytes that several processes read it."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    for number in range(_TRANSACTIONS):
        ledger.commit(
            [
                Insert(table="Person", document={"number": number, "place": place, "text": _TEXT})
                for place in range(5)
            ]
        )
    export = export_of(ledger.blocks, ExportFormat.ION_BINARY, blocks_per_object=4)
    return export.write_to(tmp_path_factory.mktemp("export"))


def command(folder: Path, *arguments: object, module: Sequence[object] = _VERIFY) -> list[str]:
    return [sys.executable, "-m", *map(str, (*module, folder, *arguments))]


def start(
    folder: Path, *arguments: object, module: Sequence[object] = _VERIFY
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(folder, *arguments, module=module),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def report(folder: Path, path: Path, processes: int) -> dict[str, Any]:
    """Return the report without what the clock decides."""
    with start(folder, "--processes", processes, "--json", path) as process:
        out, error = process.communicate()
    assert (process.returncode, error) == (0, ""), out
    found: dict[str, Any] = json.loads(path.read_text())
    return {name: value for name, value in found.items() if name not in ("startedAt", "seconds")}


def test_several_processes_find_the_same_as_one(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    assert report(folder, path, 1) == report(folder, path, 3)


def test_a_folder_needs_neither_aws_nor_pulumi(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command(folder)[1:]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not [name for name in imported if name.startswith(_HEAVY)]


@pytest.fixture
def sigterm_ignored() -> Iterator[None]:
    """Let this process ignore SIGTERM, and with it those that it starts."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


def hold(folder: Path, waiting: Path) -> subprocess.Popen[str]:
    """Start a verification by two processes, and return it when both wait with their work."""
    process = start(folder, "--processes", 2, module=["tests.support.held_work", waiting, "verify"])
    eventually(lambda: len(workers(waiting)) == 2)
    return process


def workers(waiting: Path) -> list[psutil.Process]:
    return [psutil.Process(int(path.name)) for path in waiting.iterdir()]


@pytest.mark.usefixtures("sigterm_ignored")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_loss_of_a_process_is_told(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with hold(folder, tmp_path) as process:
        workers(tmp_path)[0].send_signal(number)

        out, error = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "has ended unexpectedly" in error.replace("\n", " ")
    assert "Traceback" not in out + error


def test_ctrl_c_ends_all_processes_without_a_stack_trace(folder: Path, tmp_path: Path) -> None:
    with hold(folder, tmp_path) as process:
        children = workers(tmp_path)
        process.send_signal(signal.SIGINT)
        (tmp_path / GO).touch()

        out, error = process.communicate(timeout=60)

    assert process.returncode in (130, -signal.SIGINT)  # a shell reports both as 130
    assert (out, error) == ("", "stopped\n")
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def test_the_exit_status_is_that_of_the_export_also_without_a_reader(tmp_path: Path) -> None:
    export = export_of(busy_ledger().blocks)
    export.write_to(tmp_path)
    (tmp_path / export.data_keys[1]).unlink()
    with start(tmp_path, "--processes", 1) as process:
        assert process.stdout is not None
        process.stdout.close()

        assert process.wait(60) == 2

"""Servers as child processes, with small programs as servers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from local.errors import LocalError
from local.service_process import ServiceProcess, free_port


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


def service(log_file: Path, program: str, *, seconds: float = 10.0) -> ServiceProcess:
    return ServiceProcess(
        name="the service",
        command=[sys.executable, "-c", program],
        environment={},
        port=free_port(),
        log_file=log_file,
        ready=lambda: False,
        start_seconds=seconds,
    )


def test_a_process_number_without_its_lock_is_ignored(log_file: Path) -> None:
    # given a process file that names this very process
    log_file.with_suffix(".pid").write_text(str(os.getpid()))
    never_started = service(log_file, "")
    # when it is looked for / then it is not found, and stopping it ends nothing
    assert never_started.pid is None
    never_started.stop()


def test_a_server_that_ends_shows_the_end_of_its_log(log_file: Path) -> None:
    dying = service(log_file, "import sys; sys.exit('cannot open the store')")

    with pytest.raises(LocalError, match=r"ended at once \(status 1\)(.|\n)*cannot open the store"):
        dying.start()

    assert dying.pid is None


def test_a_server_that_never_answers_is_ended(log_file: Path) -> None:
    silent = service(
        log_file, "import time; print('waiting', flush=True); time.sleep(60)", seconds=1.0
    )

    with pytest.raises(LocalError, match=r"did not answer within 1 s(.|\n)*waiting"):
        silent.start()

    assert silent.pid is None


def test_stop_ends_the_children_of_a_server(log_file: Path, tmp_path: Path) -> None:
    child_file = tmp_path / "child"
    program = (
        "import subprocess, sys, pathlib, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(child_file)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    parent = service(log_file, program)
    parent.ready = lambda: bool(child_file.is_file() and child_file.read_text())
    parent.start()
    child = int(child_file.read_text())

    parent.stop()

    deadline = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < deadline, "the service's child is still there"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        try:
            return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

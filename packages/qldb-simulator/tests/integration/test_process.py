"""The service as a process: ``python -m qldb_simulator``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.client import LedgerClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def _command(port: int) -> list[str]:
    options = ["--port", str(port), "--aws-endpoint", "http://127.0.0.1:1"]
    return [sys.executable, "-m", "qldb_simulator", *options]


@pytest.fixture
def process(port: int) -> Iterator[subprocess.Popen[str]]:
    """Return the process once it has printed that it is ready."""
    started = subprocess.Popen(
        _command(port),
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == f"simulated QLDB ready on http://127.0.0.1:{port}\n"
        yield started
    finally:
        started.kill()
        started.communicate(timeout=10)


@pytest.mark.usefixtures("process")
def test_it_answers_once_it_has_printed_its_line(port: int) -> None:
    assert LedgerClient(f"http://127.0.0.1:{port}").list_ledgers() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_silently_on_a_signal(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)

    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.usefixtures("process")
def test_a_port_in_use_is_named_with_the_remedy(port: int) -> None:
    second = subprocess.run(_command(port), capture_output=True, text=True, check=False)

    assert second.returncode == 1
    assert second.stderr.startswith(f"port {port} cannot be used")
    assert "--port" in second.stderr


@pytest.mark.parametrize("option", ["--export-blocks-per-object", "--export-bytes-per-object"])
def test_a_size_of_exported_objects_below_one_is_refused(port: int, option: str) -> None:
    done = subprocess.run(
        [*_command(port), option, "0"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "0 is no number of at least 1" in done.stderr

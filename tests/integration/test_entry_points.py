"""`python -m ops` and `python -m local` explain themselves on a machine that is not prepared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("ops", "local")


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_packages_one_line_names_the_remedy(command: str) -> None:
    # given a Python without the packages of the virtual environment
    bare = [sys.executable, "-I", "-S"]
    # when
    done = run(*bare, str(REPOSITORY / command), "--help", folder=REPOSITORY)
    # then
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "make venv" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_run_from_another_folder(command: str, tmp_path: Path) -> None:
    done = run(sys.executable, str(REPOSITORY / command), "--help", folder=tmp_path)

    assert done.returncode == 0
    assert f"python -m {command}" in done.stdout


@pytest.mark.parametrize("seconds", [0.5, 1.5])
@pytest.mark.parametrize(
    "command", [["local", "put", "Person", "-"], ["ops", "failures", "--outputs", "never"]]
)
def test_ctrl_c_pressed_many_times_ends_a_command_without_a_stack_trace(
    command: list[str], seconds: float, tmp_path: Path
) -> None:
    # given a command that imports for a while, and then waits for input that does not come
    os.mkfifo(tmp_path / "never")
    name, *arguments = command
    with subprocess.Popen(
        [sys.executable, str(REPOSITORY / name), *arguments],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(seconds)
        # when Ctrl-C is pressed four times in a moment
        for _ in range(4):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        # then it ends with one word
        assert process.stderr is not None
        assert process.stderr.read() == "stopped\n"
    assert process.returncode == 130

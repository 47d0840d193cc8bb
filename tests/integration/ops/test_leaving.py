"""An interrupted command ends at once, whatever its threads still wait for."""

from __future__ import annotations

import subprocess
import sys

_COMMAND = """
import time
from concurrent.futures import ThreadPoolExecutor
from ops.interruption import leave

pool = ThreadPoolExecutor(1)
for _ in range(2):
    pool.submit(time.sleep, {seconds})
print("summary")
leave({status})
"""


def test_an_interrupted_command_waits_for_no_thread() -> None:
    command = [sys.executable, "-c", _COMMAND.format(seconds=60, status=130)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "summary\n", "")


def test_an_interrupted_command_leaves_no_semaphores_behind() -> None:
    # given a lock between processes, as a pool of them has
    code = """
import multiprocessing
from ops.interruption import leave

lock = multiprocessing.get_context("spawn").Lock()
leave(130)
"""
    command = [sys.executable, "-c", code]
    # when
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    # then Python does not warn of it
    assert (ended.returncode, ended.stderr) == (130, "")


def test_another_command_ends_as_usual() -> None:
    command = [sys.executable, "-c", _COMMAND.format(seconds=0.1, status=1)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "summary\n", "")

"""The logs, read by a program of its own and from a real emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from local import aws
from local.emulator import Emulator
from local.log_sources import LogGroup
from local.projects import REPOSITORY
from local.service_process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 20
GROUP = "group"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the folder of a local AWS whose emulator has left a log."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "emulator.log").write_text("one\ntwo\n")
    return tmp_path


def follow(state: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "local",
        "--state",
        str(state),
        "logs",
        "emulator",
        "--follow",
    ]


def test_following_prints_what_is_added_until_ctrl_c(state: Path) -> None:
    # given a log that is followed
    with subprocess.Popen(
        follow(state),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as reading:
        assert reading.stdout is not None
        assert [reading.stdout.readline() for _ in range(2)] == ["one\n", "two\n"]
        # when a line is added / then it is printed
        with (state / "logs" / "emulator.log").open("a") as log:
            log.write("three\n")
        assert reading.stdout.readline() == "three\n"
        # when Ctrl-C is pressed / then it ends without a stack trace
        reading.send_signal(signal.SIGINT)
        _, errors = reading.communicate(timeout=SECONDS)
    assert reading.returncode == 130
    assert errors == "stopped\n"


def test_following_ends_when_nobody_reads_any_more(state: Path) -> None:
    # given a reader that has enough after one line, and a log to which nothing is added
    with subprocess.Popen(
        follow(state),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reading:
        assert reading.stdout is not None
        assert reading.stdout.readline() == "one\n"
        # when it closes the pipe / then the command ends, without a stack trace
        reading.stdout.close()
        ends = threading.Timer(SECONDS, reading.kill)
        ends.start()
        status = reading.wait()
        ends.cancel()
        assert status == 0
        assert reading.stderr is not None
        assert reading.stderr.read() == ""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(free_port(), tmp_path / "emulator.log") as running:
        yield running


@pytest.mark.emulator
def test_each_event_of_a_log_group_is_read_once(emulator: Emulator) -> None:
    # given a log group with two events in one millisecond
    logs = aws.client("logs", emulator.endpoint)
    logs.create_log_group(logGroupName=GROUP)
    now = int(time.time() * 1000)

    def put(stream: str, *messages: str, at: int = now) -> None:
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": at, "message": message} for message in messages]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    put("b", "one", "two")
    group = LogGroup(GROUP)
    assert [line.partition(" ")[2] for line in group.new_lines(logs)] == ["one", "two"]
    # when others come, one of them in the same millisecond / then only these are read
    put("a", "same")
    put("c", "later", at=now + 1)
    assert [line.partition(" ")[2] for line in group.new_lines(logs)] == ["same", "later"]
    assert list(group.new_lines(logs)) == []

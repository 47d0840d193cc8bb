"""The logs that `logs` prints while no server runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.command_line import main
from local.log_sources import ServerLog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the folder of a local AWS whose servers have died."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "emulator.log").write_bytes(b"one\ntwo \xff")
    (logs / "qldb.log").write_bytes(b"three\n")
    return tmp_path


def test_the_log_of_a_dead_server_is_printed(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(state), "logs", "emulator"]) == 0

    assert capsys.readouterr().out == "one\ntwo \N{REPLACEMENT CHARACTER}\n"


def test_each_line_of_several_logs_names_its_log(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given dead servers / when all logs are asked for / then those that are left are printed
    assert main(["--state", str(state), "logs"]) == 1
    shown = capsys.readouterr()
    assert "emulator | one\n" in shown.out
    assert "qldb     | three\n" in shown.out
    # and a line says why the other one is not
    assert "the function's log is in the emulator's memory" in shown.err


def test_without_any_log_one_line_names_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(tmp_path), "logs", "qldb"]) == 1

    assert capsys.readouterr().err == (
        f"error: there is no log {tmp_path / 'logs' / 'qldb.log'}: "
        "`python -m local up` starts the servers\n"
    )


class TestServerLog:
    """A file is read on from where it was left."""

    def test_only_new_lines_are_read(self, tmp_path: Path) -> None:
        file = tmp_path / "log"
        file.write_text("one\n")
        log = ServerLog(file)
        assert list(log.new_lines()) == ["one"]
        with file.open("a") as more:
            more.write("two\nthree\n")

        assert list(log.new_lines()) == ["two", "three"]
        assert list(log.new_lines()) == []

    def test_a_log_that_was_truncated_is_read_from_its_start(self, tmp_path: Path) -> None:
        file = tmp_path / "log"
        file.write_text("one\ntwo\n")
        log = ServerLog(file)
        list(log.new_lines())
        file.write_text("three\n")

        assert list(log.new_lines()) == ["three"]

"""`python -m ops` itself: help, options, versions and errors.

The services are in memory.
"""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING

import pytest

from handler.version import project_version
from ops.command_line import commands, main
from tests.support.failure_objects import failed_record, quarantine
from tests.support.paths import REPOSITORY
from tests.support.qldb_records import secret_revision

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.failure_bucket import NotifyingS3
    from tests.support.memory_table import MemoryTable


def _help(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])
    assert caught.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_help_names_every_command_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    text = _help(capsys)
    for command in commands():
        assert f"{command.name} {command.summary}" in text
        assert f"python -m ops {command.name}" in text


def test_the_help_of_redrive_warns_that_ignored_records_are_the_only_copy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _help(capsys, "redrive")
    assert "this is the only copy" in text
    assert "--drop-ignored deletes such objects" in text


@pytest.mark.parametrize("command", ["redrive", "failures"])
def test_a_command_without_a_stack_is_a_usage_error(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command])
    assert caught.value.code == 2
    assert "one of the arguments --stack --outputs is required" in capsys.readouterr().err


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["inspekt"])
    assert caught.value.code == 2
    assert "invalid choice: 'inspekt'" in capsys.readouterr().err


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "required: COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "٣", "many"])
def test_a_limit_is_an_integer_above_0(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["redrive", "--stack", "dev", f"--limit={limit}"])
    assert caught.value.code == 2
    assert f"expected an integer above 0, not {limit!r}" in capsys.readouterr().err


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    # given
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    # when
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    # then
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{project['version']}\n"


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("arguments", [["failures"], ["failures", "--json"], ["redrive"]])
def test_every_command_warns_that_another_version_deployed_the_stack(
    s3: NotifyingS3,
    outputs_file: Path,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given the outputs of another version that this one can use
    outputs = json.loads(outputs_file.read_text()) | {"version": "7.6.5"}
    outputs_file.write_text(json.dumps(outputs))
    # when
    status = main([*arguments, "--outputs", str(outputs_file)])
    # then the command does its work, and both versions are named beside it
    captured = capsys.readouterr()
    assert status == 0
    assert captured.err == (
        f"warning: version 7.6.5 deployed the stack and this is version {project_version()}: "
        f"use version 7.6.5, or deploy with version {project_version()}\n"
    )
    assert "warning" not in captured.out
    assert s3.bodies == {}


@pytest.mark.usefixtures("s3", "table")
@pytest.mark.parametrize("command", ["failures", "redrive"])
def test_the_same_version_prints_no_warning(
    command: str, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *outputs]) == 0
    assert capsys.readouterr().err == ""


def test_an_error_is_one_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "outputs.json"
    assert main(["failures", "--outputs", str(missing)]) == 1
    assert capsys.readouterr().err == (
        f"error: {missing} cannot be read: No such file or directory\n"
    )


def test_a_reader_that_closes_the_pipe_is_no_error(
    s3: NotifyingS3, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an object, and an output that is no longer read
    quarantine(s3, failed_record(secret_revision()))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        # then
        assert main(["failures", *outputs]) == 0


def test_an_interruption_is_status_130(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given an object whose reading is interrupted
    quarantine(s3, failed_record(secret_revision()))

    def interrupt(_operation: str, _key: str) -> None:
        raise KeyboardInterrupt

    s3.after = interrupt
    # then
    assert main(["redrive", *outputs]) == 130
    assert capsys.readouterr().err.endswith("stopped\n")
    assert table.items == {}


@pytest.mark.parametrize("name", ["status", "generations"])
def test_the_help_of_a_command_fits_a_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    with pytest.raises(SystemExit):
        main([name, "--help"])

    lines = capsys.readouterr().out.splitlines()
    assert f"usage: python -m ops {name}" in lines[0]
    assert [line for line in lines if len(line) > 80] == []

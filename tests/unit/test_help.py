"""The help of every command fits a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import bench.__main__
import local.command_line
import ops.command_line
from local.commands import COMMANDS as LOCAL_COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = 80
PROGRAMS = [
    ("ops", ops.command_line.main, ["", *ops.command_line.COMMANDS]),
    ("local", local.command_line.main, ["", *LOCAL_COMMANDS]),
    ("bench", bench.__main__.main, ["", "export"]),
]


@pytest.mark.parametrize(
    ("main", "command"),
    [
        pytest.param(main, command, id=f"{program} {command}".rstrip())
        for program, main, commands in PROGRAMS
        for command in commands
    ],
)
def test_no_line_is_wider_than_the_terminal(
    main: Callable[[list[str]], int],
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a terminal, whose width argparse takes from here
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    # when
    with pytest.raises(SystemExit):
        main([*([command] if command else []), "--help"])
    # then
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert [line for line in lines if len(line) > COLUMNS] == []

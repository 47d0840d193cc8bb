"""Ctrl-C at a terminal leaves one progress display, whatever the terminal echoes."""

from __future__ import annotations

import pytest

from tests.support.interrupted_display import DISPLAYS, STOPPING
from tests.support.pseudo_terminal import interrupted, screen


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("name", DISPLAYS)
def test_ctrl_c_leaves_one_display(name: str, columns: int) -> None:
    # given a display at a terminal, and Ctrl-C after a number of pictures
    output = interrupted(
        ["tests.support.interrupted_display", name], prompt="\r\x1b[2K", times=4, columns=columns
    )
    # then it disappears when it ends, but for that of a redrive, which has one line
    lines = screen(output, columns)
    assert "^C" in output
    assert lines[0] == STOPPING
    assert lines[-1] == "done"
    assert len(lines) == (3 if name == "redrive" else 2)

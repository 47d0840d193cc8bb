"""A program at a terminal at which somebody presses Ctrl-C, and what is on its screen then."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

CTRL_C = b"\x03"
_LINES = 24
_SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|.", re.DOTALL)
_STARTED = """\
import os, runpy, sys
# The first terminal that the first process of a session opens controls it: Ctrl-C becomes SIGINT.
os.close(os.open(os.ttyname(0), os.O_RDWR))
sys.argv[:] = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def interrupted(module: Sequence[str], *, prompt: str, times: int, columns: int) -> str:
    """Run a module of Python, press Ctrl-C once it has written some text, and return its output.

    Parameters
    ----------
    module
        Its name and its arguments.
    prompt
        The text.
    times
        How often it must have been written.
    columns
        Width of the terminal.

    Returns
    -------
    str
        Everything that was sent to the terminal, and what it echoed.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    # These would count more than the terminal.
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-c", _STARTED, *module],
        cwd=REPOSITORY,
        env=environment | {"TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    output = b""
    is_interrupted = False
    with process:
        while data := _read(ours):
            output += data
            if not is_interrupted and output.count(prompt.encode()) >= times:
                is_interrupted = True
                os.write(ours, CTRL_C)
    os.close(ours)
    return output.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux, where the program has closed the terminal
        return b""


def screen(output: str, columns: int) -> list[str]:
    """Return the lines on a screen that are not empty, the oldest first."""
    shown = _Screen(columns)
    for found in _SEQUENCE.finditer(output):
        if found[2]:
            shown.obey(found[2], found[1])
        else:
            shown.write(found.group())
    return [text for text in ("".join(line).rstrip() for line in shown.lines) if text]


class _Screen:
    """Knows what rich writes: texts, colors, erased lines and movements of the cursor up."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._x = self._y = 0
        self.lines = [[" "] * columns]

    def obey(self, command: str, parameters: str) -> None:
        if command == "A":
            self._y = max(0, self._y - int(parameters or 1))
        elif command == "K":
            self.lines[self._y] = [" "] * self._columns
        elif command not in "mhl":
            raise ValueError(f"a command that this screen does not know: {command}")

    def write(self, character: str) -> None:
        if character == "\r":
            self._x = 0
        elif character == "\n":
            self._down()
        else:
            # At the end of a line the cursor stays, until the next character.
            if self._x == self._columns:
                self._x = 0
                self._down()
            self.lines[self._y][self._x] = character
            self._x += 1

    def _down(self) -> None:
        self._y += 1
        if self._y == len(self.lines):
            self.lines.append([" "] * self._columns)

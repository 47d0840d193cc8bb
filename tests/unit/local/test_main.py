"""The command line: what it says when something fails.

What the commands do is shown by the end-to-end tests.
"""

from __future__ import annotations

import pytest
from pulumi.automation import CommandError, CommandResult
from qldb_simulator.errors import SimulatorError

from local import __main__ as command_line
from local.errors import LocalError

pytestmark = pytest.mark.usefixtures("own_signals")

FOREIGN = "[/tmp] of [red], [/]"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LocalError(FOREIGN), f"error: {FOREIGN}\n"),
        (SimulatorError(FOREIGN), f"error: {FOREIGN}\n"),
        (
            CommandError(CommandResult(stdout="", stderr=FOREIGN, code=255)),
            f"error: Pulumi failed:\n\n code: 255\n stdout: \n stderr: {FOREIGN}\n",
        ),
    ],
)
def test_foreign_text_is_shown_as_it_is(
    error: Exception,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a command that fails with something that looks like markup
    def fail(_options: object) -> int:
        raise error

    monkeypatch.setattr(command_line, "_status", fail)
    # when it is run / then the text is there to the letter, and the exit status is 1
    assert command_line.main(["status"]) == 1
    assert capsys.readouterr().err == told


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_status", interrupt)
    assert command_line.main(["status"]) == 130
    assert capsys.readouterr().err == "stopped\n"

"""The command line: its list of commands, and its messages after failures.

The end-to-end tests run the commands themselves.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.errors import SimulatorError

from local import commands
from local.command_line import main
from local.commands import COMMANDS, status
from local.errors import LocalError
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREIGN = "[/tmp] of [red], [/]"


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Restore the test session's signal handlers, which a command replaces."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_options: object) -> int:
        raise error

    monkeypatch.setattr(status, "run", fail)


@pytest.mark.parametrize("kind", [LocalError, SimulatorError, OpsError])
def test_text_in_an_error_is_not_interpreted_as_markup(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a command that fails with something that looks like markup
    fail_with(kind(FOREIGN), monkeypatch)
    # when it is run / then the text is there to the letter, and the exit status is 1
    assert main(["status"]) == 1
    assert capsys.readouterr().err == f"error: {FOREIGN}\n"


def test_an_interrupted_command_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(KeyboardInterrupt(), monkeypatch)

    assert main(["status"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_from_outside_cleans_up_as_after_ctrl_c(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_options: object) -> int:
        signal.raise_signal(number)
        return 0

    monkeypatch.setattr(status, "run", end)

    assert main(["status"]) == 130


def test_a_document_that_cannot_be_read_is_refused_before_any_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given nothing running / when a document is neither JSON nor Ion
    assert main(["--state", str(tmp_path), "put", "Person", "{firstName"]) == 1
    # then the message is about the document
    assert "neither JSON nor Ion text" in capsys.readouterr().err


def test_every_module_of_the_folder_is_a_command() -> None:
    folder = Path(commands.__file__).parent

    modules = {file.stem.replace("_", "-") for file in folder.glob("[!_]*.py")}
    assert modules == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([name, "--help"])

    assert exit_.value.code == 0
    assert f"python -m local {name}" in capsys.readouterr().out

"""`env --unset` needs no local AWS.

What its commands do in a shell is proven in `tests/integration/local/test_shell_exports.py`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from local.command_line import main
from local.commands import env
from local.environment import Endpoints, environment
from local.services import Ports, Services
from local.shell_environment import UNDO_VARIABLE, shell_exports

if TYPE_CHECKING:
    from pathlib import Path

ENDPOINTS = Endpoints(emulator="http://127.0.0.1:4566", qldb="http://127.0.0.1:4567")


def test_a_shell_without_the_exports_has_nothing_to_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(UNDO_VARIABLE, raising=False)

    assert main(["--state", str(tmp_path), "env", "--unset"]) == 0

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "nothing to undo: this shell does not use the local AWS\n"


def test_the_exports_are_undone_when_nothing_runs_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(UNDO_VARIABLE, '[["AWS_REGION"], [], ["/tools"]]')
    monkeypatch.setenv("PATH", "/tools:/bin")

    assert main(["--state", str(tmp_path), "env", "--unset"]) == 0

    assert capsys.readouterr().out == f"unset AWS_REGION {UNDO_VARIABLE}\nexport PATH=/bin\n"


def test_no_credential_of_the_user_is_printed(tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "AWS_SESSION_TOKEN": "of-the-user"}
    variables = environment(ENDPOINTS, tmp_path, tmp_path, inherited=inherited)

    assert "of-the-user" not in shell_exports(variables, inherited)


@pytest.mark.parametrize("damaged", ["{", "5", '[["a; exit"], [], []]', "[[1], [], []]"])
def test_a_damaged_note_ends_in_one_line(
    damaged: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(UNDO_VARIABLE, damaged)

    assert main(["env", "--unset"]) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"error: {UNDO_VARIABLE} was changed: open a new shell\n"


def test_a_shell_that_has_the_exports_gets_no_folder_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a shell with the exports
    pulumi = tmp_path / "pulumi"
    services = Services(state=tmp_path, ports=Ports())
    monkeypatch.setattr(env, "running_services", lambda _: services)
    monkeypatch.setattr(env, "ensure_pulumi", lambda _: pulumi)
    inherited = {"PATH": "/bin"}
    entered = environment(services.endpoints, pulumi, tmp_path, inherited=inherited)
    undo = shell_exports(entered, inherited).partition(f"{UNDO_VARIABLE}=")[2]
    monkeypatch.setenv("PATH", entered["PATH"])
    monkeypatch.setenv(UNDO_VARIABLE, shlex.split(undo)[0])
    # when they are printed again / then PATH is the same
    main(["env"])
    assert f"export PATH={entered['PATH']}\n" in capsys.readouterr().out

"""The printed shell commands, evaluated by real shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.environment import Endpoints, environment, process_environment
from local.shell_environment import inherited_path, shell_exports, shell_undo

ENDPOINTS = Endpoints(emulator="http://127.0.0.1:4566", qldb="http://127.0.0.1:4567")
BEFORE = {
    "PATH": "/usr/bin:/bin",
    "AWS_PROFILE": "work",
    "AWS_REGION": "eu-west-1",
    "AWS_SESSION_TOKEN": "it's  $HOME \\ *",
    "PULUMI_ACCESS_TOKEN": "",
    "no_proxy": "intranet",
    "ODD": "it's",
}
SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]
SHOW = "/usr/bin/env -0"


class ShellSession:
    """A shell to which commands are added, each made for the environment at that moment."""

    def __init__(self, shell: str, inherited: dict[str, str], state: Path) -> None:
        self._command = [shutil.which(shell) or shell, *(["-f"] if shell == "zsh" else [])]
        self._inherited = inherited
        self._state = state
        self._lines = ["set -eu"]

    def run(self, line: str) -> None:
        self._lines.append(line)

    def enter(self) -> dict[str, str]:
        """Evaluate the exports and return the variables that they set."""
        inherited = inherited_path(self.seen())
        variables = environment(ENDPOINTS, Path("/pul'umi $bin"), self._state, inherited=inherited)
        self.run(shell_exports(variables, inherited))
        return variables

    def leave(self) -> None:
        undo = shell_undo(self.seen())
        assert undo is not None
        self.run(undo)

    def seen(self, last: str = SHOW) -> dict[str, str]:
        """Return the environment that a program sees at the end."""
        done = subprocess.run(
            [*self._command, "-c", "\n".join([*self._lines, last])],
            env=self._inherited,
            capture_output=True,
            text=True,
            check=True,
        )
        self.errors = done.stderr
        seen = dict(entry.split("=", 1) for entry in done.stdout.rstrip("\0").split("\0"))
        return {name: seen[name] for name in seen if name not in {"_", "PWD", "OLDPWD", "SHLVL"}}


@pytest.fixture(params=SHELLS)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> ShellSession:
    """Return a shell of somebody who uses AWS."""
    return ShellSession(request.param, BEFORE, tmp_path / "state of")


def test_a_shell_that_runs_the_exports_has_the_same_environment(session: ShellSession) -> None:
    variables = session.enter()

    expected = process_environment(variables, BEFORE)
    seen = session.seen()
    assert {name: seen.get(name) for name in expected} == expected
    assert "AWS_PROFILE" not in seen


def test_no_program_sees_the_values_that_the_shell_keeps(session: ShellSession) -> None:
    session.enter()

    seen = "\n".join(session.seen().values())
    assert BEFORE["AWS_SESSION_TOKEN"] not in seen
    assert "eu-west-1" not in seen


def test_the_environment_is_restored(session: ShellSession) -> None:
    before = session.seen()
    session.enter()

    session.leave()

    assert session.seen() == before
    assert session.errors == ""


def test_the_environment_is_restored_after_the_exports_ran_twice(session: ShellSession) -> None:
    # given a shell that has entered twice, as after `down` and `up` with other ports
    before = session.seen()
    session.enter()
    once = session.seen()
    session.enter()
    # then nothing is added twice / when it leaves / then all is as it was
    assert session.seen()["PATH"] == once["PATH"]
    session.leave()
    assert session.seen() == before


def test_the_environment_can_be_entered_again_after_it_was_left(session: ShellSession) -> None:
    before = session.seen()
    session.enter()
    session.leave()

    session.enter()
    session.leave()

    assert session.seen() == before


def test_changes_of_the_path_in_between_stay(session: ShellSession) -> None:
    session.enter()
    session.run('export PATH="/new:$PATH"')

    session.leave()

    assert session.seen()["PATH"] == "/new:/usr/bin:/bin"


def test_own_folders_that_were_on_the_path_before_stay(tmp_path: Path) -> None:
    # given a shell with this virtual environment active
    path = str(Path(sys.prefix) / "bin")
    session = ShellSession("sh", {"PATH": f"{path}:/usr/bin:/bin"}, tmp_path)
    session.enter()
    # when it leaves / then the virtual environment is still active
    session.leave()
    assert session.seen()["PATH"] == f"{path}:/usr/bin:/bin"


def test_a_later_shell_names_what_it_cannot_restore(session: ShellSession, tmp_path: Path) -> None:
    # given a shell that was started by the one that entered
    session.enter()
    later = ShellSession("sh", session.seen(), tmp_path)
    # when it leaves / then the user's values are missing, and it says so
    later.leave()
    left = later.seen()
    assert {name for name in left if name.startswith(("AWS_", "PULUMI_", "LOCAL_AWS_"))} == set()
    assert "not restored: AWS_PROFILE, which another shell has replaced" in later.errors


def test_a_variable_that_no_shell_can_name_does_not_end_the_exports(tmp_path: Path) -> None:
    inherited = {**BEFORE, "AWS_NO-NAME;exit": "1"}
    variables = environment(ENDPOINTS, Path("/p"), tmp_path, inherited=inherited)

    exports = shell_exports(variables, inherited)

    session = ShellSession("sh", BEFORE, tmp_path)
    session.run(exports)
    assert session.seen()["AWS_ACCESS_KEY_ID"] == "test"

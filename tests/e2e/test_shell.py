"""The commands that a person types, on a copy of the work tree: `python -m local` and `pulumi`.

Proves that both projects work through the real Python language host from a shell with the exported
environment, and that the copy stays as clean as it was. It cannot prove how a fresh machine gets
its tools: the copy uses this virtual environment.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.service_process import free_port
from tests.conftest import REPOSITORY
from tests.e2e.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]


class Shell:
    """A shell in the folder of a copy of this repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, command: str, *, local: bool = False, succeeds: bool = True) -> str:
        """Run a command line and return what it printed.

        Parameters
        ----------
        command
            For bash.
        local
            Whether the environment of the local AWS is evaluated first.
        succeeds
            Whether it has to end with status 0, or else with another.
        """
        python = sys.executable
        lines = ["set -e", f'python() {{ "{python}" "$@"; }}']
        if local:
            lines.append('exports="$(python -m local env)"; eval "$exports"')
        done = subprocess.run(
            ["bash", "-c", "\n".join([*lines, command])],
            cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert (done.returncode == 0) == succeeds, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, pulumi_bin: Path) -> Iterator[Shell]:
    """A shell in a copy of what git would have, where nothing runs yet."""
    assert pulumi_bin.is_dir()
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    shell = Shell(folder)
    yield shell
    shell.run("python -m local down")


def test_help_teaches(shell: Shell) -> None:
    # given nothing running / when asking for help / then it names the commands, with examples
    text = shell.run("python -m local --help")
    for command in ("up", "status", "env", "put", "delete", "redact", "show", "destroy", "down"):
        assert re.search(rf"^ +{command} ", text, re.MULTILINE), command


def test_commands_say_what_is_missing(shell: Shell) -> None:
    # given nothing running / when using it / then one line tells the remedy
    text = shell.run("python -m local show", succeeds=False)
    assert text.strip() == "error: the local AWS is not running: `python -m local up` starts it"


def test_pulumi_from_a_shell_and_the_ledger_from_the_command_line(shell: Shell) -> None:
    # given a local AWS with nothing deployed
    shell.run(f"python -m local up --no-deploy --port {free_port()} --qldb-port {free_port()}")

    # when both projects are previewed and deployed by hand
    shell.run("cd ledger && pulumi preview && pulumi up --yes", local=True)
    shell.run("pulumi preview", local=True)
    assert "created" in shell.run("pulumi up --yes", local=True)
    # then deploying again changes nothing
    for folder in (".", "ledger"):
        again = shell.run(f"cd {folder} && pulumi up --yes", local=True)
        assert re.search(r"\d+ unchanged", again)
        assert not re.search(r"\d+ (created|updated|replaced|deleted)", again), again

    # when a document is inserted, updated, and its first revision redacted
    inserted = shell.run("""python -m local put Person '{"firstName": "Ann"}'""")
    found = re.search(r"Person (\w{22}): version 0, live", inserted)
    assert found, inserted
    document_id = found[1]
    updated = shell.run(
        f"""python -m local put Person '{{"firstName": "Anne"}}' --id {document_id}"""
    )
    assert "version 1, live" in updated
    shell.run(f"python -m local redact Person {document_id} 0")
    # then DynamoDB follows
    eventually(lambda: "1 live │ 1 live" in squeezed(shell, document_id))
    # when it is deleted / then DynamoDB follows again
    shell.run(f"python -m local delete Person {document_id}")
    eventually(lambda: "2 deleted │ 2 deleted" in squeezed(shell, document_id))
    assert "functionName" in shell.run("python -m local status")

    # when the stacks are destroyed by hand / then both are gone, and the work tree is clean
    shell.run("pulumi destroy --yes && cd ledger && pulumi destroy --yes", local=True)
    assert "Nothing is deployed." in shell.run("python -m local status")
    shell.run("python -m local down")
    changed = subprocess.run(
        ["git", "status", "--short", "--untracked-files"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in changed.stdout.splitlines() if not line.startswith("A ")] == []


def test_a_taken_port_is_one_clear_line(shell: Shell) -> None:
    # given a port that something else listens on

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        # when starting there / then the line names the port and the remedy
        text = shell.run(f"python -m local up --no-deploy --port {port}", succeeds=False)
    assert f"port {port}" in text
    assert "Traceback" not in text


def squeezed(shell: Shell, document_id: str) -> str:
    """Return the comparison's line of a document with single spaces, whether or not it is equal."""
    done = subprocess.run(
        [sys.executable, "-m", "local", "show"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if document_id in line]
    return re.sub(r" +", " ", "".join(lines))

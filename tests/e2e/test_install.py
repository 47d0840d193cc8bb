"""`pulumi install && pulumi up` in a fresh copy of the work tree, without activating anything.

Proves that the programs need only the packages of `requirements.txt`, and that they run in the
virtual environment that Pulumi.yaml names. `python -m local` itself runs with
this test's own interpreter. It cannot prove how Pulumi gets the genuine AWS provider.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from local.service_process import free_port

if TYPE_CHECKING:
    from tests.support.shell import Shell

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]


@pytest.fixture(scope="module")
def fresh_shell(shell: Shell) -> Shell:
    """A shell on a local AWS with empty stacks, without a virtual environment."""
    (shell.folder / ".venv").unlink()
    shell.run(f"python -m local up --no-deploy --port {free_port()} --qldb-port {free_port()}")
    return shell


def test_the_ledgers_project_installs_what_it_runs_in(fresh_shell: Shell) -> None:
    # given no virtual environment / when the ledger is installed and deployed from its own folder
    deployed = fresh_shell.run(
        "cd ledger && pulumi install && pulumi up --yes --skip-preview", local=True
    )
    # then it runs, in the environment that both projects share
    assert re.search(r"\d+ created", deployed), deployed
    assert (fresh_shell.folder / ".venv" / "pyvenv.cfg").is_file()
    # and nothing else was made
    assert fresh_shell.changed() == []


def test_the_pipelines_project_runs_in_the_same_environment(fresh_shell: Shell) -> None:
    # given a virtual environment that is there / when the pipeline is installed and previewed
    previewed = fresh_shell.run("pulumi install && pulumi preview", local=True)
    # then its program runs
    assert re.search(r"\d+ to create", previewed), previewed
    # and nothing else was made
    assert fresh_shell.changed() == []

"""The variables that lead to the local AWS: complete, and nothing of the user's account with them.

What the programs make of the variables is shown by the end-to-end tests, not here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_aws_standin import plugin_folder

from local.environment import (
    Endpoints,
    enter,
    environment,
    process_environment,
    shell_exports,
)

ENDPOINTS = Endpoints(emulator="http://127.0.0.1:4566", qldb="http://127.0.0.1:4567")
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state of the local AWS"


def test_leads_to_the_local_services(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, Path("/pulumi/bin"), state_dir, inherited={})

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["AWS_ENDPOINT_URL_QLDB"] == "http://127.0.0.1:4567"
    assert variables["AWS_ACCESS_KEY_ID"] == variables["AWS_SECRET_ACCESS_KEY"] == "test"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"


def test_pulumis_state_lies_in_existing_folders_of_the_state_folder(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, Path("/pulumi/bin"), state_dir, inherited={})

    backend = Path(variables["PULUMI_BACKEND_URL"].removeprefix("file://"))
    assert backend.is_dir()
    assert backend.is_relative_to(state_dir)
    assert Path(variables["PULUMI_HOME"]).is_dir()
    assert Path(variables["PULUMI_HOME"]).is_relative_to(state_dir)


def test_pulumi_runs_unattended_on_the_named_stack(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, Path("/pulumi/bin"), state_dir, stack="other", inherited={})

    assert variables["PULUMI_STACK"] == "other"
    assert variables["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_own_programs_come_first_on_the_path(state_dir: Path) -> None:
    variables = environment(
        ENDPOINTS, Path("/pulumi/bin"), state_dir, inherited={"PATH": "/usr/bin:/bin"}
    )

    assert variables["PATH"].split(os.pathsep) == [
        str(Path(sys.prefix) / "bin"),
        str(plugin_folder()),
        "/pulumi/bin",
        "/usr/bin",
        "/bin",
    ]


@pytest.mark.parametrize(
    ("inherited", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "intranet,localhost"}, "intranet,localhost,127.0.0.1"),
    ],
)
def test_no_proxy_stands_before_the_local_services(
    state_dir: Path, inherited: dict[str, str], expected: str
) -> None:
    variables = environment(ENDPOINTS, Path("/pulumi/bin"), state_dir, inherited=inherited)

    assert variables["NO_PROXY"] == expected


def test_a_process_sees_nothing_of_the_users_account(state_dir: Path) -> None:
    inherited = {
        "PATH": "/usr/bin",
        "LANG": "C.UTF-8",
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "of the user",
        "AWS_ENDPOINT_URL_KINESIS": "http://elsewhere",
        "PULUMI_ACCESS_TOKEN": "of the user",
        "AWS_ACCESS_KEY_ID": "of the user",
    }

    whole = process_environment(
        environment(ENDPOINTS, Path("/pulumi/bin"), state_dir, inherited=inherited), inherited
    )

    assert whole["LANG"] == "C.UTF-8"
    assert "of the user" not in whole.values()
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_KINESIS"} & set(whole)


def test_a_shell_that_runs_the_exports_has_the_same_environment(state_dir: Path) -> None:
    inherited = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "work", "ODD": "it's"}
    variables = environment(ENDPOINTS, Path("/pul'umi $bin"), state_dir, inherited=inherited)

    exports = shell_exports(variables, inherited)

    shell = subprocess.run(
        ["/bin/sh", "-c", f"{exports}\n/usr/bin/env -0"],
        env=inherited,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = dict(entry.split("=", 1) for entry in shell.stdout.rstrip("\0").split("\0"))
    expected = process_environment(variables, inherited)
    assert {name: seen.get(name) for name in expected} == expected
    assert "AWS_PROFILE" not in seen


def test_a_process_that_enters_has_nothing_of_the_users_account(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"PATH": "/usr/bin", "AWS_PROFILE": "work"})
    variables = environment(ENDPOINTS, Path("/pulumi/bin"), state_dir)

    enter(variables)

    assert os.environ == process_environment(variables, {"PATH": "/usr/bin"})
    assert "AWS_PROFILE" not in os.environ

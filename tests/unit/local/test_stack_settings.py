"""The settings files of the local stacks: their sources and precedence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from local import stack_settings
from local.errors import LocalError
from local.projects import Project
from local.stack_settings import (
    keep_own_settings,
    machine_settings,
    remove_settings,
    write_settings,
)

if TYPE_CHECKING:
    from pathlib import Path

DEVELOPMENT = "config:\n  aws:region: us-east-1\n  project:batchSize: 100\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.dev.yaml").write_text(DEVELOPMENT)
    return Project(name="project", folder=tmp_path)


def settings(project: Project, stack: str = "local") -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((project.folder / f"Pulumi.{stack}.yaml").read_text())
    return document


def test_a_new_file_has_the_development_settings_under_the_given_ones(project: Project) -> None:
    write_settings(project, "local", {"batchSize": 5, "shardCount": 2}, folder=project.folder)

    assert settings(project) == {
        "config": {"aws:region": "us-east-1", "project:batchSize": 5, "project:shardCount": 2}
    }


def test_the_users_settings_are_kept(project: Project) -> None:
    # given a file that the user and Pulumi have written to
    file = project.folder / "Pulumi.local.yaml"
    file.write_text("encryptionsalt: v1:abc\nconfig:\n  project:batchSize: 7\n  project:own: x\n")
    # when it is written again
    write_settings(project, "local", {"shardCount": 2}, folder=project.folder)
    # then the salt and the user's settings are there still
    assert settings(project) == {
        "encryptionsalt": "v1:abc",
        "config": {
            "aws:region": "us-east-1",
            "project:batchSize": 7,
            "project:own": "x",
            "project:shardCount": 2,
        },
    }


def test_a_given_setting_overrides_the_users(project: Project) -> None:
    (project.folder / "Pulumi.local.yaml").write_text("config:\n  project:batchSize: 7\n")

    write_settings(project, "local", {"batchSize": 5}, folder=project.folder)

    assert settings(project)["config"]["project:batchSize"] == 5


def test_the_file_can_be_in_another_folder(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    write_settings(project, "local", {}, folder=folder)

    assert (folder / "Pulumi.local.yaml").is_file()
    assert not (project.folder / "Pulumi.local.yaml").exists()


def test_only_the_named_stacks_files_are_removed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_settings, "LEDGER", project)
    monkeypatch.setattr(stack_settings, "PIPELINE", project)
    for stack in ("local", "demo"):
        write_settings(project, stack, {}, folder=project.folder)

    remove_settings("demo")

    assert sorted(file.name for file in project.folder.glob("Pulumi.*.yaml")) == [
        "Pulumi.dev.yaml",
        "Pulumi.local.yaml",
    ]


def test_only_the_users_own_settings_are_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a file with a setting of the user, rewritten by Pulumi, which stores texts
    monkeypatch.setattr(stack_settings, "LEDGER", project)
    monkeypatch.setattr(stack_settings, "PIPELINE", project)
    derived = {"lambdaRuntime": "python3.11", "ledgerStack": "organization/ledger/local"}
    write_settings(project, "local", {**derived, "shardCount": 2}, folder=project.folder)
    file = project.folder / "Pulumi.local.yaml"
    file.write_text(file.read_text().replace("batchSize: 100", "batchSize: '100'"))

    kept = keep_own_settings("local")

    assert set(kept) == {file}
    assert settings(project) == {"config": {"project:shardCount": 2}}


def test_a_file_without_own_settings_is_removed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_settings, "LEDGER", project)
    monkeypatch.setattr(stack_settings, "PIPELINE", project)
    write_settings(project, "local", {"lambdaRuntime": "python3.11"}, folder=project.folder)

    assert keep_own_settings("local") == []
    assert not (project.folder / "Pulumi.local.yaml").exists()


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")],
)
def test_the_function_is_built_for_this_interpreter_and_machine(
    machine: str, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)

    assert machine_settings() == {
        "lambdaRuntime": f"python3.{sys.version_info.minor}",
        "lambdaArchitecture": architecture,
    }


def test_an_architecture_that_lambda_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    with pytest.raises(LocalError, match=r"riscv64.*arm64 and x86_64"):
        machine_settings()

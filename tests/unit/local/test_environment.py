"""The variables for the local AWS are complete and contain nothing of the user's account.

Their effect on programs is proven by the end-to-end tests.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tomllib
from pathlib import Path

import pytest
from pulumi_aws_standin import plugin_folder

from local.environment import Endpoints, enter, environment, process_environment
from local.errors import LocalError
from local.projects import REPOSITORY

ENDPOINTS = Endpoints(emulator="http://127.0.0.1:4566", qldb="http://127.0.0.1:4567")
PULUMI_BIN = Path("/pulumi/bin")


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state of the local AWS"


def test_the_variables_point_to_the_local_services(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={})

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["AWS_ENDPOINT_URL_QLDB"] == "http://127.0.0.1:4567"
    assert variables["AWS_ACCESS_KEY_ID"] == variables["AWS_SECRET_ACCESS_KEY"] == "test"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"


def test_pulumis_state_is_in_existing_folders_of_the_state_folder(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={})

    backend = Path(variables["PULUMI_BACKEND_URL"].removeprefix("file://"))
    assert backend.is_dir()
    assert backend.is_relative_to(state_dir)
    assert Path(variables["PULUMI_HOME"]).is_dir()
    assert Path(variables["PULUMI_HOME"]).is_relative_to(state_dir)


def test_pulumi_runs_unattended_on_the_named_stack(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, stack="other", inherited={})

    assert variables["PULUMI_STACK"] == "other"
    assert variables["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_own_programs_come_first_on_the_path(state_dir: Path) -> None:
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={"PATH": "/usr/bin:/bin"})

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
def test_no_proxy_is_used_for_the_local_services(
    state_dir: Path, inherited: dict[str, str], expected: str
) -> None:
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited=inherited)

    assert variables["NO_PROXY"] == expected


def test_a_process_environment_has_nothing_of_the_users_account(state_dir: Path) -> None:
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
        environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited=inherited), inherited
    )

    assert whole["LANG"] == "C.UTF-8"
    assert "of the user" not in whole.values()
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_KINESIS"} & set(whole)


def test_a_process_that_enters_has_nothing_of_the_users_account(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"PATH": "/usr/bin", "AWS_PROFILE": "work"})
    variables = environment(ENDPOINTS, PULUMI_BIN, state_dir)

    enter(variables)

    assert os.environ == process_environment(variables, {"PATH": "/usr/bin"})
    assert "AWS_PROFILE" not in os.environ


class TestStandInProvider:
    """The stand-in replaces the AWS provider, unless the user chooses otherwise."""

    def test_it_has_the_version_that_pulumi_aws_requires(self, state_dir: Path) -> None:
        variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={})

        version = importlib.metadata.version("pulumi-aws")
        plugin = Path(variables["PULUMI_HOME"]) / "plugins" / f"resource-aws-v{version}"
        assert (plugin / "pulumi-resource-aws").samefile(plugin_folder() / "pulumi-resource-aws")
        assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"

    def test_a_broken_link_of_a_moved_checkout_is_replaced(self, state_dir: Path) -> None:
        # given a state folder whose plugin leads nowhere
        variables = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={})
        (link,) = Path(variables["PULUMI_HOME"]).glob("plugins/*/pulumi-resource-aws")
        link.unlink()
        link.symlink_to(state_dir / "nowhere")
        # when the environment is made again / then the plugin is there
        environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={})
        assert link.exists()


class TestGenuineProvider:
    """With LOCAL_AWS_PROVIDER=genuine no stand-in is found, and Pulumi may fetch the provider.

    Whether the genuine provider works with the emulator is not tested: it cannot be fetched here.
    """

    @pytest.fixture
    def variables(
        self, state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> dict[str, str]:
        """Return the environment of a shell that has used the stand-in before."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        before = environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={"PATH": "/bin"})
        inherited = {**before, "LOCAL_AWS_PROVIDER": "genuine"}
        return environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited=inherited)

    def test_no_stand_in_is_found(self, variables: dict[str, str]) -> None:
        folders = [Path(folder) for folder in variables["PATH"].split(os.pathsep)]

        assert PULUMI_BIN in folders
        assert [f for f in folders if (f / "pulumi-resource-aws").exists()] == []
        assert list(Path(variables["PULUMI_HOME"]).rglob("pulumi-resource-aws")) == []

    def test_pulumi_may_fetch_the_provider(self, variables: dict[str, str]) -> None:
        assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in variables

    def test_the_provider_uses_the_local_aws(self, variables: dict[str, str]) -> None:
        assert variables["AWS_ENDPOINT_URL"] == ENDPOINTS.emulator
        assert variables["AWS_ENDPOINT_URL_QLDB"] == ENDPOINTS.qldb
        assert variables["AWS_SKIP_CREDENTIALS_VALIDATION"] == "true"


def test_an_unknown_provider_is_refused_with_the_choices(state_dir: Path) -> None:
    with pytest.raises(LocalError, match="real: expected stand-in or genuine"):
        environment(ENDPOINTS, PULUMI_BIN, state_dir, inherited={"LOCAL_AWS_PROVIDER": "real"})


def test_no_package_of_this_repository_counts_as_a_pulumi_plugin() -> None:
    """Pulumi considers each installed distribution `pulumi-...` a provider to be downloaded."""
    names = [
        tomllib.loads(file.read_text())["project"]["name"]
        for file in (REPOSITORY / "packages").glob("*/pyproject.toml")
    ]

    assert len(names) == 2
    assert [name for name in names if name.startswith("pulumi-")] == []

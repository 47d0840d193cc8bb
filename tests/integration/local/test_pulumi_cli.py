"""A Pulumi command line is found, downloaded or built, with fake programs on a temporary PATH.

The end-to-end tests, which use the result, prove that the real Go modules build and deploy.
"""

from __future__ import annotations

import importlib.metadata
import re
import threading
from typing import TYPE_CHECKING

import pytest

from local import pulumi_cli
from local.errors import LocalError
from local.pulumi_cli import ensure_pulumi, on_path

if TYPE_CHECKING:
    from pathlib import Path

VERSION = importlib.metadata.version("pulumi")
HOST_FILES = ("pulumi-language-python", "pulumi-language-python-exec")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def fake_pulumi(folder: Path, version: str, *, host: bool = True) -> None:
    program(folder / "pulumi", f"echo v{version}")
    for name in HOST_FILES if host else ():
        program(folder / name, "exit 0")


def fake_go(folder: Path, sdk: Path, *, version: str = "go1.99.0", build: str = "") -> None:
    """Write a `go` that "builds" empty programs and finds the SDK's module in `sdk`."""
    program(sdk / "python" / "cmd" / "pulumi-language-python-exec", "exit 0")
    builds = (
        build
        or """
        for argument; do
            case $argument in */) target=$argument;; esac
            last=$argument
        done
        : > "$target${last##*/}"
        """
    )
    program(
        folder / "go",
        f"""
        case "$1" in
            version) echo "go version {version} here";;
            list) case "$*" in *Version*) echo v3.0.0;; *) echo '{sdk}';; esac;;
            build) echo "${{PWD##*/}} $*" >> '{folder}/builds'; {builds}
        esac
        """,
    )


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH; no Pulumi can be downloaded."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pulumi_cli, "_INSTALL", "import sys; sys.exit('no network')")
    return folder


@pytest.fixture
def progress() -> list[str]:
    """Return the lines shown to the user."""
    return []


@pytest.mark.parametrize("version", ["3.259.0", "3.259.1", "3.260.0", "4.0.0", "3.300.0-alpha.1"])
def test_a_command_on_the_path_that_is_new_enough_is_used(
    path: Path, progress: list[str], version: str
) -> None:
    fake_pulumi(path, version)

    assert on_path("3.259.0", progress.append) == path
    assert progress == []


@pytest.mark.parametrize("version", ["3.258.9", "3.99.0", "2.300.0"])
def test_a_command_on_the_path_that_is_too_old_is_not_used(
    path: Path, progress: list[str], version: str
) -> None:
    fake_pulumi(path, version)

    assert on_path("3.259.0", progress.append) is None
    assert f"v{version} is older than the SDK's 3.259.0" in progress[0]


def test_a_command_without_its_language_host_is_not_used(path: Path, progress: list[str]) -> None:
    fake_pulumi(path, VERSION, host=False)

    assert on_path(VERSION, progress.append) is None
    assert "has no pulumi-language-python" in progress[0]


def test_a_command_that_does_not_run_is_not_used(path: Path, progress: list[str]) -> None:
    program(path / "pulumi", "exit 1")

    assert on_path(VERSION, progress.append) is None
    assert "does not print its version" in progress[0]


def test_the_companions_are_searched_at_the_target_of_a_link(
    path: Path, progress: list[str], tmp_path: Path
) -> None:
    package = tmp_path / "package"
    fake_pulumi(package, VERSION)
    (path / "pulumi").symlink_to(package / "pulumi")

    assert on_path(VERSION, progress.append) == package


def test_a_language_host_elsewhere_on_the_path_is_accepted(
    path: Path, progress: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pulumi(path, VERSION, host=False)
    elsewhere = tmp_path / "elsewhere"
    for name in HOST_FILES:
        program(elsewhere / name, "exit 0")
    monkeypatch.setenv("PATH", f"{path}:{elsewhere}")

    assert on_path(VERSION, progress.append) == path


def test_a_downloaded_one_is_kept_for_the_next_time(
    path: Path, progress: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    install = (
        "import pathlib, sys; b = pathlib.Path(sys.argv[1], 'bin'); b.mkdir();"
        "[(b / n).touch() for n in ('pulumi', 'pulumi-language-python',"
        "                           'pulumi-language-python-exec')]"
    )
    monkeypatch.setattr(pulumi_cli, "_INSTALL", install)

    first = ensure_pulumi(progress.append)
    monkeypatch.setattr(pulumi_cli, "_INSTALL", "raise SystemExit('asked twice')")
    again = ensure_pulumi(progress.append)

    assert first == again
    assert sorted(file.name for file in first.iterdir()) == ["pulumi", *HOST_FILES]
    assert not (path / "builds").exists()


def test_without_a_download_it_is_built_once_from_the_modules(
    path: Path, progress: list[str], tmp_path: Path
) -> None:
    fake_go(path, tmp_path / "sdk")

    first = ensure_pulumi(progress.append)
    again = ensure_pulumi(progress.append)

    assert first == again
    assert first.is_relative_to(tmp_path / "cache")
    assert VERSION in str(first)
    assert sorted(file.name for file in first.iterdir()) == sorted(
        ["pulumi", *HOST_FILES, "pulumi-language-python-host"]
    )
    builds = (path / "builds").read_text().splitlines()
    assert [line.split()[0] for line in builds] == ["engine", "language_host"]
    assert f"Version=v{VERSION}" in builds[0]
    assert all("-mod=readonly" in line for line in builds)
    assert [line for line in progress if "Building" in line]


def test_two_processes_build_it_once(path: Path, progress: list[str], tmp_path: Path) -> None:
    fake_go(path, tmp_path / "sdk")
    results: list[Path] = []
    threads = [
        threading.Thread(target=lambda: results.append(ensure_pulumi(progress.append)))
        for _ in range(3)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 3
    assert len(set(results)) == 1
    assert len((path / "builds").read_text().splitlines()) == 2


def test_a_failed_build_shows_why_and_leaves_nothing(
    path: Path, progress: list[str], tmp_path: Path
) -> None:
    fake_go(path, tmp_path / "sdk", build="echo 'module not served' >&2; exit 1")

    with pytest.raises(LocalError, match=r"failed; install Pulumi yourself(.|\n)*not served"):
        ensure_pulumi(progress.append)

    left = [entry for entry in (tmp_path / "cache").rglob("*") if entry.suffix != ".lock"]
    assert [entry.name for entry in left] == ["qldb-kinesis-lambda-dynamodb"]


def test_a_long_build_reports_that_it_still_runs(
    path: Path, progress: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(path, tmp_path / "sdk", build="/bin/sleep 0.5; exit 1")
    monkeypatch.setattr("local.long_command._PROGRESS_SECONDS", 0.1)

    with pytest.raises(LocalError):
        ensure_pulumi(progress.append)

    assert [line for line in progress if re.search(r"Building .* \.\.\. \d+ s$", line)]


@pytest.mark.usefixtures("path")
def test_missing_go_is_named_with_the_remedy(progress: list[str]) -> None:
    with pytest.raises(LocalError, match=r"nor Go is on PATH: install Go 1\.\d+"):
        ensure_pulumi(progress.append)


@pytest.mark.parametrize("version", ["go1.19.13", "go1.24.1"])
def test_go_that_is_too_old_is_named_with_the_remedy(
    path: Path, progress: list[str], tmp_path: Path, version: str
) -> None:
    fake_go(path, tmp_path / "sdk", version=version)

    with pytest.raises(LocalError, match=rf"Go 1\.\d+(.\d+)? or newer is needed.*{version}"):
        ensure_pulumi(progress.append)

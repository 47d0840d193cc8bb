"""The launcher of the language host, with a small program in place of the built one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local import language_host
from local.language_host import BUILT_HOST

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    """Return a copy of the launcher beside a host that prints its arguments and environment."""
    folder = tmp_path / "a bin folder"
    folder.mkdir()
    host = folder / BUILT_HOST
    host.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "python: $PULUMI_PYTHON_CMD"\n')
    host.chmod(0o755)
    copied = folder / "pulumi-language-python"
    shutil.copy2(language_host.__file__, copied)
    return copied


def start(launcher: Path, project: Path) -> list[str]:
    """Return the lines that the host prints when it is started as by the engine."""
    path = os.pathsep.join([str(launcher.parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, launcher, "127.0.0.1:1234"],
        cwd=project,
        env={"PATH": path, "PULUMI_PYTHON_CMD": "/some/python"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_virtual_environment_precedes_the_engines_address(
    launcher: Path, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}")

    lines = start(launcher, tmp_path)

    assert lines[:-1] == ["-virtualenv=.venv", f"-root={tmp_path}", "127.0.0.1:1234"]


def test_the_variable_with_another_interpreter_is_removed(launcher: Path, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}")

    assert start(launcher, tmp_path)[-1] == "python: "


def test_without_a_virtual_environment_the_arguments_are_unchanged(
    launcher: Path, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("runtime: python")

    assert start(launcher, tmp_path) == ["127.0.0.1:1234", "python: /some/python"]

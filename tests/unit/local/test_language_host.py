"""The options of the built language host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.language_host import options

if TYPE_CHECKING:
    from pathlib import Path


def test_the_virtual_environment_of_the_project_file_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: a\nruntime: {name: python, options: {toolchain: pip, virtualenv: ../.venv}}\n"
    )

    assert options(tmp_path) == ["-virtualenv=../.venv", f"-root={tmp_path}"]


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nruntime: python\n",
        "name: a\nruntime: {name: python}\n",
        "name: a\nruntime: {name: python, options: {toolchain: pip}}\n",
    ],
)
def test_a_project_file_without_one_adds_no_option(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)

    assert options(tmp_path) == []


def test_a_folder_without_a_project_adds_no_option(tmp_path: Path) -> None:
    assert options(tmp_path) == []

"""What the commands of one state folder share with those of another: nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from local.running import stack_name
from local.services import DEFAULT_STATE

if TYPE_CHECKING:
    import pytest


def test_the_default_folder_has_the_short_name_however_it_is_written() -> None:
    assert stack_name(DEFAULT_STATE) == "local"
    assert stack_name(DEFAULT_STATE.parent / "docs" / ".." / ".local") == "local"


def test_each_other_folder_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = {stack_name(tmp_path / "one"), stack_name(tmp_path / "two"), "local"}

    assert len(names) == 3


def test_a_folder_keeps_its_name_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = stack_name(tmp_path / "state")
    monkeypatch.chdir(tmp_path.parent)

    assert stack_name(tmp_path.relative_to(Path.cwd()) / "state") == name

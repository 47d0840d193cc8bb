"""Where replays keep what they remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.project import PROJECT
from ops.errors import OpsError
from ops.replay.state_folder import remove, state_file

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "ab" * 32
NAME = f"{DIGEST[:32]}.sqlite"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def begun_under_the_former_name(home: Path) -> Path:
    file = home / "qldb-journal-to-dynamodb" / "replay" / NAME
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def test_the_folder_has_the_name_of_the_project(home: Path) -> None:
    file = state_file(None, DIGEST)

    assert file == home / PROJECT / "replay" / NAME
    assert file.parent.is_dir()


def test_without_the_variable_it_is_in_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert state_file(None, DIGEST).is_relative_to(tmp_path / ".local" / "state" / PROJECT)


def test_a_replay_that_began_under_the_former_name_goes_on(home: Path) -> None:
    file = begun_under_the_former_name(home)

    assert state_file(None, DIGEST) == file
    assert state_file(None, "cd" * 32).parent == home / PROJECT / "replay"


def test_one_that_began_again_since_counts_more(home: Path) -> None:
    file = state_file(None, DIGEST)
    file.touch()
    begun_under_the_former_name(home)

    assert state_file(None, DIGEST) == file


def test_a_replay_that_is_removed_starts_in_the_projects_folder(home: Path) -> None:
    remove(begun_under_the_former_name(home))

    assert state_file(None, DIGEST).parent == home / PROJECT / "replay"


def test_a_folder_that_is_given_is_taken(tmp_path: Path, home: Path) -> None:
    begun_under_the_former_name(home)

    assert state_file(tmp_path / "given", DIGEST) == tmp_path / "given" / NAME


def test_a_folder_that_cannot_be_made_is_named_with_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OpsError, match="name a folder with --state"):
        state_file(tmp_path / "file" / "folder", DIGEST)

"""The choice of the Java for DynamoDB Local, with fake commands on a temporary PATH."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from local.errors import LocalError
from local.java import find_java

if TYPE_CHECKING:
    from pathlib import Path


def fake_java(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture(autouse=True)
def _no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_missing_java_is_named_with_the_remedy() -> None:
    with pytest.raises(LocalError, match=r"needs Java 17 \(there is none\).*install"):
        find_java()


@pytest.mark.parametrize(("version", "major"), [("11.0.2", 11), ("1.8.0_392", 8)])
def test_java_that_is_too_old_is_named(tmp_path: Path, version: str, major: int) -> None:
    java = fake_java(tmp_path / "bin", version)

    with pytest.raises(
        LocalError, match=rf"needs Java 17 \({re.escape(str(java))} is Java {major}\)"
    ):
        find_java()


def test_java_that_does_not_run_counts_as_none(tmp_path: Path) -> None:
    java = fake_java(tmp_path / "bin", "17.0.15")
    java.write_text("#!/bin/sh\nexit 1\n")

    with pytest.raises(LocalError, match="there is none"):
        find_java()


@pytest.mark.parametrize("version", ["17.0.15", "21", "25.0.1"])
def test_java_on_the_path_that_is_new_enough_is_taken(tmp_path: Path, version: str) -> None:
    java = fake_java(tmp_path / "bin", version)

    assert find_java() == str(java)


def test_java_home_comes_first_unless_it_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_java(tmp_path / "bin", "17.0.15")
    new = fake_java(tmp_path / "new" / "bin", "21.0.1")
    old = fake_java(tmp_path / "old" / "bin", "11.0.1")

    monkeypatch.setenv("JAVA_HOME", str(new.parent.parent))
    assert find_java() == str(new)
    monkeypatch.setenv("JAVA_HOME", str(old.parent.parent))
    assert find_java() == str(on_path)

"""The commands that `up` suggests can be typed as they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.examples import EXAMPLES, next_commands
from local.services import DEFAULT_STATE

if TYPE_CHECKING:
    import pytest


def test_with_an_active_environment_the_examples_are_those_of_the_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))

    assert next_commands(DEFAULT_STATE, has_ledger=True) == EXAMPLES.partition("\n")[2]


def test_without_an_active_environment_the_examples_name_its_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.chdir(tmp_path)

    assert next_commands(DEFAULT_STATE, has_ledger=True).startswith("bin/python -m local put")


def test_another_state_folder_is_named_in_every_command() -> None:
    examples = next_commands(Path("my state"), has_ledger=True)

    assert examples.count("-m local --state 'my state' ") == examples.count("-m local")


def test_without_a_ledger_no_example_needs_one() -> None:
    examples = next_commands(DEFAULT_STATE, has_ledger=False)

    assert "-m local feed --stream" in examples
    for command in ("put", "delete", "redact", "show", "export"):
        assert f"-m local {command} " not in examples

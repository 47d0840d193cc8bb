"""What commands find of a state folder, and what they share with those of another: nothing."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from local import running
from local.errors import LocalError
from local.running import deployed, stack_name
from local.services import DEFAULT_STATE


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


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({}, "nothing is deployed: `python -m local up`"),
        ({"streamName": "s"}, r"the stack has no ledger \(ledgerStack is not set\).*local feed"),
    ],
)
def test_a_command_that_needs_a_ledger_says_what_is_missing(
    outputs: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "running_services", Mock())
    monkeypatch.setattr(running, "open_stacks", lambda _: Mock(outputs=lambda: outputs))

    with pytest.raises(LocalError, match=message):
        deployed(Path())


def test_a_command_that_needs_a_ledger_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    services, outputs = Mock(), {"streamName": "s", "ledgerName": "l"}
    monkeypatch.setattr(running, "running_services", lambda _: services)
    monkeypatch.setattr(running, "open_stacks", lambda _: Mock(outputs=lambda: outputs))

    assert deployed(Path()) == (services, outputs)

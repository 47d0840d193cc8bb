"""The ports that `up` accepts, before anything is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.command_line import main
from local.services import Services

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Services, **__: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(Services, "start", start)


@pytest.mark.parametrize("port", ["0", "99999", "-1", "http", "4566.5"])
@pytest.mark.parametrize("option", ["--port", "--qldb-port"])
def test_what_is_no_port_is_refused(
    option: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["up", f"{option}={port}"])

    assert f"{port} is no port: expected 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("ports", [("--port=4600", "--qldb-port=4600"), ("--port=4567",)])
def test_two_equal_ports_are_refused(
    ports: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(tmp_path), "up", *ports]) == 1

    assert "both servers cannot use port" in capsys.readouterr().err


def test_other_ports_than_those_in_use_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"emulator": 4600, "qldb": 4601}))
    monkeypatch.setattr(Services, "alive", lambda _: True)

    assert main(["--state", str(tmp_path), "up", "--port", "4700"]) == 1

    assert "the servers already run, on the ports 4600 and 4601" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answering", "sentence"),
    [
        ({"one": False, "two": True}, "one does not answer"),
        ({"one": False, "two": False}, "one and two do not answer"),
    ],
)
def test_silent_servers_are_named_in_a_sentence(
    answering: dict[str, bool],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"emulator": 4600, "qldb": 4601}))
    monkeypatch.setattr(Services, "running", lambda _: answering)

    assert main(["--state", str(tmp_path), "put", "Person", "{}"]) == 1

    assert sentence in capsys.readouterr().err

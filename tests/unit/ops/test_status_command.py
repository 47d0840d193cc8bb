"""`python -m ops status` shows the state of a stack; its exit status says whether all is well.

The services are in memory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handler.version import project_version
from ops import connections
from ops.command_line import main
from tests.support.status_clients import ALARM_NAMES, SERVICE, StatusClients, metric, outputs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> StatusClients:
    found = StatusClients()

    def client(service: str, region: str | None) -> StatusClients:
        assert region == "eu-west-1"
        return found.client(service)

    monkeypatch.setattr(connections, "client", client)
    return found


@pytest.fixture
def stack(tmp_path: Path) -> list[str]:
    """The command-line option with the outputs of a stack that this version deployed."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({**outputs().values, "version": project_version()}))
    return ["--outputs", str(file)]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["status", *arguments])
    return status, capsys.readouterr().out


def test_a_stack_that_is_well_is_shown_with_exit_status_0(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = run(capsys, *stack)

    assert status == 0
    assert [line.split()[0] for line in text.splitlines()[2:11]] == ["ok"] * 9
    assert "ok  mapping         Enabled, last result: OK\n" in text
    assert clients.requests


def test_the_counters_of_each_ledger_table_are_a_table(
    clients: StatusClients,  # noqa: ARG001 (in place of AWS)
    stack: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, text = run(capsys, *stack)

    head = "in the last hour (counters without a number are left out):\n"
    shown = text.partition(head)[2].splitlines()
    assert [line.split() for line in shown] == [
        ["ledger", "table", "applied", "ignored"],
        ["Person", "4", "0"],
        ["my_table", "0", "2"],
    ]
    assert len({len(line) for line in shown}) == 1


def test_an_hour_without_revisions_is_no_table(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.metrics = {metric("RevisionsApplied", service=SERVICE): [0.0]}

    _, text = run(capsys, *stack)

    assert text.endswith("in the last hour: nothing\n")


def test_without_data_the_reasons_are_given_and_the_rest_is_shown(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.metrics = {}

    status, text = run(capsys, *stack)

    assert status == 0
    assert "person-1a2b, ACTIVE, 1,204 items" in text
    assert "or this is a local AWS, which makes no metrics" in text
    assert "in the last hour" not in text


def test_what_needs_attention_is_marked_with_exit_status_1(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.alarms[ALARM_NAMES[0]] = "ALARM"

    status, text = run(capsys, *stack)

    assert status == 1
    assert "!!  alarms          1 ALARM, 1 OK\n" in text
    assert f"{ALARM_NAMES[0]} since 2026-11-28T10:00:00Z: About" in text


def test_what_cannot_be_read_is_marked_with_exit_status_1(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.denied = {"GetMetricData"}

    status, text = run(capsys, *stack)

    assert status == 1
    assert "??  lag             metrics: no permission: allow your user or role the" in text


def test_text_that_is_no_terminals_has_no_colors(
    clients: StatusClients,
    stack: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    clients.messages = 1

    _, text = run(capsys, *stack)

    assert "\x1b" not in text


def test_a_terminal_gets_colors(
    clients: StatusClients,
    stack: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    clients.messages = 1

    _, text = run(capsys, *stack)

    assert "\x1b[32mok\x1b[0m" in text
    assert "\x1b[1;31m!!\x1b[0m" in text


def test_names_cannot_control_the_terminal(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    odd = "a\x1b]0;owned\x07[red]"
    clients.mapping = {
        "State": "Disabled",
        "LastProcessingResult": odd,
        "StateTransitionReason": odd,
    }

    _, text = run(capsys, *stack)

    assert text.count("a\\x1b]0;owned\\x07[red]") == 2
    assert "\x1b" not in text


def test_json_has_everything_that_was_read(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.messages = 1

    status, text = run(capsys, *stack, "--json")

    document: dict[str, Any] = json.loads(text)
    assert status == 1
    assert document["ok"] is False
    assert [each for each in document["findings"] if each["verdict"] != "ok"] == [
        {
            "part": "failures",
            "verdict": "attention",
            "text": "0 objects; 1 message",
            "hints": [
                (
                    "without an object, like those of discarded failures and S3's test messages: "
                    "the next redrive removes them"
                ),
                "docs/runbook.md#failure-queue",
            ],
        }
    ]
    assert document["mapping"]["lastResult"] == "OK"
    assert document["metrics"]["iteratorAgeMilliseconds"] == 200.0
    assert document["metrics"]["tables"]["my_table"] == {"RecordsIgnored": 2}
    assert document["tables"]["my_table"]["items"] == 1
    assert document["historyTable"]["name"] == "history-1a2b"


def test_json_says_what_was_not_told(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clients.denied = {"DescribeAlarms"}

    status, text = run(capsys, *stack, "--json")

    assert status == 1
    assert "cloudwatch:DescribeAlarms" in json.loads(text)["alarms"]["unavailable"]


def test_only_what_reads_is_called(
    clients: StatusClients, stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, *stack)

    verbs = ("Get", "Describe", "List")
    assert [name for name, _ in clients.requests if not name.startswith(verbs)] == []

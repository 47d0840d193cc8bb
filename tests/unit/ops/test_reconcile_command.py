"""`python -m ops reconcile`: what it prints and writes, what it refuses, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handler.contract import Variable
from handler.version import project_version
from handler.writer import BatchStatementWriter
from ops import connections
from ops.command_line import main
from tests.support import planted_differences as planted
from tests.support.deployed_function import FUNCTION, DeployedFunction
from tests.support.exports import ExportFormat, export_of
from tests.support.html_outline import HtmlOutline
from tests.support.kinesis_events import STREAM_ARN
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.planted_differences import PlantedLedger
from tests.support.reconcile_run import ReconcileRun
from tests.support.replay_run import HISTORY, PERSON, WITH_HISTORY, Bucket

if TYPE_CHECKING:
    from pathlib import Path

    from handler.corrections import Correction
    from ops.stack_outputs import StackOutputs

LEDGER = PlantedLedger(live=6, others=1)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReconcileRun:
    """Tables that are equal to an export."""
    folder = export_of(LEDGER.ledger.blocks, ExportFormat.ION_BINARY).write_to(tmp_path / "export")
    client = MemoryDynamoDB(Tables([PERSON], history=[HISTORY]))
    run = ReconcileRun(folder, WITH_HISTORY, client)
    run.load()

    def writer(
        _: StackOutputs, *, write_units: float | None, correction: Correction | None
    ) -> BatchStatementWriter:
        assert write_units is None
        return BatchStatementWriter(client, requests_in_flight=1, correction=correction)

    monkeypatch.setattr(connections, "dynamodb", lambda _: client)
    monkeypatch.setattr(connections, "replay_writer", writer)
    monkeypatch.setattr(connections, "failure_store", lambda _: Bucket())
    return run


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> DeployedFunction:
    function = DeployedFunction()
    monkeypatch.setattr(connections, "functions", lambda _: function)
    return function


@pytest.fixture
def arguments(tmp_path: Path, run: ReconcileRun, function: DeployedFunction) -> list[str]:
    """The source and the outputs of the stack."""
    file = tmp_path / "outputs.json"
    content = {
        "version": project_version(),
        "streamArn": STREAM_ARN,
        "failureQueueUrl": "https://sqs/failures",
        "functionName": FUNCTION,
        "functionCodeSha256": function.code,
        "replicaTables": json.dumps({"Person": {"tableName": PERSON, "history": True}}),
        "handlerEnvironment": {
            Variable.FAILURE_BUCKET: "failures",
            Variable.HISTORY_TABLE: HISTORY,
        },
    }
    file.write_text(json.dumps(content))
    return [str(run.folder), "--outputs", str(file)]


def test_equal_tables_have_exit_status_0(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile", *arguments, "--deep"]) == 0

    assert capsys.readouterr().out.startswith("EQUAL")


def test_differences_are_listed_without_documents(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.missing(run, LEDGER.live[0])
    planted.other_value(run, LEDGER.live[1])

    assert main(["reconcile", *arguments, "--deep"]) == 1

    out = capsys.readouterr().out
    assert out.startswith("DIFFERENT")
    assert "1 x missing" in out
    assert f"{LEDGER.live[0]}  Person  expected version 1" in out
    assert f"{LEDGER.live[1]}  Person  version 1" in out
    assert "another" not in out


def test_json_on_the_standard_output_is_all_that_is_printed(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.other_hash_of_revision(run, LEDGER.live[2])

    assert main(["reconcile", *arguments, "--json", "-"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["exitStatus"]) == ("different", 1)
    assert found["counts"] == {"differing by hash": 1}
    assert found["differences"] == [
        {
            "kind": "differing by hash",
            "isWrong": True,
            "ledgerTable": None,
            "tableName": HISTORY,
            "documentId": LEDGER.live[2],
            "version": 0,
            "expectedVersion": 0,
        }
    ]
    assert [each["items"] for each in found["tables"]] == [8, 16]
    assert found["lastBlock"]["sequenceNo"] == LEDGER.ledger.blocks[-1].sequence_no


def test_a_page_names_every_kind_and_no_document(
    arguments: list[str], run: ReconcileRun, tmp_path: Path
) -> None:
    planted.missing(run, LEDGER.live[0])
    planted.newer(run, LEDGER.live[1])
    file = tmp_path / "report.html"

    assert main(["reconcile", *arguments, "--html", str(file)]) == 1

    page = HtmlOutline(file.read_text(encoding="utf-8"))
    assert LEDGER.live[0] in page.text
    assert "nothing: it is not wrong" in page.text
    assert "DIFFERENT" in page.text


def test_a_source_that_is_cut_could_not_be_read(
    arguments: list[str], run: ReconcileRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = max(run.folder.rglob("*-*.ion"))
    file.write_bytes(file.read_bytes()[:-20])
    reports = {name: tmp_path / name for name in ("report.json", "report.html")}
    options = ["--json", str(reports["report.json"]), "--html", str(reports["report.html"])]

    assert main(["reconcile", *arguments, *options]) == 2

    out = capsys.readouterr().out
    assert out.startswith("COULD NOT BE READ")
    texts = [out, *(path.read_text(encoding="utf-8") for path in reports.values())]
    assert all(file.name in text for text in texts)


def test_a_missing_table_has_exit_status_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connections, "dynamodb", lambda _: MemoryDynamoDB(Tables([])))

    assert main(["reconcile", *arguments]) == 2

    assert f"table {PERSON} does not exist" in capsys.readouterr().err


def test_repair_writes_what_differs(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.missing(run, LEDGER.live[0])
    planted.other_value(run, LEDGER.live[1])
    planted.unknown_document(run, LEDGER.live[2])

    assert main(["reconcile", *arguments, "--deep", "--repair"]) == 1

    assert "Repaired 2 documents: 2 items and 0 of the history were written." in (
        capsys.readouterr().out
    )
    assert main(["reconcile", *arguments, "--deep", "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["counts"] == {"extra": 1}


def test_extra_items_are_deleted_on_request(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.unknown_document(run, LEDGER.live[2])
    planted.unknown_revision(run, LEDGER.live[3])

    assert main(["reconcile", *arguments, "--repair", "--remove-extra", "--yes"]) == 1

    assert "Deleted 2 extra items." in capsys.readouterr().out
    assert main(["reconcile", *arguments, "--deep"]) == 0


def test_extra_items_are_not_deleted_unasked(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.unknown_document(run, LEDGER.live[2])

    assert main(["reconcile", *arguments, "--repair", "--remove-extra"]) == 2

    assert "nothing was deleted: answer at a terminal, or pass --yes" in capsys.readouterr().err


def test_nothing_to_repair_is_said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile", *arguments, "--repair"]) == 0

    assert "Nothing to repair." in capsys.readouterr().out


def test_json_on_the_standard_output_has_no_lines_of_a_repair(
    arguments: list[str], run: ReconcileRun, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.missing(run, LEDGER.live[0])

    assert main(["reconcile", *arguments, "--repair", "--json", "-"]) == 1

    shown = capsys.readouterr()
    assert json.loads(shown.out)["counts"] == {"missing": 1}
    assert "Repaired 1 document: " in shown.err


def test_the_command_that_repeats_it_has_what_decides_the_result(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--deep", "--ended", "--tables", "Person", "--rcu", "1000", "--limit", "3"]

    assert main(["reconcile", *arguments, *options, "--json", "-"]) == 0

    command = json.loads(capsys.readouterr().out)["command"].split()
    expected = ["python", "-m", "ops", "reconcile", *arguments]
    assert command == [*expected, "--tables", "Person", "--deep", "--ended"]


def test_repair_refuses_outputs_of_another_deployment(
    arguments: list[str],
    run: ReconcileRun,
    function: DeployedFunction,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted.missing(run, LEDGER.live[0])
    function.code = "another"

    assert main(["reconcile", *arguments, "--repair"]) == 2

    assert "the outputs are not those of the deployed function" in capsys.readouterr().err
    assert main(["reconcile", *arguments]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--remove-extra"], "belong to --repair: add it"),
        (["--repair", "--yes"], "--yes belongs to --remove-extra: add it"),
        (["--tables", "Persn"], "--tables: Persn is no `ledgerTable`"),
        (["--html", "/nowhere/report.html"], "give a file in a folder that exists"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    arguments: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile", *arguments, *options]) == 2

    assert message in capsys.readouterr().err

"""`python -m ops generations`: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import Variable
from handler.version import project_version
from ops import connections
from ops.command_line import main
from tests.support.faults import client_error
from tests.support.generation_items import (
    CURRENT,
    DROPPED,
    history_item,
    live_item,
    tombstone,
)
from tests.support.kinesis_events import STREAM_ARN
from tests.support.scanned_tables import ScannedTables
from tests.support.sentinel import SECRET
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ops.stack_outputs import StackOutputs

TABLES = {
    "Person": {"tableName": "person-1a2b3c", "history": True},
    "Vehicle": {"tableName": "vehicle-1a2b3c"},
}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ScannedTables:
    """Two generations of Person, with their history, and no item of Vehicle."""
    tables = ScannedTables(
        {
            "person-1a2b3c": [
                live_item("a", day=1),
                live_item("b", day=2),
                tombstone("c", day=3),
                live_item("d", CURRENT, day=4),
            ],
            "vehicle-1a2b3c": [],
            "history-1a2b3c": [
                history_item("a", "live"),
                history_item("b", "redacted", dataHash={"B": b"h"}),
                history_item("c", "deleted"),
            ],
        }
    )

    def client(outputs: StackOutputs) -> ScannedTables:
        assert outputs.region == "eu-west-1"
        return tables

    monkeypatch.setattr(connections, "dynamodb", client)
    return tables


@pytest.fixture
def outputs(tmp_path: Path) -> list[str]:
    """The command-line option with the outputs of the stack."""
    file = tmp_path / "outputs.json"
    content = {
        "version": project_version(),
        "streamArn": STREAM_ARN,
        "failureQueueUrl": "https://sqs/failures",
        "replicaTables": json.dumps(TABLES),
        "handlerEnvironment": {
            Variable.FAILURE_BUCKET: "failures",
            Variable.HISTORY_TABLE: "history-1a2b3c",
        },
    }
    file.write_text(json.dumps(content))
    return ["--outputs", str(file)]


@pytest.mark.usefixtures("tables")
def test_the_list_has_every_generation_of_every_table(
    outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generations", *outputs]) == 0

    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["Person", "(person-1a2b3c)"] in shown
    first, third, fourth = ([f"2021-01-0{day}", "02:16"] for day in (1, 3, 4))
    assert [DROPPED, *first, *third, "2", "1"] in shown
    assert ["*", CURRENT, *fourth, *fourth, "1", "0"] in shown
    newest = ["written", "now", "(inferred:", "it", "has", "the", "newest", "transaction)"]
    assert ["*", *newest] in shown
    assert [*["Vehicle", "(vehicle-1a2b3c)"]] in shown
    assert ["no", "items"] in shown
    assert [DROPPED, *first, *first, "1", "1", "1", "Person"] in shown


@pytest.mark.usefixtures("tables")
def test_the_list_of_replica_tables_fits_a_terminal(
    outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given ids as long as QLDB's
    assert len(DROPPED) == 22

    main(["generations", *outputs, "--no-history"])

    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


@pytest.mark.usefixtures("tables")
def test_the_list_is_available_as_json(
    outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generations", *outputs, "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    person, vehicle = found["tables"]
    assert person["ledgerTable"] == "Person"
    assert person["generations"] == [
        {
            "tableId": DROPPED,
            "live": 2,
            "tombstones": 1,
            "firstTxTime": "2021-01-01T02:16:06.240Z",
            "lastTxTime": "2021-01-03T02:16:06.240Z",
            "isNewest": False,
        },
        {
            "tableId": CURRENT,
            "live": 1,
            "tombstones": 0,
            "firstTxTime": "2021-01-04T02:16:06.240Z",
            "lastTxTime": "2021-01-04T02:16:06.240Z",
            "isNewest": True,
        },
    ]
    assert vehicle == {
        "ledgerTable": "Vehicle",
        "tableName": "vehicle-1a2b3c",
        "generations": [],
    }
    assert found["history"]["tableName"] == "history-1a2b3c"
    (revisions,) = found["history"]["generations"]
    assert [revisions[state] for state in ("live", "deleted", "redacted", "other")] == [1, 1, 1, 0]


def test_only_what_is_asked_for_is_read(tables: ScannedTables, outputs: list[str]) -> None:
    main(["generations", *outputs, "--ledger-table", "Vehicle", "--no-history"])

    assert {request["TableName"] for request in tables.requests} == {"vehicle-1a2b3c"}


def test_the_history_of_other_ledger_tables_is_not_listed(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given revisions of two ledger tables
    other = history_item("v", "live", "VehicleTable000000000I", ledgerTable={"S": "Vehicle"})
    tables.tables["history-1a2b3c"]["v"] = other
    # when one is asked for / then the other's are left out
    main(["generations", *outputs, "--json", "--ledger-table", "Person"])
    history = json.loads(capsys.readouterr().out)["history"]
    assert [each["ledgerTable"] for each in history["generations"]] == ["Person"]


def test_the_history_is_not_read_for_a_ledger_table_without_one(
    tables: ScannedTables, outputs: list[str]
) -> None:
    main(["generations", *outputs, "--ledger-table", "Vehicle"])

    assert {request["TableName"] for request in tables.requests} == {"vehicle-1a2b3c"}


def test_no_document_is_read(tables: ScannedTables, outputs: list[str]) -> None:
    main(["generations", *outputs])

    read = {name for each in tables.requests for name in each["ExpressionAttributeNames"].values()}
    assert read == {"tableId", "isDeleted", "txTime", "revisionState", "ledgerTable"}


def test_items_that_store_no_id_are_explained(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tables.tables["person-1a2b3c"]["e"] = live_item("e", None)

    main(["generations", *outputs])

    assert "(not stored): items that an earlier version wrote" in capsys.readouterr().out


def test_a_generation_is_removed_and_the_history_kept(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given the history / when the dropped generation is removed
    history = dict(tables.tables["history-1a2b3c"])
    assert main(["generations", *outputs, "--remove", DROPPED, "--yes"]) == 0
    # then its live items are tombstones, and the history is as it was
    assert capsys.readouterr().out == (
        "removed  2 items, which are tombstones now\n"
        "A revision that an item did not have yet brings its document back: run the command\n"
        "again when the stream is read and the failure bucket is empty (python -m ops redrive).\n"
    )
    person = tables.tables["person-1a2b3c"]
    assert person["a"] == tombstone("a", day=1)
    assert person["b"] == tombstone("b", day=2)
    assert person["d"] == live_item("d", CURRENT, day=4)
    assert tables.tables["history-1a2b3c"] == history
    # and a repetition has nothing to do
    assert main(["generations", *outputs, "--remove", DROPPED, "--yes"]) == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_a_dry_run_changes_nothing(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(tables.tables["person-1a2b3c"])

    assert main(["generations", *outputs, "--remove", DROPPED, "--dry-run"]) == 0

    assert capsys.readouterr().out == (
        "Dry run: would turn 2 live items of Person in person-1a2b3c into tombstones.\n"
    )
    assert tables.tables["person-1a2b3c"] == before


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_it_asks_first(
    typed: str,
    status: int,
    tables: ScannedTables,
    outputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = dict(tables.tables["person-1a2b3c"])
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    assert main(["generations", *outputs, "--remove", DROPPED]) == status

    assert (tables.tables["person-1a2b3c"] == before) == (status == 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--remove", DROPPED], "nothing was removed: answer at a terminal, or pass --yes"),
        (["--remove", "Unknown", "--yes"], "is from a ledger table with the id Unknown"),
        (["--remove", CURRENT, "--yes"], "may be the table that is written now: nothing was"),
        (["--remove", CURRENT, "--dry-run"], "may be the table that is written now: nothing was"),
        (["--remove", DROPPED, "--json"], "--json prints the list"),
        (["--remove", DROPPED, "--no-history"], "--remove never reads the history"),
        (["--yes"], "belong to --remove TABLE_ID"),
        (["--force"], "belong to --remove TABLE_ID"),
        (["--ledger-table", "Owner"], "does not replicate a ledger table Owner; it replicates"),
        (
            ["--remove", DROPPED, "--yes", "--ledger-table", "Vehicle"],
            "no item of vehicle-1a2b3c is from",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str],
    message: str,
    tables: ScannedTables,
    outputs: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {name: dict(items) for name, items in tables.tables.items()}

    assert main(["generations", *outputs, *arguments]) == 1

    assert message in capsys.readouterr().err
    assert tables.tables == before


@pytest.mark.parametrize(
    "items",
    [
        [live_item("a", None, day=9), live_item("d", CURRENT, day=4)],
        [live_item("a", DROPPED, day=4), live_item("d", CURRENT, day=4)],
    ],
    ids=["newer items without an id", "another one as new"],
)
def test_what_may_be_written_now_is_refused(
    items: list[dict[str, Any]],
    tables: ScannedTables,
    outputs: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    person = {item["pk"]["S"]: item for item in items}
    tables.tables["person-1a2b3c"] = dict(person)

    assert main(["generations", *outputs, "--remove", CURRENT, "--yes"]) == 1

    assert "may be the table that is written now: nothing was" in capsys.readouterr().err
    assert tables.tables["person-1a2b3c"] == person


def test_the_newest_generation_is_removed_if_forced(
    tables: ScannedTables, outputs: list[str]
) -> None:
    assert main(["generations", *outputs, "--remove", CURRENT, "--yes", "--force"]) == 0

    assert tables.tables["person-1a2b3c"]["d"] == tombstone("d", CURRENT, day=4)


def test_an_item_that_changes_meanwhile_is_status_1(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tables.before_put = lambda key: tables.tables["person-1a2b3c"].update(
        {"b": live_item("b", version=4)} if key == "b" else {}
    )

    assert main(["generations", *outputs, "--remove", DROPPED, "--yes"]) == 1

    assert "changed  1 item meanwhile: run the command again" in capsys.readouterr().out


def test_what_was_removed_is_told_when_the_removal_fails(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a permission that is lost after the first page
    def refuse(key: str) -> None:
        if key == "e":
            raise client_error("PutItem", "AccessDeniedException", "m")

    tables.tables["person-1a2b3c"]["e"] = live_item("e")
    tables.before_put = refuse
    # when the generation is removed
    assert main(["generations", *outputs, "--remove", DROPPED, "--yes"]) == 1
    # then what was done is told beside the error
    shown = capsys.readouterr()
    assert "removed  2 items, which are tombstones now\n" in shown.out
    assert "the action dynamodb:PutItem" in shown.err


def test_a_removal_counts_with_consistent_reads(tables: ScannedTables, outputs: list[str]) -> None:
    main(["generations", *outputs, "--remove", DROPPED, "--dry-run"])

    assert tables.requests
    assert all(request["ConsistentRead"] for request in tables.requests)


def test_ctrl_c_ends_soon_and_says_so(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given more items than are written at once, and Ctrl-C while the first of them is
    for number in range(400):
        key = f"more{number:03}"
        tables.tables["person-1a2b3c"][key] = live_item(key)
    pressed: list[str] = []

    def press(key: str) -> None:
        if not pressed:
            pressed.append(key)
            signal.raise_signal(signal.SIGINT)

    tables.before_put = press
    # when the generation is removed / then it ends early, and names the remedy
    assert main(["generations", *outputs, "--remove", DROPPED, "--yes"]) == 130
    shown = capsys.readouterr()
    assert "Interrupted: run the command again for the rest.\n" in shown.out
    assert "Ctrl-C again stops at once" in shown.err
    left = [item for item in tables.tables["person-1a2b3c"].values() if SECRET in str(item)]
    assert len(left) > 100


@pytest.mark.parametrize("rate", ["0", "-5", "nan", "fast"])
def test_what_is_no_rate_is_refused(
    rate: str, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["generations", *outputs, f"--rate={rate}"])

    assert f"{rate} is no rate" in capsys.readouterr().err


def test_no_command_prints_a_document(
    tables: ScannedTables, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert SECRET in str(tables.tables)
    for arguments in ([], ["--json"], ["--remove", DROPPED, "--yes"]):
        main(["generations", *outputs, *arguments])
    shown: Any = capsys.readouterr()
    assert SECRET not in shown.out + shown.err

"""Corrections of items of the same version, on AWS's DynamoDB Local.

Proves what their statements and conditions do in AWS's own engine, also if somebody else writes
between the request that finds an item wrong and the one that corrects it.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from qldb_simulator.operations import CreateTable, Delete, Insert, Update

from handler.contract import RevisionState
from handler.corrections import Correction
from handler.history import HistoryWrite
from handler.outcomes import APPLIED, STALE, Outcome
from handler.replica import Write
from handler.settings import HandlerSettings, ReplicaTable
from handler.writer import BatchStatementWriter
from tests.integration.handler.test_writer_on_dynamodb_local import transport
from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.replay_run import ReplayRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.writer import ItemWrite, StatementClient

pytestmark = pytest.mark.engine

CLIENTS: dict[str, Callable[[DynamoDBClient], StatementClient]] = {
    "transport": transport,
    "boto3": lambda client: client,
}
HASH, OTHER_HASH = {"B": b"\x01" * 32}, {"B": b"\x02" * 32}
KEY: dict[str, Any] = {"pk": {"S": "doc"}}
REVISION: dict[str, Any] = {"version": {"N": "3"}, "hash": HASH}
PHOTO = {"B": b"\x01\x02"}
PHOTO_FROM_JSON = {"S": "AQI="}
FROM_ION = {**KEY, **REVISION, "projectionId": {"S": "one"}, "photo": PHOTO}
FROM_JSON = {**FROM_ION, "photo": PHOTO_FROM_JSON}
NEWER = {**FROM_ION, "version": {"N": "4"}, "hash": OTHER_HASH, "photo": {"S": "newer"}}
REMOVED = {**KEY, **REVISION, "isDeleted": {"BOOL": True}}
"""As `ops generations --remove` leaves the item."""

HISTORY_FROM_ION = {**KEY, **REVISION, "revisionState": {"S": "live"}, "photo": PHOTO}
HISTORY_FROM_JSON = {**HISTORY_FROM_ION, "photo": PHOTO_FROM_JSON}
REDACTED = {**KEY, **REVISION, "revisionState": {"S": "redacted"}}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, dynamodb: DynamoDBClient) -> StatementClient:
    """Return each client in turn: a refused condition's item has another form in each."""
    return CLIENTS[request.param](dynamodb)


class Racing:
    """A client before whose next ``PutItem`` somebody else writes the item."""

    def __init__(self, client: StatementClient, write: Callable[[], object]) -> None:
        self._client = client
        self._write: Callable[[], object] | None = write

    def batch_execute_statement(self, **arguments: Any) -> Any:  # noqa: ANN401 (boto3's)
        return self._client.batch_execute_statement(**arguments)

    def put_item(self, **arguments: Any) -> Any:  # noqa: ANN401 (boto3's)
        write, self._write = self._write, None
        if write is not None:
            write()
        return self._client.put_item(**arguments)


class Tables:
    """A table of the current state and one of the history, with one document.

    Parameters
    ----------
    dynamodb
        Sees and changes the items.
    client
        Writes corrections.
    state, history
        The tables' names.
    """

    def __init__(
        self, dynamodb: DynamoDBClient, client: StatementClient, state: str, history: str
    ) -> None:
        self.dynamodb = dynamodb
        self.client = client
        self.state = state
        self.history = history

    def live(self, item: Mapping[str, Any] = FROM_ION, *, has_types: bool = True) -> Write:
        """Return the write of the current state that leads to an item."""
        attributes = {name: value for name, value in item.items() if name not in _NOT_ATTRIBUTES}
        version = int(item["version"]["N"])
        return Write(self.state, "doc", version, "one", attributes, has_types=has_types)

    def revision(
        self, item: Mapping[str, Any] = HISTORY_FROM_ION, *, has_types: bool = True
    ) -> HistoryWrite:
        """Return the write of the history that leads to an item."""
        metadata, content = {"hash": item["hash"]}, {"photo": item["photo"]}
        return HistoryWrite(
            self.history, "doc", 3, RevisionState.LIVE, metadata, content, has_types
        )

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Store an item, whatever is there."""
        self.dynamodb.put_item(TableName=table, Item=dict(item))

    def correct(
        self,
        write: ItemWrite,
        correction: Correction = Correction.SAME_REVISION,
        *,
        stored: Mapping[str, Any],
        meanwhile: Mapping[str, Any] | None = None,
    ) -> tuple[Outcome, Mapping[str, Any]]:
        """Return the outcome of a correction, and the item after it.

        Parameters
        ----------
        stored
            The item before it.
        meanwhile
            What somebody else writes after it was found wrong; None for nothing.
        """
        table = write.table_name
        self.put(table, stored)
        client = self.client
        if meanwhile is not None:
            client = Racing(client, lambda: self.put(table, meanwhile))
        writer = BatchStatementWriter(client, requests_in_flight=1, correction=correction)
        (outcome,) = writer.write([write], time.time() + 60)
        (item,) = self.items(table)
        return outcome, item

    def items(self, table: str) -> list[Mapping[str, Any]]:
        """Return all items of a table."""
        return list(self.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"])


_NOT_ATTRIBUTES = ("pk", "projectionId")


@pytest.fixture
def tables(
    dynamodb: DynamoDBClient, client: StatementClient, table_name: str, history_table_name: str
) -> Tables:
    """Return empty tables."""
    return Tables(dynamodb, client, table_name, history_table_name)


def test_an_ion_replay_corrects_what_a_json_replay_has_written(
    tables: Tables, tmp_path: Path
) -> None:
    # given a journal that was loaded from JSON
    ledger = new_ledger(Random(3))
    ledger.commit([CreateTable(table="Person")])
    for number in range(30):
        document = {"photo": bytes([number, 1, 2]), "n": number, "many": [number, {"x": b"\x01"}]}
        block = ledger.commit([Insert(table="Person", document=document)])
        (key,) = (each.document_id for each in block.documents)
        if number % 3 == 1:
            ledger.commit([Update(table="Person", document_id=key, document={"photo": b"\x01"})])
        elif number % 3 == 2:
            ledger.commit([Delete(table="Person", document_id=key)])
    table = ReplicaTable(ledger_table="Person", table_name=tables.state, history=True)
    run = ReplayRun(
        export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path / "json"),
        settings=HandlerSettings(
            replica_tables={"Person": table},
            failure_bucket="failures",
            history_table=tables.history,
        ),
        client=tables.client,
    )
    run.run()
    untyped = _by_key(tables.items(tables.state)), _by_key(tables.items(tables.history))
    # when the Ion export corrects them, once with the option and once more
    run.folder = export_of(ledger.blocks).write_to(tmp_path / "ion")
    run.run(correction=Correction.SAME_REVISION)
    assert run.state is not None
    corrected = run.state.tally.applied
    run.run(correction=Correction.SAME_REVISION)
    # then they have their types, and the second one had nothing to write
    typed = _by_key(tables.items(tables.state)), _by_key(tables.items(tables.history))
    assert (corrected, run.state.tally.applied) == (20, 0)
    for before, after in zip(untyped, typed, strict=True):
        assert before.keys() == after.keys()
        assert {key for key in after if before[key] != after[key]} == {
            key for key, item in after.items() if "data" in item
        }
        photos = [item["data"]["M"]["photo"] for item in after.values() if "data" in item]
        assert {kind for photo in photos for kind in photo} == {"B"}
    # and JSON does not take them away again, not even as a repair
    run.folder = tmp_path / "json"
    run.run(correction=Correction.ANY)
    assert typed == (_by_key(tables.items(tables.state)), _by_key(tables.items(tables.history)))


def _by_key(items: list[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(item["pk"]["S"], item["version"]["N"]): item for item in items}


@pytest.mark.parametrize(
    ("correction", "expected"),
    [(Correction.SAME_REVISION, FROM_JSON | {"hash": OTHER_HASH}), (Correction.ANY, FROM_ION)],
)
def test_an_item_of_another_revision_is_corrected_only_on_request(
    tables: Tables, correction: Correction, expected: Mapping[str, Any]
) -> None:
    _, item = tables.correct(tables.live(), correction, stored=FROM_JSON | {"hash": OTHER_HASH})

    assert item == expected


@pytest.mark.parametrize("correction", Correction)
def test_a_newer_version_stays(tables: Tables, correction: Correction) -> None:
    assert tables.correct(tables.live(), correction, stored=NEWER) == (STALE, NEWER)


@pytest.mark.parametrize("correction", Correction)
def test_a_newer_version_that_comes_meanwhile_stays(tables: Tables, correction: Correction) -> None:
    assert tables.correct(tables.live(), correction, stored=FROM_JSON, meanwhile=NEWER) == (
        STALE,
        NEWER,
    )


def test_another_revision_that_comes_meanwhile_stays(tables: Tables) -> None:
    other = FROM_JSON | {"hash": OTHER_HASH}

    assert tables.correct(tables.live(), stored=FROM_JSON, meanwhile=other) == (STALE, other)


@pytest.mark.parametrize("correction", [Correction.SAME_REVISION, Correction.ANY_BUT_TOMBSTONES])
def test_a_removed_document_stays_removed(tables: Tables, correction: Correction) -> None:
    assert tables.correct(tables.live(), correction, stored=REMOVED) == (STALE, REMOVED)


@pytest.mark.parametrize("correction", Correction)
def test_a_document_that_is_removed_meanwhile_stays_removed(
    tables: Tables, correction: Correction
) -> None:
    assert tables.correct(tables.live(), correction, stored=FROM_JSON, meanwhile=REMOVED) == (
        STALE,
        REMOVED,
    )


def test_a_tombstone_of_another_revision_is_corrected_only_on_request(tables: Tables) -> None:
    deleted = REMOVED | {"hash": OTHER_HASH}

    assert tables.correct(tables.live(), stored=deleted) == (STALE, deleted)
    assert tables.correct(tables.live(), Correction.ANY, stored=deleted) == (APPLIED, FROM_ION)


@pytest.mark.parametrize("correction", Correction)
def test_types_that_come_meanwhile_are_not_lost(tables: Tables, correction: Correction) -> None:
    from_json = tables.live(FROM_JSON, has_types=False)
    wrong = FROM_ION | {"photo": {"S": "wrong"}}

    assert tables.correct(from_json, correction, stored=wrong, meanwhile=FROM_ION) == (
        STALE,
        FROM_ION,
    )


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ({"S": "x" * 190_000}, {"B": b"x" * 190_000}),
        ({"L": [{"N": "1.50"}, {"M": {"n": {"N": "1E+2"}, "e": {"L": []}}}]}, {"N": "1"}),
        ({"NULL": True}, {"S": "nan"}),
        ({"BOOL": False}, {"N": "0"}),
        ({"S": ""}, {"B": b""}),
    ],
    ids=["large", "nested", "null", "false", "empty"],
)
def test_a_value_of_any_kind_is_compared(
    tables: Tables, stored: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    write = tables.live(FROM_ION | {"photo": wanted})

    outcome, item = tables.correct(write, stored=FROM_ION | {"photo": stored})

    assert outcome is APPLIED
    assert item == FROM_ION | {"photo": wanted}


def test_hundreds_of_attributes_are_corrected(tables: Tables) -> None:
    wanted = FROM_ION | {f"a{number}": {"B": b"\x01"} for number in range(300)}
    stored = FROM_ION | {f"a{number}": {"S": "AQ=="} for number in range(250)}

    assert tables.correct(tables.live(wanted), stored=stored) == (APPLIED, wanted)


def test_an_item_that_is_deleted_meanwhile_is_written(tables: Tables) -> None:
    # given an item that somebody deletes after it was found wrong
    tables.put(tables.state, FROM_JSON)
    client = Racing(
        tables.client, lambda: tables.dynamodb.delete_item(TableName=tables.state, Key=KEY)
    )
    # when
    writer = BatchStatementWriter(client, requests_in_flight=1, correction=Correction.SAME_REVISION)
    # then it is written as any missing item
    assert writer.write([tables.live()], time.time() + 60) == [APPLIED]
    assert tables.items(tables.state) == [FROM_ION]


@pytest.mark.parametrize("correction", Correction)
def test_an_item_of_the_history_is_corrected(tables: Tables, correction: Correction) -> None:
    assert tables.correct(tables.revision(), correction, stored=HISTORY_FROM_JSON) == (
        APPLIED,
        HISTORY_FROM_ION,
    )


def test_an_item_of_the_history_of_another_revision_stays(tables: Tables) -> None:
    other = HISTORY_FROM_JSON | {"hash": OTHER_HASH}

    assert tables.correct(tables.revision(), stored=other) == (STALE, other)
    assert tables.correct(tables.revision(), stored=HISTORY_FROM_JSON, meanwhile=other) == (
        STALE,
        other,
    )


@pytest.mark.parametrize("correction", Correction)
def test_redacted_data_does_not_come_back(tables: Tables, correction: Correction) -> None:
    assert tables.correct(tables.revision(), correction, stored=REDACTED) == (STALE, REDACTED)
    assert tables.correct(
        tables.revision(), correction, stored=HISTORY_FROM_JSON, meanwhile=REDACTED
    ) == (STALE, REDACTED)


@pytest.mark.parametrize("correction", Correction)
def test_types_that_come_meanwhile_are_not_lost_in_the_history(
    tables: Tables, correction: Correction
) -> None:
    from_json = tables.revision(HISTORY_FROM_JSON, has_types=False)
    wrong = HISTORY_FROM_ION | {"photo": {"S": "wrong"}}

    assert tables.correct(from_json, correction, stored=wrong, meanwhile=HISTORY_FROM_ION) == (
        STALE,
        HISTORY_FROM_ION,
    )


@pytest.mark.parametrize("correction", Correction)
def test_corrections_beside_newer_versions_lose_none(
    tables: Tables, correction: Correction
) -> None:
    # given items that differ
    documents = [f"doc-{number}" for number in range(40)]
    for document in documents:
        tables.put(tables.state, FROM_JSON | {"pk": {"S": document}})
    corrections = [tables.live()._replace(document_id=document) for document in documents]
    newer = [tables.live(NEWER)._replace(document_id=document) for document in documents[::2]]
    # when two corrections run beside a stream that has newer versions of half of them
    writers = [
        BatchStatementWriter(CLIENTS["transport"](tables.dynamodb), correction=each)
        for each in (correction, correction, None)
    ]
    with ThreadPoolExecutor(3) as pool:
        for outcomes in pool.map(
            lambda work: work[0].write(work[1], time.time() + 60),
            zip(writers, (corrections, corrections, newer), strict=True),
        ):
            assert set(outcomes) <= {APPLIED, STALE}
    # then each has what it should have
    expected = {document: FROM_ION | {"pk": {"S": document}} for document in documents}
    expected |= {document: NEWER | {"pk": {"S": document}} for document in documents[::2]}
    assert {item["pk"]["S"]: item for item in tables.items(tables.state)} == expected

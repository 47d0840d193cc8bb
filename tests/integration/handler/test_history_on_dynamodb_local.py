"""The history table on AWS's DynamoDB Local: every order of the same records ends in one item.

The records pass through the handler, as in Lambda, so that what they share a batch with counts too.
"""

from __future__ import annotations

import base64
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from handler.batch import Handler
from handler.history import HistoryWrite, redaction_write, revision_write
from handler.outcomes import APPLIED, ITEM_WITHOUT_STATE, STALE, Outcome, Permanent, Transient
from handler.settings import HandlerSettings, ReplicaTable
from handler.writer import BatchStatementWriter
from journal.revisions import Redaction, Revision, read_record
from tests.integration.handler.test_writer_on_dynamodb_local import transport
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.qldb_records import HASH, TABLE_ID, TX_ID, TX_TIME, redactions, revision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.failures import FailedRecord
    from handler.writer import StatementClient

pytestmark = pytest.mark.engine

CLIENTS: dict[str, Callable[[DynamoDBClient], StatementClient]] = {
    "transport": transport,
    "boto3": lambda client: client,
}
STRAND, BLOCK = "HgXAkLjAtV0HQ4lNYdzX60", 14
METADATA: dict[str, Any] = {
    "pk": {"S": "doc"},
    "version": {"N": "1"},
    "ledgerTable": {"S": "Person"},
    "tableId": {"S": TABLE_ID},
    "blockStrandId": {"S": STRAND},
    "blockSequenceNo": {"N": str(BLOCK)},
    "txTime": {"S": TX_TIME},
    "txId": {"S": TX_ID},
    "hash": {"B": base64.b64decode(HASH)},
}
DATA_HASH = {"dataHash": {"B": base64.b64decode(HASH)}}
ANN = '{firstName: "Ann", email: "ann@example.org"}'
LIVE = METADATA | {
    "revisionState": {"S": "live"},
    "firstName": {"S": "Ann"},
    "email": {"S": "ann@example.org"},
}
DELETED = METADATA | {"revisionState": {"S": "deleted"}}
REDACTED = METADATA | {"revisionState": {"S": "redacted"}}
STUB = {name: METADATA[name] for name in ("pk", "version", "tableId")} | {
    "revisionState": {"S": "redacted"}
}


def record_of(kind: str, document_id: str = "doc") -> bytes:
    """Return a record about version 1 of a document."""
    if kind == "announced":
        return redactions((document_id, 1))
    data = ANN if kind == "live" else None
    data_hash = f"{{{{{HASH}}}}}" if kind == "redacted" else None
    return revision(document_id=document_id, version=1, data=data, data_hash=data_hash)


class Quarantined:
    """A failure bucket that takes everything."""

    def __init__(self) -> None:
        self.records: list[FailedRecord] = []

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:  # noqa: ARG002 (protocol)
        self.records += records
        return [True] * len(records)


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, dynamodb: DynamoDBClient) -> StatementClient:
    """Return each client in turn: a refused condition's item has another form in each."""
    return CLIENTS[request.param](dynamodb)


@pytest.fixture
def table(table_name: str) -> ReplicaTable:
    """Return an empty replica with a history."""
    return ReplicaTable(
        ledger_table="Person",
        table_name=table_name,
        attributes={"firstName": ("firstName",), "email": ("email",)},
        history=True,
    )


@pytest.fixture
def process(
    dynamodb: DynamoDBClient, table: ReplicaTable, history_table_name: str
) -> Callable[..., None]:
    """Return a function that processes records as one batch, and expects them to be settled."""
    bucket = Quarantined()
    handler = Handler(
        settings=HandlerSettings(
            replica_tables={"Person": table},
            failure_bucket="failures",
            history_table=history_table_name,
        ),
        writer=BatchStatementWriter(transport(dynamodb)),
        failures=bucket,
        telemetry=None,
    )

    def run(*records: bytes) -> None:
        response = handler.process(
            event(*records), LambdaContext(remaining_milliseconds=lambda: 60_000)
        )
        assert response == {"batchItemFailures": []}
        assert bucket.records == []

    return run


def items(dynamodb: DynamoDBClient, history_table: str) -> list[dict[str, Any]]:
    return dynamodb.scan(TableName=history_table, ConsistentRead=True)["Items"]


COMBINATIONS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("live",), LIVE),
    (("live", "live"), LIVE),
    (("delete",), DELETED),
    (("delete", "delete"), DELETED),
    (("redacted",), REDACTED | DATA_HASH),
    (("redacted", "redacted"), REDACTED | DATA_HASH),
    (("announced",), STUB),
    (("announced", "announced"), STUB),
    (("live", "announced"), REDACTED),
    (("live", "live", "announced", "announced"), REDACTED),
    (("delete", "announced"), REDACTED),
    (("live", "redacted"), REDACTED | DATA_HASH),
    (("redacted", "announced"), REDACTED | DATA_HASH),
    (("live", "redacted", "announced"), REDACTED | DATA_HASH),
    (("live", "live", "redacted", "announced"), REDACTED | DATA_HASH),
]


@pytest.mark.parametrize(
    ("names", "expected"), COMBINATIONS, ids=[" ".join(names) for names, _ in COMBINATIONS]
)
def test_every_order_of_the_records_of_a_version_ends_in_the_same_item(
    dynamodb: DynamoDBClient,
    process: Callable[..., None],
    history_table_name: str,
    names: tuple[str, ...],
    expected: dict[str, Any],
) -> None:
    # given a document for every order, and every way to divide it among batches
    ways = [
        (order, cuts)
        for order in sorted(set(itertools.permutations(names)))
        for cuts in itertools.product([False, True], repeat=len(order) - 1)
    ]
    batches: list[list[bytes]] = [[] for _ in names]
    for number, (order, cuts) in enumerate(ways):
        batch = 0
        for kind, is_cut in zip(order, (*cuts, False), strict=True):
            batches[batch].append(record_of(kind, f"doc-{number:03d}"))
            batch += is_cut
    # when the batches arrive, each with its part of all documents
    for records in batches:
        process(*records)
    # then
    found = {item["pk"]["S"]: item for item in items(dynamodb, history_table_name)}
    differing = {
        way
        for number, way in enumerate(ways)
        if found[f"doc-{number:03d}"] != expected | {"pk": {"S": f"doc-{number:03d}"}}
    }
    assert differing == set()


def test_every_revision_has_its_item_and_the_newest_is_the_current_state(
    dynamodb: DynamoDBClient,
    process: Callable[..., None],
    history_table_name: str,
    table: ReplicaTable,
) -> None:
    # when versions come out of order, some in one batch
    process(
        revision(document_id="doc", version=2, data=None),
        revision(document_id="doc", version=0, data=ANN),
    )
    process(record_of("live"))
    # then
    stored = {item["version"]["N"]: item for item in items(dynamodb, history_table_name)}
    assert stored == {
        "0": LIVE | {"version": {"N": "0"}},
        "1": LIVE,
        "2": DELETED | {"version": {"N": "2"}},
    }
    (current,) = items(dynamodb, table.table_name)
    assert (current["version"], current["isDeleted"]) == ({"N": "2"}, {"BOOL": True})


@pytest.mark.parametrize("is_history_missing", [True, False])
def test_one_table_is_written_while_the_other_is_missing(
    dynamodb: DynamoDBClient,
    table: ReplicaTable,
    history_table_name: str,
    *,
    is_history_missing: bool,
) -> None:
    # given a stack of which one table does not exist
    replica = table if is_history_missing else replace(table, table_name="absent")
    bucket = Quarantined()
    handler = Handler(
        settings=HandlerSettings(
            replica_tables={"Person": replica},
            failure_bucket="failures",
            history_table="absent" if is_history_missing else history_table_name,
        ),
        writer=BatchStatementWriter(transport(dynamodb)),
        failures=bucket,
        telemetry=None,
    )
    # when
    response = handler.process(event(record_of("live")), LambdaContext())
    # then the record comes again, and the other table has it
    assert response == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert bucket.records == []
    found = items(dynamodb, table.table_name if is_history_missing else history_table_name)
    assert [item["pk"] for item in found] == [{"S": "doc"}]


def read(record: bytes) -> Revision:
    found = read_record(record, {"Person"})
    assert isinstance(found, Revision)
    return found


def write_of(record: bytes, table: ReplicaTable, history_table: str) -> HistoryWrite:
    return revision_write(read(record), table, history_table)


def run(client: StatementClient, *writes: HistoryWrite) -> list[Outcome]:
    return BatchStatementWriter(client).write(writes, time.time() + 60)


def test_a_revision_that_is_there_is_stale_whatever_comes_first(
    client: StatementClient, table: ReplicaTable, history_table_name: str
) -> None:
    # given a writer that has learned that items exist, so that it starts with UPDATE
    writer = BatchStatementWriter(client)
    writes = [
        write_of(revision(document_id=f"doc-{n}", version=1, data=ANN), table, history_table_name)
        for n in range(60)
    ]
    assert writer.write(writes, time.time() + 60) == [APPLIED] * 60
    for _ in range(2):
        assert writer.write(writes, time.time() + 60) == [STALE] * 60
    # when / then others of them are new
    new = [write._replace(version=2) for write in writes]
    assert writer.write(new, time.time() + 60) == [APPLIED] * 60


@pytest.mark.parametrize(
    "state", [{}, {"revisionState": {"S": "x"}}, {"revisionState": {"N": "1"}}]
)
def test_an_item_that_something_else_wrote_is_reported_and_left(
    dynamodb: DynamoDBClient,
    client: StatementClient,
    table: ReplicaTable,
    history_table_name: str,
    state: dict[str, Any],
) -> None:
    # given
    foreign = {"pk": {"S": "doc"}, "version": {"N": "1"}, "note": {"S": "x"}, **state}
    dynamodb.put_item(TableName=history_table_name, Item=foreign)
    # when
    writes = [
        write_of(record_of("live"), table, history_table_name),
        write_of(record_of("redacted"), table, history_table_name),
        redaction_write(Redaction(None, "doc", 1), history_table_name),
    ]
    # then
    for write in writes:
        assert run(client, write) == [Permanent(ITEM_WITHOUT_STATE)]
    assert items(dynamodb, history_table_name) == [foreign]


def test_what_dynamodb_refuses_is_permanent_and_its_neighbours_are_written(
    client: StatementClient, table: ReplicaTable, history_table_name: str
) -> None:
    # given revisions of which one is bigger than an item may be
    writes = [
        write_of(revision(document_id=f"doc-{n}", data=ANN), table, history_table_name)
        for n in range(25)
    ]
    writes[7] = writes[7]._replace(content={"email": {"S": "x" * 410_000}})
    # when
    outcomes = run(client, *writes)
    # then
    assert outcomes[7] == Permanent("Validation")
    assert outcomes[:7] + outcomes[8:] == [APPLIED] * 24


def test_a_name_that_no_statement_can_hold_condemns_no_revision(
    dynamodb: DynamoDBClient, client: StatementClient, history_table_name: str
) -> None:
    # given an attribute whose name makes the INSERT too long, past the check of settings
    odd = ReplicaTable(
        ledger_table="Person", table_name="t", attributes={"'" * 4000: ("firstName",)}, history=True
    )
    # when / then
    assert run(client, write_of(record_of("live"), odd, history_table_name)) == [APPLIED]
    assert run(client, write_of(record_of("live"), odd, history_table_name)) == [STALE]
    (item,) = items(dynamodb, history_table_name)
    assert item["'" * 4000] == {"S": "Ann"}


def test_a_history_table_that_does_not_exist_is_never_permanent(
    client: StatementClient, table: ReplicaTable
) -> None:
    writes = [
        write_of(record_of("live"), table, "absent"),
        redaction_write(Redaction(None, "other", 1), "absent"),
    ]
    assert run(client, *writes) == [Transient("ResourceNotFound")] * 2


def test_concurrent_writers_leave_no_redacted_data(
    dynamodb: DynamoDBClient,
    client: StatementClient,
    table: ReplicaTable,
    history_table_name: str,
) -> None:
    # given four writers with all that there is about some versions, each in a different order
    def known(document_id: str) -> list[HistoryWrite]:
        records = [record_of("live", document_id), record_of("redacted", document_id)]
        return [
            *(write_of(each, table, history_table_name) for each in records),
            redaction_write(Redaction(TABLE_ID, document_id, 1), history_table_name),
        ]

    def consume(seed: int) -> None:
        order = [write for n in range(8) for write in known(f"doc-{n}")] * 2
        Random(seed).shuffle(order)
        writer = BatchStatementWriter(client)
        for write in order:
            (outcome,) = writer.write([write], time.time() + 60)
            assert outcome in (APPLIED, STALE)

    # when
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(consume, range(4)))
    # then
    stored = sorted(items(dynamodb, history_table_name), key=lambda item: str(item["pk"]))
    assert stored == [REDACTED | DATA_HASH | {"pk": {"S": f"doc-{n}"}} for n in range(8)]

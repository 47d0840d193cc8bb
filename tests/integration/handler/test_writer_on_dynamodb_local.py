"""The version condition and the faults of both writers, on AWS's DynamoDB Local.

Proves what PartiQL and the conditions do in AWS's own engine. It cannot prove throttling or
permissions: the engine has neither.
"""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from handler.contract import projection_id
from handler.dynamodb_transport import StatementTransport
from handler.outcomes import APPLIED, ITEM_WITHOUT_VERSION, STALE, Outcome, Permanent, Transient
from handler.replica import Write, insert_statement, update_statement, write_for
from handler.settings import ReplicaTable
from handler.statements import MAX_STATEMENT, longest_statement
from handler.writer import BatchStatementWriter, ReplicaWriter
from journal.revisions import Revision, read_record
from tests.support.qldb_records import HASH, TABLE_ID, TX_ID, TX_TIME, revision
from tests.support.single_writer import SingleWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.engine

WRITERS: dict[str, Callable[[DynamoDBClient], ReplicaWriter]] = {
    "transport": lambda client: BatchStatementWriter(transport(client)),
    "batch": BatchStatementWriter,
    "single": SingleWriter,
}


def transport(client: DynamoDBClient) -> StatementTransport:
    """Return the transport that Lambda uses, to the engine of a client."""
    return StatementTransport(
        endpoint_url=client.meta.endpoint_url,
        region="us-east-1",
        credentials=Credentials("test", "test"),
        http=URLLib3Session(),
        user_agent="test",
    )


@pytest.fixture
def table(table_name: str) -> ReplicaTable:
    """Return an empty replica of projected documents."""
    return ReplicaTable(
        ledger_table="Person",
        table_name=table_name,
        attributes={"firstName": ("firstName",), "email": ("email",), "wide": ("wide",)},
    )


@pytest.fixture
def whole_table(table_name: str) -> ReplicaTable:
    """Return an empty replica of whole documents."""
    return ReplicaTable(ledger_table="Person", table_name=table_name)


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, dynamodb: DynamoDBClient) -> ReplicaWriter:
    """Return each writer in turn."""
    return WRITERS[request.param](dynamodb)


def wanted(
    table: ReplicaTable, version: int, data: str | None, *, document_id: str = "doc"
) -> Write:
    record = read_record(revision(document_id=document_id, version=version, data=data), {"Person"})
    assert isinstance(record, Revision)
    return write_for(record, replace(table, tombstone_lifetime_days=400), 0.0)


def run(writer: ReplicaWriter, *writes: Write) -> list[Outcome]:
    return writer.write(writes, time.time() + 60)


def item(dynamodb: DynamoDBClient, table: ReplicaTable, key: str = "doc") -> dict[str, Any] | None:
    answer = dynamodb.get_item(
        TableName=table.table_name, Key={"pk": {"S": key}}, ConsistentRead=True
    )
    return answer.get("Item")


ANN = '{firstName: "Ann", email: "ann@example.org"}'
BEA = '{firstName: "Bea"}'


@pytest.mark.parametrize(
    "case",
    [
        ([], (0, ANN), APPLIED),
        ([], (3, ANN), APPLIED),
        ([], (3, None), APPLIED),
        ([(1, ANN)], (2, BEA), APPLIED),
        ([(1, ANN)], (1, BEA), STALE),
        ([(1, ANN)], (0, BEA), STALE),
        ([(1, ANN)], (2, None), APPLIED),
        ([(1, ANN)], (1, None), STALE),
        ([(2, None)], (1, BEA), STALE),
        ([(2, None)], (2, BEA), STALE),
        ([(2, None)], (0, BEA), STALE),
        ([(2, None)], (3, BEA), APPLIED),
        ([(2, None)], (3, None), APPLIED),
    ],
    ids=[
        "insert",
        "first seen above version 0",
        "first seen as a tombstone",
        "newer",
        "equal",
        "older, version 0",
        "tombstone",
        "equal tombstone",
        "older after tombstone",
        "equal after tombstone",
        "version 0 after tombstone",
        "newer after tombstone",
        "newer tombstone after tombstone",
    ],
)
def test_a_write_happens_only_above_the_stored_version(
    dynamodb: DynamoDBClient,
    writer: ReplicaWriter,
    table: ReplicaTable,
    case: tuple[list[tuple[int, str | None]], tuple[int, str | None], Outcome],
) -> None:
    # given
    stored, arriving, outcome = case
    for version, data in stored:
        assert run(writer, wanted(table, version, data)) == [APPLIED]
    # when
    assert run(writer, wanted(table, *arriving)) == [outcome]
    # then
    version, data = arriving if outcome is APPLIED else stored[-1]
    assert item(dynamodb, table) == expected(version, data)


PROJECTION = projection_id(("firstName", "email", "wide"))


def expected(version: int, data: str | None) -> dict[str, Any]:
    common: dict[str, Any] = {
        "pk": {"S": "doc"},
        "version": {"N": str(version)},
        "txTime": {"S": TX_TIME},
        "txId": {"S": TX_ID},
        "tableId": {"S": TABLE_ID},
        "hash": {"B": base64.b64decode(HASH)},
    }
    if data is None:
        return common | {"isDeleted": {"BOOL": True}, "expiresAt": {"N": str(400 * 86_400)}}
    common["projectionId"] = {"S": PROJECTION}
    if data == ANN:
        return common | {"firstName": {"S": "Ann"}, "email": {"S": "ann@example.org"}}
    return common | {"firstName": {"S": "Bea"}}


@pytest.mark.parametrize("data", [BEA, None])
@pytest.mark.parametrize("former", [None, projection_id(("data",))], ids=["0.1.0", "other"])
def test_what_an_older_configuration_left_is_removed(
    dynamodb: DynamoDBClient,
    writer: ReplicaWriter,
    table: ReplicaTable,
    former: str | None,
    data: str | None,
) -> None:
    # given an item of another configuration, or of the version that knew no projections
    stored = expected(1, ANN) | {"old": {"S": "x"}, "data": {"M": {"firstName": {"S": "Ann"}}}}
    del stored["projectionId"]
    if former is not None:
        stored["projectionId"] = {"S": former}
    dynamodb.put_item(TableName=table.table_name, Item=stored)
    # when
    assert run(writer, wanted(table, 2, data)) == [APPLIED]
    # then
    assert item(dynamodb, table) == expected(2, data)


@pytest.mark.parametrize("arriving", [(0, ANN), (1, ANN), (1, None)])
@pytest.mark.parametrize("stored", [{}, {"version": {"S": "7"}}], ids=["absent", "text"])
def test_an_item_without_a_numeric_version_is_reported_and_left(
    dynamodb: DynamoDBClient,
    writer: ReplicaWriter,
    table: ReplicaTable,
    stored: dict[str, Any],
    arriving: tuple[int, str | None],
) -> None:
    # given an item that something else wrote
    foreign = {"pk": {"S": "doc"}, "note": {"S": "x"}, **stored}
    dynamodb.put_item(TableName=table.table_name, Item=foreign)
    # when
    outcomes = run(writer, wanted(table, *arriving))
    # then
    assert outcomes == [Permanent(ITEM_WITHOUT_VERSION)]
    assert item(dynamodb, table) == foreign


@pytest.mark.parametrize("name", ["#a", ":a", "'" * 4000])
@pytest.mark.parametrize("first", [0, 1])
def test_a_statement_that_is_refused_for_its_text_condemns_no_record(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable, first: int, name: str
) -> None:
    # given a table whose attribute no update can name, past the check of settings
    odd = ReplicaTable(
        ledger_table="Person", table_name=table.table_name, attributes={name: ("firstName",)}
    )
    # when / then every revision is written
    for version in (first, first + 1):
        assert run(writer, wanted(odd, version, ANN)) == [APPLIED]
        assert (item(dynamodb, table) or {})[name] == {"S": "Ann"}


@pytest.mark.parametrize("character", ["n", "'", '"', "\U0001f600"])
def test_the_longest_statement_by_the_program_s_count_is_accepted(
    dynamodb: DynamoDBClient, table: ReplicaTable, character: str
) -> None:
    # given a name as long as the count allows, in the statement that is the longest
    length = 1
    while longest_statement([character * (length + 1)], table.table_name) <= MAX_STATEMENT:
        length += 1
    name = character * length
    longest = ReplicaTable(
        ledger_table="Person", table_name=table.table_name, attributes={name: ("firstName",)}
    )
    statements = [
        insert_statement(wanted(longest, 0, ANN)),
        update_statement(wanted(longest, 1, ANN)),
        update_statement(wanted(longest, 2, "{}")),
    ]
    # when / then
    for text, parameters in statements:
        (answer,) = dynamodb.batch_execute_statement(
            Statements=[{"Statement": text, "Parameters": parameters}]
        )["Responses"]
        assert "Error" not in answer


def test_a_whole_document_is_stored_under_data(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, whole_table: ReplicaTable
) -> None:
    assert run(writer, wanted(whole_table, 0, ANN)) == [APPLIED]
    document = {"firstName": {"S": "Ann"}, "email": {"S": "ann@example.org"}}
    assert (item(dynamodb, whole_table) or {})["data"] == {"M": document}


def test_the_tombstone_of_a_whole_document_has_no_data(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, whole_table: ReplicaTable
) -> None:
    # given a document
    assert run(writer, wanted(whole_table, 0, ANN)) == [APPLIED]
    # when it is deleted
    assert run(writer, wanted(whole_table, 1, None)) == [APPLIED]
    # then
    assert item(dynamodb, whole_table) == expected(1, None)


def test_names_with_quotes_reach_the_table(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable
) -> None:
    name = "a\"b'c. d-e#:[0]"
    odd = ReplicaTable(
        ledger_table="Person", table_name=table.table_name, attributes={name: ("firstName",)}
    )
    for version in (0, 1):
        assert run(writer, wanted(odd, version, ANN)) == [APPLIED]
        assert (item(dynamodb, table) or {})[name] == {"S": "Ann"}
    assert run(writer, wanted(odd, 2, None)) == [APPLIED]
    assert name not in (item(dynamodb, table) or {})


def test_a_hundred_attributes_fit_into_a_statement(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable
) -> None:
    names = [f"attribute-number-{n:03d}" for n in range(100)]
    wide = ReplicaTable(
        ledger_table="Person",
        table_name=table.table_name,
        attributes=dict.fromkeys(names, ("firstName",)),
    )
    for version in (0, 1):
        assert run(writer, wanted(wide, version, ANN)) == [APPLIED]
    assert set(names) < set(item(dynamodb, table) or {})
    assert run(writer, wanted(wide, 2, None)) == [APPLIED]
    assert not set(names) & set(item(dynamodb, table) or {})


def too_big(table: ReplicaTable, version: int, *, document_id: str = "doc") -> Write:
    """Return a write that the handler refuses before it is sent."""
    write = wanted(table, version, ANN, document_id=document_id)
    return write._replace(attributes={**write.attributes, "wide": {"S": "x" * 410_000}})


@pytest.mark.parametrize("first", [0, 5])
def test_what_dynamodb_refuses_is_permanent_and_its_neighbours_are_written(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable, first: int
) -> None:
    # given new documents, of which one is bigger than an item may be
    writes = [wanted(table, first, ANN, document_id=f"doc-{number}") for number in range(25)]
    writes[7] = too_big(table, first, document_id="doc-7")
    # when
    outcomes = run(writer, *writes)
    # then
    assert outcomes[7] == Permanent("Validation")
    assert outcomes[:7] + outcomes[8:] == [APPLIED] * 24
    assert item(dynamodb, table, "doc-7") is None
    assert item(dynamodb, table, "doc-8") is not None


def test_an_item_that_grows_too_big_is_permanent(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable
) -> None:
    assert run(writer, wanted(table, 0, ANN)) == [APPLIED]
    assert run(writer, too_big(table, 1)) == [Permanent("Validation")]
    assert item(dynamodb, table) == expected(0, ANN)


def test_a_table_that_does_not_exist_is_never_permanent(
    writer: ReplicaWriter, table: ReplicaTable
) -> None:
    absent = ReplicaTable(ledger_table="Person", table_name="absent")

    outcomes = run(
        writer, wanted(absent, 1, ANN, document_id="a"), wanted(table, 1, ANN, document_id="b")
    )

    assert outcomes == [Transient("ResourceNotFound"), APPLIED]


def test_requests_in_flight_settle_every_write(writer: ReplicaWriter, table: ReplicaTable) -> None:
    writes = [wanted(table, n % 3, ANN, document_id=f"doc-{n}") for n in range(300)]
    assert run(writer, *writes) == [APPLIED] * 300
    assert run(writer, *writes) == [STALE] * 300


def test_concurrent_writers_leave_the_highest_version(
    dynamodb: DynamoDBClient, writer: ReplicaWriter, table: ReplicaTable
) -> None:
    # given four writers with all versions of some documents, each in a different order
    versions = [(f"doc-{n}", version) for n in range(5) for version in range(8)]

    def consume(seed: int) -> None:
        order = versions.copy()
        Random(seed).shuffle(order)
        for key, version in order:
            data = None if version == 7 and key == "doc-4" else ANN
            (outcome,) = run(writer, wanted(table, version, data, document_id=key))
            assert outcome in (APPLIED, STALE)

    # when
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(consume, range(4)))
    # then
    for n in range(5):
        final = item(dynamodb, table, f"doc-{n}")
        assert final is not None
        assert final["version"] == {"N": "7"}
        assert ("isDeleted" in final, "firstName" in final) == (n == 4, n != 4)

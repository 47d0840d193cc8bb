"""The service and its client over HTTP on the loopback interface.

Streams go to a Kinesis in memory; permissions are not tested here.
"""

from __future__ import annotations

import http.client
import re
import socket
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from qldb_simulator.client import LedgerClient
from qldb_simulator.errors import ServiceError, SimulatorError
from qldb_simulator.hash_chain import block_faults, chain_faults
from qldb_simulator.http_server import MAX_BODY_BYTES
from qldb_simulator.operations import CreateTable, DropTable, Insert, Select
from qldb_simulator.service import QldbService

from tests.support.api import ROLE_ARN, memory_plane
from tests.support.ledgers import delete, redact, update
from tests.support.memory_kinesis import KINESIS_ARN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.memory_kinesis import MemoryKinesis


@pytest.fixture
def service(kinesis: MemoryKinesis) -> Iterator[QldbService]:
    with QldbService(memory_plane(kinesis)) as running:
        yield running


@pytest.fixture
def client(service: QldbService) -> LedgerClient:
    """Client of a service with the ledger ``one``, which has the table ``Person``."""
    client = LedgerClient(service.endpoint)
    client.create_ledger("one")
    client.commit("one", [CreateTable(table="Person")])
    return client


def _insert(client: LedgerClient, document: object) -> str:
    block = client.commit("one", [Insert(table="Person", document=document)])
    return block.documents[0].document_id


def _start_stream(client: LedgerClient) -> str:
    return client.stream_to_kinesis(
        "one", stream_name="changes", role_arn=ROLE_ARN, kinesis_stream_arn=KINESIS_ARN
    )


def test_a_ledger_and_its_stream_live_from_creation_to_deletion(client: LedgerClient) -> None:
    stream_id = _start_stream(client)
    assert client.describe_ledger("one")["State"] == "ACTIVE"
    assert [stream["StreamId"] for stream in client.list_streams("one")] == [stream_id]

    client.cancel_stream("one", stream_id)
    client.delete_ledger("one")

    assert client.list_ledgers() == []


def test_state_keeps_every_type(client: LedgerClient) -> None:
    text = "{name:sym,amount:1.50,born:2020-01T,tags:x::[true,null]}"
    document_id = _insert(client, simpleion.loads(text))

    document = client.state("one", "Person")[document_id]

    assert simpleion.dumps(document.data, binary=False, omit_version_marker=True) == text


@pytest.mark.parametrize("padding", range(8140, 8180, 8))
def test_a_large_int_survives_wherever_it_lies(client: LedgerClient, padding: int) -> None:
    """The C reader of amazon.ion misreads ints from 2^63 on that straddle its pages."""
    document_id = _insert(client, {"padding": b"x" * padding, "number": 2**63})

    assert client.state("one", "Person")[document_id].data["number"] == 2**63
    assert client.blocks("one")[1]["revisions"][0]["data"]["number"] == 2**63


def test_state_contains_deleted_documents(client: LedgerClient) -> None:
    document_id = _insert(client, {"a": "b"})
    client.commit("one", [delete(document_id)])

    document = client.state("one", "Person")[document_id]

    assert (document.version, document.is_deleted, document.data) == (1, True, None)


def test_tables_are_listed_by_name(client: LedgerClient) -> None:
    assert list(client.tables("one")) == ["Person"]


def test_generations_of_a_table_are_listed_with_their_revisions(client: LedgerClient) -> None:
    # given a document with a redacted and a deleted revision
    document_id = _insert(client, {"name": "one"})
    client.commit("one", [update(document_id, name="two")])
    client.commit("one", [delete(document_id)])
    client.commit("one", [redact(document_id, 0)])
    # when its table is dropped and created again
    client.commit("one", [DropTable(table="Person"), CreateTable(table="Person")])
    # then both generations are listed
    dropped, active = client.generations("one")
    assert (dropped.name, dropped.is_active) == ("Person", False)
    assert (active.name, active.is_active) == ("Person", True)
    assert active.table_id == client.tables("one")["Person"]
    # and the dropped one has every revision with its address
    (revisions,) = client.revisions("one", dropped.table_id).values()
    blocks = client.blocks("one")
    assert [(r.version, r.data and dict(r.data), r.is_deleted) for r in revisions] == [
        (0, None, False),
        (1, {"name": "two"}, False),
        (2, None, True),
    ]
    assert [r.data_hash is not None for r in revisions] == [True, False, False]
    assert [(r.strand_id, r.sequence_no) for r in revisions] == [
        (blocks[number]["blockAddress"]["strandId"], number) for number in (1, 2, 3)
    ]
    assert client.revisions("one", active.table_id) == {}


def test_a_commit_returns_the_block_and_its_documents(client: LedgerClient) -> None:
    document_id = _insert(client, {"a": 1})

    block = client.commit("one", [update(document_id, a=2)])

    (document,) = block.documents
    assert block.sequence_no == 2
    assert (document.table, document.document_id, document.version) == ("Person", document_id, 1)
    assert document.hash == client.state("one", "Person")[document_id].hash
    assert len(block.block_hash) == 32
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", block.block_timestamp)


def test_blocks_verify_after_transport(client: LedgerClient) -> None:
    document_id = _insert(client, {"a": 1})
    client.commit("one", [update(document_id, a=2)])
    client.commit("one", [redact(document_id, 0)])

    blocks = client.blocks("one")

    assert len(blocks) == 4
    assert [fault for block in blocks for fault in block_faults(block)] == []
    assert chain_faults(blocks) == []
    assert client.verify("one") == []


def test_blocks_can_be_read_from_a_sequence_number_on(client: LedgerClient) -> None:
    _insert(client, {"a": 1})
    _insert(client, {"a": 2})

    blocks = client.blocks("one", from_sequence_no=1)

    assert [block["blockAddress"]["sequenceNo"] for block in blocks] == [1, 2]


def test_a_refusal_is_one_line_without_the_document(client: LedgerClient) -> None:
    with pytest.raises(ServiceError, match="no active table 'Nobody'") as caught:
        client.commit("one", [Insert(table="Nobody", document={"name": "secret-value"})])

    assert (caught.value.code, caught.value.status) == ("TransactionError", 400)
    assert "\n" not in str(caught.value)
    assert "secret-value" not in str(caught.value)


def test_new_blocks_are_delivered_by_the_options(
    client: LedgerClient, kinesis: MemoryKinesis
) -> None:
    _insert(client, {"a": 1})
    client.set_delivery("one", copies=2, shuffle=True, seed=3, records_per_aggregate=1)

    _start_stream(client)
    client.wait_delivered("one", timeout=10)

    assert sorted(kinesis.summaries) == [0, 0, 1, 1]
    (stream,) = client.delivery("one")["streams"]
    control_and_copies = 2 + 2 * (2 + 1)
    assert stream["entries"] == stream["records"] == len(kinesis.data) == control_and_copies


def test_a_redelivery_starts_at_its_block(client: LedgerClient, kinesis: MemoryKinesis) -> None:
    _insert(client, {"a": 1})
    _start_stream(client)
    client.wait_delivered("one", timeout=10)

    client.redeliver("one", from_sequence_no=1)
    client.wait_delivered("one", timeout=10)

    assert kinesis.summaries == [0, 1, 1]


def test_a_paused_delivery_continues_when_it_is_resumed(
    client: LedgerClient, kinesis: MemoryKinesis
) -> None:
    _start_stream(client)
    client.wait_delivered("one", timeout=10)
    client.pause_delivery("one")
    _insert(client, {})
    with pytest.raises(SimulatorError, match=r"\(ACTIVE, paused\) has not delivered"):
        client.wait_delivered("one", timeout=0.1)
    assert client.delivery("one")["blocks"] == 2

    client.resume_delivery("one")
    client.wait_delivered("one", timeout=10)

    assert kinesis.summaries == [0, 1]


def test_nothing_is_waited_for_without_an_active_stream(client: LedgerClient) -> None:
    with pytest.raises(SimulatorError, match="ledger one has no active stream"):
        client.wait_delivered("one")

    client.cancel_stream("one", _start_stream(client))

    with pytest.raises(SimulatorError, match="ledger one has no active stream"):
        client.wait_delivered("one")


def test_a_failed_stream_is_not_waited_for(client: LedgerClient) -> None:
    """A block summary above Kinesis's limit of a record cannot be delivered."""
    client.commit("one", [Select(table="Person") for _ in range(16_000)])
    stream_id = _start_stream(client)

    with pytest.raises(SimulatorError, match=r"\(FAILED\) has not delivered"):
        client.wait_delivered("one", timeout=20)
    assert client.describe_stream("one", stream_id)["Status"] == "FAILED"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(service: QldbService) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("POST", "/ledgers")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()

    response = connection.getresponse()

    assert response.status == 413
    assert response.headers["x-amzn-ErrorType"] == "RequestEntityTooLarge"
    response.read()
    connection.close()


def test_a_service_that_does_not_answer_is_one_line_with_the_remedy() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    client = LedgerClient(f"http://127.0.0.1:{port}")

    with pytest.raises(SimulatorError, match=r"does not answer on .*: start it") as caught:
        client.list_ledgers()

    assert "\n" not in str(caught.value)

"""The service over HTTP: answers against the API model's shapes, validation, errors, simulator.

Deliveries go to a stand-in for Kinesis. The model is botocore's of 2025; that the AWS provider is
content with the answers is proven by the e2e tests, with the stand-in provider only.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from amazon.ion import simpleion
from qldb_simulator.client import LedgerClient, ServiceError
from qldb_simulator.control_plane import ControlPlane, Surroundings
from qldb_simulator.delivery import Timing
from qldb_simulator.errors import SimulatorError
from qldb_simulator.hash_chain import block_faults, chain_faults, digest_from_proof
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.journal import CreateTable, Delete, Insert, Redact, Select, Update
from qldb_simulator.service import MAX_BODY_BYTES, QldbService

from tests.support import genuine
from tests.unit.test_delivery import FakeKinesis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "arn:aws:iam::000000000000:role/qldb"
KINESIS = "arn:aws:kinesis:us-east-1:000000000000:stream/records"
STREAM = {
    "StreamName": "changes",
    "RoleArn": ROLE,
    "InclusiveStartTime": 1590710400.0,
    "KinesisConfiguration": {"StreamArn": KINESIS},
}


@pytest.fixture
def kinesis() -> FakeKinesis:
    return FakeKinesis()


@pytest.fixture
def service(kinesis: FakeKinesis) -> Iterator[QldbService]:
    surroundings = Surroundings(
        aws_endpoint="http://127.0.0.1:1", timing=Timing(retry=0.01, shuffle_window=0.05)
    )
    plane = ControlPlane(surroundings, clients=lambda *_: kinesis)
    with QldbService(plane=plane) as running:
        yield running


@pytest.fixture
def client(service: QldbService) -> LedgerClient:
    return LedgerClient(service.endpoint)


class Api:
    """Plain HTTP, as the AWS provider speaks it."""

    def __init__(self, service: QldbService) -> None:
        self._port = service.port

    def __call__(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, str | None, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, response.headers.get("x-amzn-ErrorType"), answer


@pytest.fixture
def api(service: QldbService) -> Api:
    return Api(service)


@pytest.fixture
def model(shared_data: Path) -> dict[str, Any]:
    with gzip.open(shared_data / "qldb-api" / "service-2.json.gz") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def _misfits(model: dict[str, Any], shape_name: str, value: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Tell where a JSON value does not have a shape of the model."""
    shape = model["shapes"][shape_name]
    kind = shape["type"]
    if kind == "structure" and isinstance(value, dict):
        return _struct_misfits(model, shape, value, path)
    if kind == "list" and isinstance(value, list):
        member = shape["member"]["shape"]
        parts = [_misfits(model, member, item, f"{path}[{n}]") for n, item in enumerate(value)]
        return [fault for part in parts for fault in part]
    fits = {
        "map": isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
        "string": isinstance(value, str) and _string_fits(shape, value),
        "blob": kind == "blob" and len(base64.b64decode(value)) == shape["max"],
        "boolean": isinstance(value, bool),
        "timestamp": isinstance(value, float),
    }
    return [] if fits.get(kind) else [f"{path} ({shape_name})"]


def _struct_misfits(
    model: dict[str, Any], shape: dict[str, Any], value: dict[str, Any], path: str
) -> list[str]:
    members = shape.get("members", {})
    found = [f"{path}.{name} is unknown" for name in set(value) - set(members)]
    found += [f"{path}.{name} is missing" for name in set(shape.get("required", [])) - set(value)]
    for name in set(value) & set(members):
        found += _misfits(model, members[name]["shape"], value[name], f"{path}.{name}")
    return found


def _string_fits(shape: dict[str, Any], value: str) -> bool:
    # The model's least length of an ARN excludes what it documents for keys that AWS owns.
    return value == "AWS_OWNED_KMS_KEY" or (
        shape.get("min", 0) <= len(value) <= shape.get("max", len(value))
        and value in shape.get("enum", [value])
        and re.search(shape.get("pattern", ""), value) is not None
    )


def test_every_operation_answers_in_the_models_shape(model: dict[str, Any], api: Api) -> None:
    ledger, arn = "/ledgers/one", "arn:aws:qldb:us-east-1:000000000000:ledger/one"
    tags = f"/tags/{quote(arn, safe='')}"
    streams = f"{ledger}/journal-kinesis-streams"
    created = {"Name": "one", "PermissionsMode": "STANDARD", "DeletionProtection": False}

    def call(operation: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        declared = model["operations"][operation]
        assert declared["http"]["method"] == method
        pattern = re.sub(r"\{\w+\}", "[^/]+", declared["http"]["requestUri"])
        assert re.fullmatch(pattern, path.partition("?")[0])
        status, error, answer = api(method, path, body)
        assert (status, error) == (200, None), answer
        output = declared.get("output")
        assert answer == {} if output is None else not _misfits(model, output["shape"], answer)
        return answer

    answer = call("CreateLedger", "POST", "/ledgers", {**created, "Tags": {"a": "b"}})
    assert (answer["State"], answer["Arn"]) == ("CREATING", arn)
    answer = call("DescribeLedger", "GET", ledger)
    assert (answer["State"], answer["DeletionProtection"]) == ("ACTIVE", False)
    assert call("UpdateLedger", "PATCH", ledger, {"DeletionProtection": True})["DeletionProtection"]
    call("UpdateLedger", "PATCH", ledger, {"DeletionProtection": False})
    mode = {"PermissionsMode": "ALLOW_ALL"}
    call("UpdateLedgerPermissionsMode", "PATCH", f"{ledger}/permissions-mode", mode)
    assert call("DescribeLedger", "GET", ledger)["PermissionsMode"] == "ALLOW_ALL"
    assert len(call("ListLedgers", "GET", "/ledgers")["Ledgers"]) == 1
    assert call("ListTagsForResource", "GET", tags) == {"Tags": {"a": "b"}}
    call("TagResource", "POST", tags, {"Tags": {"c": "d", "e": ""}})
    call("UntagResource", "DELETE", f"{tags}?tagKeys=a&tagKeys=c")
    assert call("ListTagsForResource", "GET", tags) == {"Tags": {"e": ""}}
    stream_id = call("StreamJournalToKinesis", "POST", streams, STREAM)["StreamId"]
    stream = call("DescribeJournalKinesisStream", "GET", f"{streams}/{stream_id}")["Stream"]
    assert stream["Status"] == "ACTIVE"
    assert stream["InclusiveStartTime"] == STREAM["InclusiveStartTime"]
    assert stream["KinesisConfiguration"] == {"StreamArn": KINESIS, "AggregationEnabled": True}
    assert stream["Arn"] == f"arn:aws:qldb:us-east-1:000000000000:stream/one/{stream_id}"
    stream_tags = f"/tags/{quote(stream['Arn'], safe='')}"
    call("TagResource", "POST", stream_tags, {"Tags": {"x": "y"}})
    assert call("ListTagsForResource", "GET", stream_tags) == {"Tags": {"x": "y"}}
    assert len(call("ListJournalKinesisStreamsForLedger", "GET", streams)["Streams"]) == 1
    call("CancelJournalKinesisStream", "DELETE", f"{streams}/{stream_id}")
    stream = call("DescribeJournalKinesisStream", "GET", f"{streams}/{stream_id}")["Stream"]
    assert stream["Status"] == "CANCELED"
    call("DeleteLedger", "DELETE", ledger)
    assert call("ListLedgers", "GET", "/ledgers") == {"Ledgers": []}


def test_an_impaired_stream_is_described_in_the_models_shape(
    model: dict[str, Any], api: Api, client: LedgerClient, kinesis: FakeKinesis
) -> None:
    from qldb_simulator.delivery_role import PermissionRevokedError  # noqa: PLC0415

    client.create_ledger("one")
    kinesis.standing_fault = PermissionRevokedError("no trust")
    stream_id = client.stream_to_kinesis(
        "one",
        stream_name="changes",
        role_arn=ROLE,
        kinesis_stream_arn=KINESIS,
        exclusive_end_time=time.time() + 3600,
    )

    _, _, answer = api("GET", f"/ledgers/one/journal-kinesis-streams/{stream_id}")

    assert not _misfits(model, "DescribeJournalKinesisStreamResponse", answer)
    assert answer["Stream"]["Status"] == "IMPAIRED"
    assert answer["Stream"]["ErrorCause"] == "IAM_PERMISSION_REVOKED"


LEDGER = {"Name": "two", "PermissionsMode": "STANDARD"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/ledgers", {"Name": "two"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {"PermissionsMode": "STANDARD"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "a_b"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "a--b"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "-ab"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "ab-"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "123"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "a" * 33}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": 7}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "PermissionsMode": "X"}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Tags": {"a": 1}}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Tags": {"": ""}}, 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "KmsKey": "k" * 1601}, 400, "InvalidParameterException"),
        (
            "POST",
            "/ledgers",
            {**LEDGER, "DeletionProtection": "no"},
            400,
            "InvalidParameterException",
        ),
        ("POST", "/ledgers", b"{", 400, "InvalidParameterException"),
        ("POST", "/ledgers", b"[]", 400, "InvalidParameterException"),
        ("POST", "/ledgers", {**LEDGER, "Name": "one"}, 409, "ResourceAlreadyExistsException"),
        ("GET", "/ledgers/none", None, 404, "ResourceNotFoundException"),
        ("PATCH", "/ledgers/none", {}, 404, "ResourceNotFoundException"),
        ("DELETE", "/ledgers/none", None, 404, "ResourceNotFoundException"),
        ("DELETE", "/ledgers/one", None, 412, "ResourcePreconditionNotMetException"),
        ("GET", "/ledgers?max_results=0", None, 400, "InvalidParameterException"),
        ("GET", "/ledgers?next_token=x", None, 400, "InvalidParameterException"),
        ("GET", "/tags/arn%3Aaws%3Aqldb", None, 404, "ResourceNotFoundException"),
        (
            "GET",
            "/ledgers/one/journal-kinesis-streams/0123456789abcdefABCDEF",
            None,
            404,
            "ResourceNotFoundException",
        ),
        ("GET", "/nothing", None, 404, "UnknownOperationException"),
    ],
)
def test_errors_have_the_models_status_and_name(  # noqa: PLR0917
    api: Api, method: str, path: str, body: object, status: int, error: str
) -> None:
    assert api("POST", "/ledgers", {"Name": "one", "PermissionsMode": "STANDARD"})[0] == 200

    answer = api(method, path, body)

    assert answer[:2] == (status, error)
    assert answer[2]["__type"] == error
    assert answer[2]["Message"]


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"StreamName": None}, "StreamName"),
        ({"StreamName": "a--b"}, "StreamName"),
        ({"RoleArn": "arn:aws:iam::1:role/x"}, "RoleArn"),
        ({"RoleArn": None}, "RoleArn"),
        ({"InclusiveStartTime": None}, "InclusiveStartTime"),
        ({"InclusiveStartTime": 9e9}, "InclusiveStartTime"),
        ({"InclusiveStartTime": "yesterday"}, "InclusiveStartTime"),
        ({"ExclusiveEndTime": 1590710400.0}, "ExclusiveEndTime"),
        ({"KinesisConfiguration": None}, "KinesisConfiguration"),
        ({"KinesisConfiguration": {}}, "StreamArn"),
        ({"KinesisConfiguration": {"StreamArn": "records"}}, "StreamArn"),
        (
            {"KinesisConfiguration": {"StreamArn": KINESIS, "AggregationEnabled": "yes"}},
            "AggregationEnabled",
        ),
    ],
)
def test_a_wrong_stream_request_names_the_parameter(
    api: Api, changes: dict[str, Any], parameter: str
) -> None:
    api("POST", "/ledgers", LEDGER)

    status, error, answer = api("POST", "/ledgers/two/journal-kinesis-streams", STREAM | changes)

    assert (status, error) == (400, "InvalidParameterException")
    assert answer["ParameterName"] == parameter


def test_streams_are_named_once_counted_and_cancelled_once(api: Api, client: LedgerClient) -> None:
    client.create_ledger("two")
    path = "/ledgers/two/journal-kinesis-streams"
    _, _, answer = api("POST", path, STREAM)
    assert api("POST", path, STREAM)[:2] == (412, "ResourcePreconditionNotMetException")
    for number in range(4):
        assert api("POST", path, STREAM | {"StreamName": f"s{number}x"})[0] == 200
    assert api("POST", path, STREAM | {"StreamName": "s5x"})[:2] == (400, "LimitExceededException")
    assert api("DELETE", "/ledgers/two")[:2] == (409, "ResourceInUseException")

    one = f"{path}/{answer['StreamId']}"
    assert api("DELETE", one)[0] == 200
    assert api("DELETE", one)[:2] == (412, "ResourcePreconditionNotMetException")


def test_lists_come_in_pages(api: Api, client: LedgerClient) -> None:
    for number in range(5):
        client.create_ledger(f"ledger{number}")

    _, _, first = api("GET", "/ledgers?max_results=3")
    _, _, second = api("GET", f"/ledgers?max_results=3&next_token={first['NextToken']}")

    names = [ledger["Name"] for page in (first, second) for ledger in page["Ledgers"]]
    assert names == [f"ledger{number}" for number in range(5)]
    assert "NextToken" not in second
    assert re.fullmatch(r"[A-Za-z0-9+/=-]{4,1024}", first["NextToken"])


def _history(client: LedgerClient) -> tuple[str, str]:
    """Commit to a new ledger `one`: two documents, of which the second is deleted."""
    client.create_ledger("one")
    client.commit("one", [CreateTable(table="Person")])
    document = simpleion.loads("{name: sym, amount: 1.50, born: 2020-01T, tags: x::[true, null]}")
    block = client.commit(
        "one",
        [Insert(table="Person", document=document), Insert(table="Person", document={"a": "b"})],
    )
    kept, deleted = (committed.document_id for committed in block.documents)
    client.commit("one", [Delete(table="Person", document_id=deleted)])
    return kept, deleted


def test_commit_and_state_keep_every_type(client: LedgerClient) -> None:
    kept, deleted = _history(client)

    state = client.state("one", "Person")

    assert set(state) == {kept, deleted}
    assert (state[kept].version, state[kept].is_deleted) == (0, False)
    assert (state[deleted].version, state[deleted].is_deleted) == (1, True)
    assert state[deleted].data is None
    expected = "{name:sym,amount:1.50,born:2020-01T,tags:x::[true,null]}"
    assert simpleion.dumps(state[kept].data, binary=False, omit_version_marker=True) == expected
    assert list(client.tables("one")) == ["Person"]


def test_a_commit_tells_what_became_of_the_documents(client: LedgerClient) -> None:
    kept, _ = _history(client)

    block = client.commit("one", [Update(table="Person", document_id=kept, document={"a": 1})])

    (document,) = block.documents
    assert block.sequence_no == 3
    assert (document.table, document.document_id, document.version) == ("Person", kept, 1)
    assert document.hash == client.state("one", "Person")[kept].hash
    assert len(block.block_hash) == 32
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", block.block_timestamp)


def test_blocks_over_the_wire_verify(client: LedgerClient) -> None:
    kept, _ = _history(client)
    client.commit("one", [Update(table="Person", document_id=kept, document={"a": 1})])
    client.commit("one", [Redact(table="Person", document_id=kept, version=0)])

    blocks = client.blocks("one")

    assert len(blocks) == 5
    assert [fault for block in blocks for fault in block_faults(block)] == []
    assert chain_faults(blocks) == []
    assert client.verify("one") == []
    assert [b["blockAddress"]["sequenceNo"] for b in client.blocks("one", from_sequence_no=3)] == [
        3,
        4,
    ]


def test_blocks_and_revisions_prove_their_place(
    model: dict[str, Any], api: Api, client: LedgerClient
) -> None:
    kept, deleted = _history(client)
    client.commit("one", [Update(table="Person", document_id=kept, document={"a": 1})])
    _, _, tip = api("POST", "/ledgers/one/digest")
    digest = base64.b64decode(tip["Digest"])
    assert not _misfits(model, "GetDigestResponse", tip)
    for block in client.blocks("one"):
        request = {
            "BlockAddress": {"IonText": simpleion.dumps(block["blockAddress"], binary=False)},
            "DigestTipAddress": tip["DigestTipAddress"],
        }
        status, _, answer = api("POST", "/ledgers/one/block", request)
        assert status == 200
        assert not _misfits(model, "GetBlockResponse", answer)
        assert ion_hash(genuine.ion(answer["Block"])) == ion_hash(block)
        assert digest_from_proof(block["blockHash"], genuine.ion(answer["Proof"])) == digest
        for revision in block.get("revisions", []):
            if "metadata" not in revision:
                continue
            request["DocumentId"] = revision["metadata"]["id"]
            _, _, answer = api("POST", "/ledgers/one/revision", request)
            assert not _misfits(model, "GetRevisionResponse", answer)
            assert ion_hash(genuine.ion(answer["Revision"])) == ion_hash(revision)
            assert digest_from_proof(revision["hash"], genuine.ion(answer["Proof"])) == digest
    without_tip = {"BlockAddress": tip["DigestTipAddress"], "DocumentId": kept}
    assert list(api("POST", "/ledgers/one/block", without_tip)[2]) == ["Block"]
    assert list(api("POST", "/ledgers/one/revision", without_tip)[2]) == ["Revision"]
    other = without_tip | {"DocumentId": deleted}
    assert api("POST", "/ledgers/one/revision", other)[0] == 404


@pytest.mark.parametrize(
    ("address", "tip", "status"),
    [
        (None, None, 400),
        ("{", None, 400),
        ("{sequenceNo: 0}", None, 400),
        ("{strandId: STRAND, sequenceNo: -1}", None, 400),
        ('{strandId: "another", sequenceNo: 0}', None, 400),
        ("{strandId: STRAND, sequenceNo: 9}", None, 404),
        ("{strandId: STRAND, sequenceNo: 1}", "{strandId: STRAND, sequenceNo: 0}", 400),
        ("{strandId: STRAND, sequenceNo: 1}", "{strandId: STRAND, sequenceNo: 9}", 400),
    ],
)
def test_wrong_addresses_are_refused(
    api: Api, client: LedgerClient, address: str | None, tip: str | None, status: int
) -> None:
    _history(client)
    strand = client.blocks("one")[0]["blockAddress"]["strandId"]

    def holder(text: str | None) -> dict[str, str] | None:
        return None if text is None else {"IonText": text.replace("STRAND", f'"{strand}"')}

    request = {"BlockAddress": holder(address), "DigestTipAddress": holder(tip)}

    assert api("POST", "/ledgers/one/block", request)[0] == status


def test_a_ledger_without_blocks_has_no_digest(api: Api, client: LedgerClient) -> None:
    client.create_ledger("one")

    assert api("POST", "/ledgers/one/digest")[:2] == (404, "ResourceNotFoundException")


def test_a_refused_transaction_is_one_line(client: LedgerClient) -> None:
    client.create_ledger("one")

    with pytest.raises(ServiceError, match="no active table 'Nobody'") as caught:
        client.commit("one", [Insert(table="Nobody", document={"name": "secret-value"})])

    assert caught.value.code == "TransactionError"
    assert "\n" not in str(caught.value)
    assert "secret-value" not in str(caught.value)


def test_a_value_that_is_not_ion_is_one_line_without_the_value(client: LedgerClient) -> None:
    with pytest.raises(SimulatorError, match=r"is not Ion \(TypeError\)") as caught:
        client.commit("one", [Insert(table="Person", document={"a": {"secret-value"}})])

    assert caught.value.__cause__ is None


def _start_stream(client: LedgerClient) -> str:
    return client.stream_to_kinesis(
        "one", stream_name="changes", role_arn=ROLE, kinesis_stream_arn=KINESIS
    )


def test_delivery_is_controlled_over_the_wire(client: LedgerClient, kinesis: FakeKinesis) -> None:
    _history(client)
    client.set_delivery("one", copies=2, shuffle=True, seed=3, records_per_aggregate=1)
    _start_stream(client)
    client.wait_delivered("one", timeout=10)
    assert sorted(kinesis.summaries) == [0, 0, 1, 1, 2, 2]
    (stream,) = client.delivery("one")["streams"]
    assert stream["entries"] == stream["records"] == len(kinesis.data) == 2 + 2 * (3 + 3)

    client.redeliver("one", from_sequence_no=2)
    client.wait_delivered("one", timeout=10)
    assert sorted(kinesis.summaries) == [0, 0, 1, 1, 2, 2, 2]

    client.set_delivery("one")
    client.pause_delivery("one")
    client.commit("one", [Insert(table="Person", document={})])
    with pytest.raises(SimulatorError, match=r"\(ACTIVE, paused\) has not delivered"):
        client.wait_delivered("one", timeout=0.1)
    assert client.delivery("one")["blocks"] == 4
    client.resume_delivery("one")
    client.wait_delivered("one", timeout=10)
    assert sorted(kinesis.summaries) == [0, 0, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("delivery-options", {"copies": 0}),
        ("delivery-options", {"copies": "two"}),
        ("delivery-options", {"speed": 1}),
        ("redeliveries", {"fromSequenceNo": -1}),
    ],
)
def test_wrong_delivery_options_are_refused(
    api: Api, client: LedgerClient, path: str, body: dict[str, Any]
) -> None:
    client.create_ledger("one")
    method = "PUT" if path == "delivery-options" else "POST"

    assert api(method, f"/simulator/ledgers/one/{path}", body)[0] == 400


def test_a_defect_of_the_service_is_an_answer_without_its_text(
    service: QldbService, client: LedgerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("secret-value")

    monkeypatch.setattr(service.plane, "describe_ledger", broken)

    with pytest.raises(ServiceError, match="RuntimeError in broken") as caught:
        client.describe_ledger("one")

    assert caught.value.status == 500
    assert "secret-value" not in str(caught.value)


def test_too_large_a_body_is_refused_before_it_is_read(service: QldbService) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("POST", "/ledgers")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()

    response = connection.getresponse()

    assert response.status == 413
    assert response.headers["x-amzn-ErrorType"] == "RequestEntityTooLarge"
    response.read()
    connection.close()


def test_nothing_is_delivered_without_a_stream(client: LedgerClient) -> None:
    client.create_ledger("one")

    with pytest.raises(SimulatorError, match="ledger one has no stream"):
        client.wait_delivered("one")

    client.cancel_stream("one", _start_stream(client))

    with pytest.raises(SimulatorError, match="ledger one has no stream"):
        client.wait_delivered("one")


def test_a_failed_stream_is_not_waited_for(client: LedgerClient) -> None:
    """A block summary above Kinesis's limit of a record cannot be delivered."""
    client.create_ledger("one")
    client.commit("one", [CreateTable(table="Person")])
    client.commit("one", [Select(table="Person") for _ in range(16_000)])
    stream_id = _start_stream(client)

    with pytest.raises(SimulatorError, match=r"\(FAILED\) has not delivered"):
        client.wait_delivered("one", timeout=20)
    assert client.describe_stream("one", stream_id)["Status"] == "FAILED"


def test_a_stopped_service_is_one_line_with_the_remedy(service: QldbService) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    client = LedgerClient(f"http://127.0.0.1:{port}")

    with pytest.raises(SimulatorError, match=r"does not answer on .*: start it with"):
        client.list_ledgers()
    with pytest.raises(SimulatorError, match="not a URL with a port"):
        LedgerClient("nowhere")
    assert service.port != port


def test_the_process_starts_fast_says_so_and_ends_on_sigterm() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qldb_simulator.service", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--aws-endpoint", "http://127.0.0.1:1"],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"simulated QLDB ready on http://127.0.0.1:{port}\n"
        assert LedgerClient(f"http://127.0.0.1:{port}").list_ledgers() == []
        second = subprocess.run(
            [*command, "--aws-endpoint", "http://127.0.0.1:1"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert second.stderr.startswith(f"port {port} cannot be used")
    finally:
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")

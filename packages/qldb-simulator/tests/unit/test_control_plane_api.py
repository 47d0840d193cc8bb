"""QLDB's own API: the shapes of its answers, its validation and its errors.

The model is botocore's of 2025. Whether the AWS provider accepts the answers is not tested here.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from qldb_simulator.delivery_role import PermissionRevokedError

from tests.support.api import STREAM
from tests.support.api_model import ApiModel
from tests.support.memory_kinesis import KINESIS_ARN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.api import Api
    from tests.support.memory_kinesis import MemoryKinesis

STREAMS = "/ledgers/one/journal-kinesis-streams"
TAGS = f"/tags/{quote('arn:aws:qldb:us-east-1:000000000000:ledger/one', safe='')}"


@pytest.fixture
def model(shared_data: Path) -> ApiModel:
    return ApiModel(shared_data)


@pytest.fixture
def ledger(api: Api) -> str:
    return api.create_ledger("one", Tags={"a": "b"})


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("operation", "path", "body"),
    [
        ("CreateLedger", "/ledgers", {"Name": "two", "PermissionsMode": "STANDARD"}),
        ("DescribeLedger", "/ledgers/one", None),
        ("UpdateLedger", "/ledgers/one", {"DeletionProtection": True}),
        (
            "UpdateLedgerPermissionsMode",
            "/ledgers/one/permissions-mode",
            {"PermissionsMode": "ALLOW_ALL"},
        ),
        ("ListLedgers", "/ledgers", None),
        ("DeleteLedger", "/ledgers/one", None),
        ("ListTagsForResource", TAGS, None),
        ("TagResource", TAGS, {"Tags": {"c": "d"}}),
        ("UntagResource", f"{TAGS}?tagKeys=a", None),
    ],
)
def test_an_operation_on_a_ledger_answers_in_the_models_shape(
    model: ApiModel, api: Api, operation: str, path: str, body: object
) -> None:
    status, error, answer = api(model.method(operation, path), path, body)

    assert (status, error) == (200, None), answer
    assert model.output_misfits(operation, answer) == []


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("operation", "path", "body"),
    [
        ("StreamJournalToKinesis", STREAMS, STREAM),
        ("DescribeJournalKinesisStream", f"{STREAMS}/STREAM", None),
        ("ListJournalKinesisStreamsForLedger", STREAMS, None),
        ("CancelJournalKinesisStream", f"{STREAMS}/STREAM", None),
    ],
)
def test_an_operation_on_a_stream_answers_in_the_models_shape(
    model: ApiModel, api: Api, operation: str, path: str, body: object
) -> None:
    path = path.replace("STREAM", api.create_stream("one", StreamName="before"))

    status, error, answer = api(model.method(operation, path), path, body)

    assert (status, error) == (200, None), answer
    assert model.output_misfits(operation, answer) == []


def test_a_new_ledger_is_creating_and_then_active(api: Api) -> None:
    _, _, created = api("POST", "/ledgers", {"Name": "one", "PermissionsMode": "STANDARD"})
    _, _, described = api("GET", "/ledgers/one")

    assert created["Arn"] == "arn:aws:qldb:us-east-1:000000000000:ledger/one"
    assert (created["State"], described["State"]) == ("CREATING", "ACTIVE")


def test_a_ledger_is_protected_from_deletion_by_default(api: Api) -> None:
    api("POST", "/ledgers", {"Name": "one", "PermissionsMode": "STANDARD"})

    assert api("DELETE", "/ledgers/one")[:2] == (412, "ResourcePreconditionNotMetException")


@pytest.mark.usefixtures("ledger")
def test_a_ledger_changes_as_its_updates_say(api: Api) -> None:
    api("PATCH", "/ledgers/one", {"DeletionProtection": True, "KmsKey": "alias/key"})
    api("PATCH", "/ledgers/one/permissions-mode", {"PermissionsMode": "ALLOW_ALL"})

    _, _, described = api("GET", "/ledgers/one")

    assert described["DeletionProtection"] is True
    assert described["EncryptionDescription"]["KmsKeyArn"] == "alias/key"
    assert described["PermissionsMode"] == "ALLOW_ALL"


@pytest.mark.usefixtures("ledger")
def test_a_deleted_ledger_is_gone(api: Api) -> None:
    api("DELETE", "/ledgers/one")

    assert api("GET", "/ledgers")[2] == {"Ledgers": []}


@pytest.mark.usefixtures("ledger")
def test_a_new_stream_is_described_as_it_was_requested(api: Api) -> None:
    stream_id = api.create_stream("one")

    stream = api.describe_stream("one", stream_id)

    assert stream["Status"] == "ACTIVE"
    assert stream["InclusiveStartTime"] == STREAM["InclusiveStartTime"]
    assert stream["KinesisConfiguration"] == {
        "StreamArn": KINESIS_ARN,
        "AggregationEnabled": True,
    }
    assert stream["Arn"] == f"arn:aws:qldb:us-east-1:000000000000:stream/one/{stream_id}"


@pytest.mark.usefixtures("ledger")
def test_an_impaired_stream_is_described_in_the_models_shape(
    model: ApiModel, api: Api, kinesis: MemoryKinesis
) -> None:
    kinesis.standing_fault = PermissionRevokedError("no trust")
    stream_id = api.create_stream("one", ExclusiveEndTime=time.time() + 3600)

    stream = api.describe_stream("one", stream_id)

    assert model.misfits("JournalKinesisStreamDescription", stream) == []
    assert (stream["Status"], stream["ErrorCause"]) == ("IMPAIRED", "IAM_PERMISSION_REVOKED")


@pytest.mark.usefixtures("ledger")
def test_a_stream_is_cancelled_once(api: Api) -> None:
    stream_id = api.create_stream("one")

    answers = [api("DELETE", f"{STREAMS}/{stream_id}")[:2] for _ in range(2)]

    assert answers == [(200, None), (412, "ResourcePreconditionNotMetException")]
    assert api.describe_stream("one", stream_id)["Status"] == "CANCELED"


@pytest.mark.usefixtures("ledger")
def test_two_active_streams_do_not_share_a_name(api: Api) -> None:
    stream_id = api.create_stream("one")
    assert api("POST", STREAMS, STREAM)[:2] == (412, "ResourcePreconditionNotMetException")

    api("DELETE", f"{STREAMS}/{stream_id}")

    assert api("POST", STREAMS, STREAM)[0] == 200


@pytest.mark.usefixtures("ledger")
def test_a_ledger_has_at_most_five_active_streams(api: Api) -> None:
    for number in range(5):
        api.create_stream("one", StreamName=f"s{number}x")

    answer = api("POST", STREAMS, STREAM | {"StreamName": "s5x"})

    assert answer[:2] == (400, "LimitExceededException")


@pytest.mark.usefixtures("ledger")
def test_a_ledger_with_an_active_stream_is_not_deleted(api: Api) -> None:
    api.create_stream("one")

    assert api("DELETE", "/ledgers/one")[:2] == (409, "ResourceInUseException")


LEDGER = {"Name": "two", "PermissionsMode": "STANDARD"}


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"Name": "two"}, "PermissionsMode"),
        ({"PermissionsMode": "STANDARD"}, "Name"),
        (LEDGER | {"Name": "a_b"}, "Name"),
        (LEDGER | {"Name": "a--b"}, "Name"),
        (LEDGER | {"Name": "-ab"}, "Name"),
        (LEDGER | {"Name": "ab-"}, "Name"),
        (LEDGER | {"Name": "123"}, "Name"),
        (LEDGER | {"Name": "a" * 33}, "Name"),
        (LEDGER | {"Name": 7}, "Name"),
        (LEDGER | {"PermissionsMode": "X"}, "PermissionsMode"),
        (LEDGER | {"KmsKey": "k" * 1601}, "KmsKey"),
        (LEDGER | {"DeletionProtection": "no"}, "DeletionProtection"),
    ],
)
def test_a_wrong_ledger_request_names_the_parameter(
    api: Api, body: dict[str, Any], parameter: str
) -> None:
    status, error, answer = api("POST", "/ledgers", body)

    assert (status, error) == (400, "InvalidParameterException")
    assert answer["ParameterName"] == parameter


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
            {"KinesisConfiguration": {"StreamArn": KINESIS_ARN, "AggregationEnabled": "yes"}},
            "AggregationEnabled",
        ),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_a_wrong_stream_request_names_the_parameter(
    api: Api, changes: dict[str, Any], parameter: str
) -> None:
    status, error, answer = api("POST", STREAMS, STREAM | changes)

    assert (status, error) == (400, "InvalidParameterException")
    assert answer["ParameterName"] == parameter


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/ledgers", b"{", 400, "InvalidParameterException"),
        ("POST", "/ledgers", b"[]", 400, "InvalidParameterException"),
        ("POST", "/ledgers", LEDGER | {"Name": "one"}, 409, "ResourceAlreadyExistsException"),
        ("GET", "/ledgers/none", None, 404, "ResourceNotFoundException"),
        ("PATCH", "/ledgers/none", {}, 404, "ResourceNotFoundException"),
        ("DELETE", "/ledgers/none", None, 404, "ResourceNotFoundException"),
        ("GET", "/ledgers?max_results=0", None, 400, "InvalidParameterException"),
        ("GET", "/ledgers?next_token=x", None, 400, "InvalidParameterException"),
        ("GET", f"{STREAMS}/0123456789abcdefABCDEF", None, 404, "ResourceNotFoundException"),
        ("GET", "/nothing", None, 404, "UnknownOperationException"),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_an_error_has_the_models_status_and_name(  # noqa: PLR0917 (parameters of the test)
    api: Api, method: str, path: str, body: object, status: int, error: str
) -> None:
    answer = api(method, path, body)

    assert answer[:2] == (status, error)
    assert answer[2]["__type"] == error
    assert answer[2]["Message"]


def test_lists_come_in_pages(api: Api) -> None:
    for number in range(5):
        api.create_ledger(f"ledger{number}")

    _, _, first = api("GET", "/ledgers?max_results=3")
    _, _, second = api("GET", f"/ledgers?max_results=3&next_token={first['NextToken']}")

    names = [ledger["Name"] for page in (first, second) for ledger in page["Ledgers"]]
    assert names == [f"ledger{number}" for number in range(5)]
    assert "NextToken" not in second
    assert re.fullmatch(r"[A-Za-z0-9+/=-]{4,1024}", first["NextToken"])


def test_a_defect_of_the_service_is_an_answer_without_its_text(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("secret-value")

    monkeypatch.setattr(api.plane, "describe_ledger", broken)

    status, error, answer = api("GET", "/ledgers/one")

    assert (status, error) == (500, "InternalFailure")
    assert answer["Message"].startswith("RuntimeError in broken")
    assert "secret-value" not in answer["Message"]

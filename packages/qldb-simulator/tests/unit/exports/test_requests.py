"""Requests of exports to an S3 in memory, with their answers and errors.

The model is botocore's of 2025. Permissions are not tested here.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from qldb_simulator.delivery_role import PermissionRevokedError

from tests.support.api import EXPORT, Api
from tests.support.api_model import ApiModel
from tests.support.export_requests import (
    EXPORTS,
    KEY_ARN,
    SECOND,
    Now,
    commit,
    configuration,
    encryption,
    now,
    waiting_export,
)
from tests.support.memory_kinesis import wait_until
from tests.support.memory_s3 import s3_error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.memory_s3 import MemoryS3


@pytest.fixture
def model(shared_data: Path) -> ApiModel:
    return ApiModel(shared_data)


@pytest.mark.parametrize(
    ("operation", "path", "body"),
    [
        ("ExportJournalToS3", EXPORTS, EXPORT | {"OutputFormat": "JSON"}),
        ("DescribeJournalS3Export", f"{EXPORTS}/EXPORT", None),
        ("ListJournalS3Exports", "/journal-s3-exports", None),
        ("ListJournalS3ExportsForLedger", EXPORTS, None),
    ],
)
def test_an_operation_on_an_export_answers_in_the_models_shape(
    model: ApiModel, api: Api, operation: str, path: str, body: object
) -> None:
    export_id = api.export("one", **encryption(ObjectEncryptionType="SSE_KMS", KmsKeyArn=KEY_ARN))
    path = path.replace("EXPORT", export_id) if body is None else path

    status, error, answer = api(model.method(operation, path), path, body)

    assert (status, error) == (200, None), answer
    assert model.output_misfits(operation, answer) == []


def test_a_new_export_is_described_as_it_was_requested(api: Api, s3: MemoryS3) -> None:
    s3.gate.clear()
    export_id = api.create_export("one", InclusiveStartTime=1.5, OutputFormat="JSON")

    export = api.describe_export("one", export_id)

    created = export.pop("ExportCreationTime")
    assert created == datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()
    assert export.pop("Status") in {"IN_PROGRESS", "COMPLETED"}
    assert export == {
        **EXPORT,
        "InclusiveStartTime": 1.5,
        "LedgerName": "one",
        "ExportId": export_id,
        "OutputFormat": "JSON",
    }


def test_an_export_is_in_progress_until_its_last_object_is_written(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    export_id = waiting_export(api, s3, clock)
    assert api.describe_export("one", export_id)["Status"] == "IN_PROGRESS"
    assert list(s3.objects) == [f"ledger/{export_id}.started.manifest"]

    s3.gate.set()
    wait_until(lambda: api.describe_export("one", export_id)["Status"] == "COMPLETED")

    assert s3.order[0] == f"ledger/{export_id}.started.manifest"
    assert s3.order[-1].endswith(".completed.manifest")
    assert s3.removed


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"InclusiveStartTime": None}, "InclusiveStartTime"),
        ({"InclusiveStartTime": "yesterday"}, "InclusiveStartTime"),
        ({"InclusiveStartTime": EXPORT["ExclusiveEndTime"]}, "InclusiveStartTime"),
        ({"ExclusiveEndTime": None}, "ExclusiveEndTime"),
        ({"ExclusiveEndTime": 9e9}, "ExclusiveEndTime"),
        ({"RoleArn": None}, "RoleArn"),
        ({"RoleArn": "arn:aws:iam::1:role/x"}, "RoleArn"),
        ({"OutputFormat": "XML"}, "OutputFormat"),
        ({"OutputFormat": ["JSON"]}, "OutputFormat"),
        ({"S3ExportConfiguration": None}, "S3ExportConfiguration"),
        (configuration(Bucket=None), "Bucket"),
        (configuration(Bucket="ab"), "Bucket"),
        (configuration(Bucket="a" * 256), "Bucket"),
        (configuration(Bucket="a/b"), "Bucket"),
        (configuration(Prefix=None), "Prefix"),
        (configuration(Prefix="p" * 129), "Prefix"),
        (configuration(EncryptionConfiguration=None), "EncryptionConfiguration"),
        (encryption(), "ObjectEncryptionType"),
        (encryption(ObjectEncryptionType="AES"), "ObjectEncryptionType"),
        (encryption(ObjectEncryptionType="SSE_KMS"), "KmsKeyArn"),
        (encryption(ObjectEncryptionType="SSE_KMS", KmsKeyArn="alias/key"), "KmsKeyArn"),
        (encryption(ObjectEncryptionType="SSE_S3", KmsKeyArn=KEY_ARN), "KmsKeyArn"),
        (encryption(ObjectEncryptionType="NO_ENCRYPTION", KmsKeyArn=KEY_ARN), "KmsKeyArn"),
    ],
)
def test_a_wrong_export_request_names_the_parameter(
    api: Api, s3: MemoryS3, changes: dict[str, Any], parameter: str
) -> None:
    status, error, answer = api("POST", EXPORTS, EXPORT | changes)

    assert (status, error) == (400, "InvalidParameterException"), answer
    assert answer["ParameterName"] == parameter
    assert s3.objects == {}


@pytest.mark.parametrize(
    "changes",
    [
        configuration(Bucket="a.b-c_D9"),
        configuration(Prefix=""),
        configuration(Prefix="p" * 128),
        {"InclusiveStartTime": -2208988800.0},
        {"InclusiveStartTime": "2019-06-13T21:36:34Z"},
        {"ExclusiveEndTime": datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()},
    ],
)
def test_an_unusual_export_request_is_accepted(api: Api, changes: dict[str, Any]) -> None:
    api.create_export("one", **changes)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/ledgers/none/journal-s3-exports"),
        ("GET", "/ledgers/none/journal-s3-exports"),
        ("GET", f"{EXPORTS}/0123456789abcdefABCDEF"),
    ],
)
def test_an_unknown_ledger_or_export_is_not_found(api: Api, method: str, path: str) -> None:
    answer = api(method, path, EXPORT if method == "POST" else None)

    assert answer[:2] == (404, "ResourceNotFoundException")


def test_a_ledger_has_at_most_two_exports_in_progress(api: Api, s3: MemoryS3, clock: Now) -> None:
    # given two exports that wait for S3
    commit(api, clock, "a")
    s3.gate.clear()
    end = now(clock)
    first, _ = (api.create_export("one", ExclusiveEndTime=end) for _ in range(2))
    # when a third is requested / then it is refused
    assert api("POST", EXPORTS, EXPORT)[:2] == (400, "LimitExceededException")
    # and another ledger has its own
    api.create_ledger("two")
    api.create_export("two")
    # when one has ended / then there is room
    s3.gate.set()
    wait_until(lambda: api.describe_export("one", first)["Status"] == "COMPLETED")
    wait_until(lambda: api("POST", EXPORTS, EXPORT)[0] == 200)


def test_a_ledger_with_an_export_in_progress_is_not_deleted(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    export_id = waiting_export(api, s3, clock)
    assert api("DELETE", "/ledgers/one")[:2] == (409, "ResourceInUseException")

    s3.gate.set()
    wait_until(lambda: api.plane.export("one", export_id).has_ended)

    assert api("DELETE", "/ledgers/one")[0] == 200


@pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied"])
def test_a_bucket_that_cannot_be_written_refuses_the_request(
    api: Api, s3: MemoryS3, code: str
) -> None:
    s3.fault = lambda _: s3_error(code)

    status, error, answer = api("POST", EXPORTS, EXPORT)

    assert (status, error) == (400, "InvalidParameterException")
    assert f"error validating S3 configuration: {code} {code} text" in answer["Message"]
    assert api("GET", EXPORTS)[2] == {"JournalS3Exports": []}
    assert s3.removed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (s3_error("SlowDown"), "SlowDown SlowDown text"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "EndpointConnectionError"),
    ],
)
def test_another_answer_of_s3_refuses_the_request(
    api: Api, s3: MemoryS3, fault: Exception, reason: str
) -> None:
    s3.fault = lambda _: fault

    status, _, answer = api("POST", EXPORTS, EXPORT)

    assert status == 400
    assert answer["Message"].endswith(f"Response from S3: {reason}")


def test_a_defect_leaves_no_export_in_progress(api: Api, s3: MemoryS3) -> None:
    s3.fault = lambda _: RuntimeError("secret-value")

    assert api("POST", EXPORTS, EXPORT)[:2] == (500, "InternalFailure")
    assert api("GET", EXPORTS)[2] == {"JournalS3Exports": []}


def test_a_role_of_the_simulator_that_cannot_be_deleted_refuses_nothing(
    api: Api, s3: MemoryS3
) -> None:
    s3.remove_fault = s3_error("ServiceUnavailable")

    export_id = api.export("one")

    assert api.describe_export("one", export_id)["Status"] == "COMPLETED"


def test_a_role_that_qldb_may_not_assume_refuses_the_request(api: Api, s3: MemoryS3) -> None:
    s3.source_fault = PermissionRevokedError("role qldb does not exist")

    status, _, answer = api("POST", EXPORTS, EXPORT)

    assert (status, answer["ParameterName"]) == (400, "RoleArn")
    assert "role qldb does not exist" in answer["Message"]


def test_an_object_that_s3_refuses_later_cancels_the_export(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    commit(api, clock, "a")
    s3.fault = lambda key: s3_error("NoSuchBucket") if key.endswith(".ion") else None

    export_id = api.export("one", ExclusiveEndTime=now(clock))

    assert api.describe_export("one", export_id)["Status"] == "CANCELLED"
    progress = api("GET", f"/simulator/ledgers/one/exports/{export_id}")[2]
    assert (progress["status"], progress["error"]) == ("CANCELLED", "NoSuchBucket")
    assert list(s3.objects) == [f"ledger/{export_id}.started.manifest"]
    assert s3.removed


def test_a_permission_that_is_lost_later_cancels_the_export(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    export_id = waiting_export(api, s3, clock)
    s3.source_fault = PermissionRevokedError("no trust")
    s3.gate.set()
    wait_until(lambda: api.plane.export("one", export_id).has_ended)

    progress = api("GET", f"/simulator/ledgers/one/exports/{export_id}")[2]

    assert progress["error"] == "PermissionRevokedError"


def test_closing_the_simulator_cancels_its_exports(api: Api, s3: MemoryS3, clock: Now) -> None:
    commit(api, clock, *"abcdefghijkl")
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 1})
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
    export = api.plane.export("one", export_id)

    closing = threading.Thread(target=api.plane.close)
    closing.start()
    wait_until(export._cancelled.is_set)
    s3.gate.set()
    closing.join()

    assert export.progress.status == "CANCELLED"
    assert not any(key.endswith("completed.manifest") for key in s3.objects)
    assert s3.removed


def test_a_finished_export_expires_after_seven_days(api: Api, clock: Now) -> None:
    export_id = api.export("one")
    path = f"{EXPORTS}/{export_id}"
    clock.now += timedelta(days=7) - SECOND
    assert api("GET", path)[0] == 200

    clock.now += SECOND

    assert api("GET", path)[:2] == (404, "ResourceNotFoundException")
    assert api("GET", EXPORTS)[2] == {"JournalS3Exports": []}
    assert api("GET", "/journal-s3-exports")[2] == {"JournalS3Exports": []}


def test_an_export_in_progress_does_not_expire(api: Api, s3: MemoryS3, clock: Now) -> None:
    export_id = waiting_export(api, s3, clock)

    clock.now += timedelta(days=8)

    assert api.describe_export("one", export_id)["Status"] == "IN_PROGRESS"


def test_exports_are_listed_by_ledger_and_in_all_page_by_page(api: Api) -> None:
    api.create_ledger("two")
    ids = [api.export(ledger) for ledger in ("one", "two", "one")]

    def listed(path: str) -> list[str]:
        return [export["ExportId"] for export in api("GET", path)[2]["JournalS3Exports"]]

    assert listed(EXPORTS) == [ids[0], ids[2]]
    assert listed("/ledgers/two/journal-s3-exports") == [ids[1]]
    assert sorted(listed("/journal-s3-exports")) == sorted(ids)
    first = api("GET", "/journal-s3-exports?max_results=2")[2]
    token = first["NextToken"]
    assert len(listed(f"/journal-s3-exports?max_results=2&next_token={token}")) == 1

"""Exports to an S3 in memory: requests, answers and errors, and what is written.

The model is botocore's of 2025. Permissions are not tested here.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from botocore.exceptions import EndpointConnectionError
from qldb_simulator.config import ExportLayout
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.operations import CreateTable, Insert, Select

from tests.support.api import EXPORT, ROLE_ARN, Api, memory_plane
from tests.support.api_model import ApiModel
from tests.support.memory_kinesis import wait_until
from tests.support.memory_s3 import s3_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.memory_kinesis import MemoryKinesis
    from tests.support.memory_s3 import MemoryS3

EXPORTS = "/ledgers/one/journal-s3-exports"
KEY_ARN = "arn:aws:kms:us-east-1:000000000000:key/k"
SECOND = timedelta(seconds=1)


class Now:
    """A clock that stands still unless it is set."""

    def __init__(self) -> None:
        self.now = datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def api(kinesis: MemoryKinesis, s3: MemoryS3, clock: Now) -> Iterator[Api]:
    """An API with the ledger ``one``, whose clock stands still at 2022-05-06T07:08:09Z."""
    plane = memory_plane(kinesis, s3, clock)
    api = Api(plane)
    api.create_ledger("one")
    yield api
    s3.gate.set()
    plane.close()


@pytest.fixture
def model(shared_data: Path) -> ApiModel:
    return ApiModel(shared_data)


def commit(api: Api, clock: Now, *names: str) -> None:
    """Commit a table and a block for each name, one second after the other, and pass on."""
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    for name in names:
        clock.now += SECOND
        ledger.commit([Insert(table="Person", document={"name": name})])
    clock.now += SECOND


def now(clock: Now) -> float:
    return clock.now.timestamp()


def configuration(**changes: object) -> dict[str, Any]:
    whole: Any = EXPORT["S3ExportConfiguration"]
    return {"S3ExportConfiguration": whole | changes}


def encryption(**members: str) -> dict[str, Any]:
    return configuration(EncryptionConfiguration=members)


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
    commit(api, clock, "a")
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
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
    commit(api, clock, "a")
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
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
    commit(api, clock, "a")
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
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
    commit(api, clock, "a")
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))

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


def _read(s3: MemoryS3, key: str) -> Any:  # noqa: ANN401 (JSON or Ion)
    body = s3.body(key)
    is_json = s3.objects[key]["ContentType"] == "application/json"
    return json.loads(body) if is_json else simpleion.loads(body)


@pytest.mark.parametrize(
    ("name", "content_type", "extension"),
    [
        ("ION_TEXT", "text/ion", "ion"),
        ("ION_BINARY", "application/ion", "ion"),
        ("JSON", "application/json", "json"),
    ],
)
def test_manifests_and_objects_have_the_format_of_the_export(  # noqa: PLR0917 (parameters of the test)
    api: Api, s3: MemoryS3, clock: Now, name: str, content_type: str, extension: str
) -> None:
    commit(api, clock, "a", "b")

    export_id = api.export("one", ExclusiveEndTime=now(clock), OutputFormat=name)

    assert {item["ContentType"] for item in s3.objects.values()} == {content_type}
    assert {item["Bucket"] for item in s3.objects.values()} == {"exports"}
    started = dict(_read(s3, f"ledger/{export_id}.started.manifest").items())
    assert [str(started.pop(key)) for key in ("inclusiveStartTime", "exclusiveEndTime")]
    assert started == {
        "ledgerName": "one",
        "exportId": export_id,
        "bucket": "exports",
        "prefix": "ledger/",
        "objectEncryptionType": "NO_ENCRYPTION",
        "outputFormat": name,
    }
    strand = api.plane.ledger("one").journal.strand_id
    completed = dict(_read(s3, f"ledger/{export_id}.{strand}.completed.manifest").items())
    assert completed == {"keys": [f"ledger/2022/05/06/07/{strand}.0-2.{extension}"]}
    assert s3.data_keys == completed["keys"]


def test_a_format_that_is_not_requested_is_ion_text_and_in_no_manifest(
    api: Api, s3: MemoryS3
) -> None:
    export_id = api.export("one", InclusiveStartTime=1e9)

    assert s3.body(f"ledger/{export_id}.started.manifest").decode() == (
        f'{{ledgerName:"one",exportId:"{export_id}",'
        "inclusiveStartTime:2001-09-09T01:46:40.000Z,exclusiveEndTime:2022-01-01T00:00:00.000Z,"
        'bucket:"exports",prefix:"ledger/",objectEncryptionType:"NO_ENCRYPTION"}\n'
    )


def test_objects_hold_the_journals_blocks(api: Api, s3: MemoryS3, clock: Now) -> None:
    commit(api, clock, "a", "b", "c")
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 3})

    api.export("one", ExclusiveEndTime=now(clock), OutputFormat="ION_BINARY")

    read = [
        block for key in s3.data_keys for block in simpleion.loads(s3.body(key), single_value=False)
    ]
    blocks = api.plane.ledger("one").journal.blocks
    assert [ion_hash(block) for block in read] == [ion_hash(block.to_ion()) for block in blocks]
    assert [key.rsplit(".", 2)[1] for key in s3.data_keys] == ["0-2", "3-3"]
    assert _read(s3, s3.ending(".completed.manifest")) == {"keys": s3.data_keys}


def test_a_window_holds_its_start_and_not_its_end(api: Api, s3: MemoryS3, clock: Now) -> None:
    # given blocks 0 to 4, one second apart
    start = clock.now
    commit(api, clock, "a", "b", "c", "d")
    # when the window is from block 1 to block 3
    api.export(
        "one",
        InclusiveStartTime=(start + SECOND).timestamp(),
        ExclusiveEndTime=(start + 3 * SECOND).timestamp(),
    )
    # then it holds the first and not the last
    (key,) = s3.data_keys
    assert key.endswith(".1-2.ion")


def test_a_window_without_blocks_completes_with_no_keys(api: Api, s3: MemoryS3, clock: Now) -> None:
    commit(api, clock, "a")

    export_id = api.export("one")

    assert api.describe_export("one", export_id)["Status"] == "COMPLETED"
    assert _read(s3, s3.ending(".completed.manifest")) == {"keys": []}
    assert s3.data_keys == []


def test_blocks_that_are_committed_later_are_not_exported(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    # given an export that waits for S3 with most of the journal unread
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    for _ in range(150):
        ledger.commit([Select(table="Person")])
    clock.now += SECOND
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 1})
    s3.gate.clear()
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
    # when a block is committed at a time in its range
    clock.now -= SECOND
    ledger.commit([Select(table="Person")])
    # then it is not in the export
    s3.gate.set()
    wait_until(lambda: api.plane.export("one", export_id).has_ended)
    assert s3.data_keys[-1].endswith(".150-150.ion")


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", ""), ("journalExport", "journalExport/"), ("My:Tests/",) * 2]
)
def test_a_prefix_ends_in_one_slash(
    api: Api, s3: MemoryS3, clock: Now, prefix: str, expected: str
) -> None:
    """The developer guide's example of a manifest has a prefix without a slash."""
    commit(api, clock, "a")

    export_id = api.export("one", ExclusiveEndTime=now(clock), **configuration(Prefix=prefix))

    assert f"{expected}{export_id}.started.manifest" in s3.objects
    assert s3.data_keys[0].startswith(f"{expected}2022/")
    assert api.describe_export("one", export_id)["S3ExportConfiguration"]["Prefix"] == prefix


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"ObjectEncryptionType": "NO_ENCRYPTION"}, (None, None)),
        ({"ObjectEncryptionType": "SSE_S3"}, ("AES256", None)),
        ({"ObjectEncryptionType": "SSE_KMS", "KmsKeyArn": KEY_ARN}, ("aws:kms", KEY_ARN)),
    ],
)
def test_every_object_is_encrypted_as_requested(
    api: Api, s3: MemoryS3, clock: Now, members: dict[str, str], expected: tuple[str, str]
) -> None:
    commit(api, clock, "a")

    api.export("one", ExclusiveEndTime=now(clock), **encryption(**members))

    found = {
        (item.get("ServerSideEncryption"), item.get("SSEKMSKeyId")) for item in s3.objects.values()
    }
    assert len(s3.objects) == 3
    assert found == {expected}


def test_the_buckets_owner_controls_every_object(api: Api, s3: MemoryS3) -> None:
    api.export("one")

    assert {item["ACL"] for item in s3.objects.values()} == {"bucket-owner-full-control"}


def test_progress_counts_blocks_objects_and_bytes(api: Api, s3: MemoryS3, clock: Now) -> None:
    commit(api, clock, "a", "b")
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 2})

    export_id = api.export("one", ExclusiveEndTime=now(clock))

    assert api("GET", f"/simulator/ledgers/one/exports/{export_id}")[2] == {
        "status": "COMPLETED",
        "blocks": 3,
        "objects": 2,
        "bytes": sum(len(s3.body(key)) for key in s3.data_keys),
        "error": None,
    }


@pytest.mark.parametrize("body", [{"blocksPerObject": 0}, {"bytesPerObject": "1"}, {"size": 1}])
def test_a_wrong_layout_is_refused(api: Api, body: dict[str, Any]) -> None:
    answer = api("PUT", "/simulator/ledgers/one/export-layout", body)

    assert answer[:2] == (400, "InvalidParameterException")


def test_a_layout_is_as_configured_where_a_request_leaves_it_out(
    kinesis: MemoryKinesis, s3: MemoryS3
) -> None:
    plane = memory_plane(kinesis, s3, export_layout=ExportLayout(blocks_per_object=5))
    api = Api(plane)
    api.create_ledger("one")

    def set_layout(**members: int | None) -> dict[str, Any]:
        return api("PUT", "/simulator/ledgers/one/export-layout", members)[2]

    assert plane.ledger("one").export_layout.blocks_per_object == 5
    assert set_layout(bytesPerObject=7) == {"blocksPerObject": 5, "bytesPerObject": 7}
    assert set_layout(blocksPerObject=2, bytesPerObject=None) == {
        "blocksPerObject": 2,
        "bytesPerObject": 4 * 1024 * 1024,
    }
    plane.close()


def test_a_large_journal_is_exported_with_few_objects_in_memory(
    api: Api, s3: MemoryS3, clock: Now
) -> None:
    # given a journal of many objects, and an S3 that accepts none yet
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    for _ in range(500):
        ledger.commit([Select(table="Person")])
    clock.now += SECOND
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 1})
    s3.gate.clear()
    # when they are exported / then the export waits for S3 after a few of them
    export_id = api.create_export("one", ExclusiveEndTime=now(clock))
    export = api.plane.export("one", export_id)
    wait_until(lambda: export.progress.objects >= 8)
    time.sleep(0.05)
    assert export.progress.objects <= 9
    # and goes on with it
    s3.gate.set()
    wait_until(lambda: export.has_ended)
    assert export.progress.objects == len(s3.data_keys) == 501


def test_the_role_of_the_request_writes(kinesis: MemoryKinesis, s3: MemoryS3) -> None:
    asked: list[tuple[str, str, str]] = []
    plane = memory_plane(kinesis, s3)

    def clients(*arguments: str) -> MemoryS3:
        asked.append(arguments)  # type: ignore[arg-type]
        return s3

    plane._export_clients = clients
    api = Api(plane)
    api.create_ledger("one")

    export_id = api.export("one")

    source_arn = f"arn:aws:qldb:us-east-1:000000000000:journal-s3-export/one/{export_id}"
    assert asked == [(ROLE_ARN, export_id, source_arn)]
    plane.close()

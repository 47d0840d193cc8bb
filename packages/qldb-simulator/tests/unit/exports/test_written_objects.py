"""What an export writes to an S3 in memory."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.config import ExportLayout
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.operations import CreateTable, Select

from tests.support.api import ROLE_ARN, Api, memory_plane
from tests.support.export_requests import (
    KEY_ARN,
    SECOND,
    Now,
    commit,
    configuration,
    encryption,
    now,
)
from tests.support.memory_kinesis import wait_until

if TYPE_CHECKING:
    from tests.support.memory_kinesis import MemoryKinesis
    from tests.support.memory_s3 import MemoryS3


def _read(s3: MemoryS3, key: str) -> Any:  # noqa: ANN401 (JSON or Ion)
    body = s3.body(key)
    is_json = s3.objects[key]["ContentType"] == "application/json"
    return json.loads(body) if is_json else simpleion.loads(body)


def long_export(api: Api, s3: MemoryS3, clock: Now, *, blocks: int) -> str:
    """Request an export of many blocks, each in an object of its own, while S3 accepts none."""
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    for _ in range(blocks - 1):
        ledger.commit([Select(table="Person")])
    clock.now += SECOND
    api("PUT", "/simulator/ledgers/one/export-layout", {"blocksPerObject": 1})
    s3.gate.clear()
    return api.create_export("one", ExclusiveEndTime=now(clock))


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
    export_id = long_export(api, s3, clock, blocks=151)
    # when a block is committed at a time in its range
    clock.now -= SECOND
    api.plane.ledger("one").commit([Select(table="Person")])
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
    export_id = long_export(api, s3, clock, blocks=501)
    # when they are exported / then the export waits for S3 after a few of them
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

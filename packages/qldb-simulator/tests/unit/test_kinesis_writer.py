"""PutRecords requests respect Kinesis's limits, and failures are classified."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from qldb_simulator.delivery_plan import KinesisEntry
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.kinesis_writer import (
    MAX_BYTES_PER_REQUEST,
    MAX_ENTRIES_PER_REQUEST,
    ImpairedError,
    put_records,
    split_into_requests,
)

from tests.support.memory_kinesis import KINESIS_ARN, MemoryKinesis, client_error


def _entries(number: int, size: int) -> list[KinesisEntry]:
    return [
        KinesisEntry(
            partition_key="a", explicit_hash_key=None, data=n.to_bytes(size, "big"), records=1
        )
        for n in range(number)
    ]


def test_a_request_has_at_most_five_hundred_entries() -> None:
    requests = list(split_into_requests(_entries(1201, 10)))

    assert [len(request) for request in requests] == [MAX_ENTRIES_PER_REQUEST] * 2 + [201]


def test_a_request_has_at_most_five_mebibytes() -> None:
    requests = list(split_into_requests(_entries(12, 1024 * 1024 - 1)))

    assert [len(request) for request in requests] == [5, 5, 2]
    for request in requests:
        assert sum(entry.size for entry in request) <= MAX_BYTES_PER_REQUEST


def test_no_entries_are_no_request() -> None:
    assert list(split_into_requests([])) == []


def test_the_entries_that_kinesis_refused_are_returned(kinesis: MemoryKinesis) -> None:
    kinesis.faults = [{0, 2}]
    entries = _entries(4, 8)

    refused = put_records(kinesis, KINESIS_ARN, entries)

    assert refused == [entries[0], entries[2]]
    assert kinesis.data == [entries[1].data, entries[3].data]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (client_error("AccessDeniedException"), "IAM_PERMISSION_REVOKED"),
        (client_error("ExpiredTokenException"), "IAM_PERMISSION_REVOKED"),
        (PermissionRevokedError("no trust"), "IAM_PERMISSION_REVOKED"),
        (client_error("ResourceNotFoundException"), "KINESIS_STREAM_NOT_FOUND"),
    ],
)
def test_a_missing_permission_or_stream_impairs(
    kinesis: MemoryKinesis, fault: Exception, cause: str
) -> None:
    kinesis.standing_fault = fault

    with pytest.raises(ImpairedError) as caught:
        put_records(kinesis, KINESIS_ARN, _entries(1, 8))

    assert caught.value.cause == cause
    assert kinesis.rechecks == 1


def test_another_failure_is_the_callers(kinesis: MemoryKinesis) -> None:
    kinesis.standing_fault = client_error("InternalFailure")

    with pytest.raises(ClientError, match="InternalFailure"):
        put_records(kinesis, KINESIS_ARN, _entries(1, 8))

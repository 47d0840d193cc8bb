"""Sends PutRecords requests to Kinesis for a QLDB stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import ClientError

from qldb_simulator.delivery_role import PermissionRevokedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

    from qldb_simulator.delivery_plan import KinesisEntry
    from qldb_simulator.delivery_progress import ErrorCause

MAX_ENTRIES_PER_REQUEST: Final = 500
MAX_BYTES_PER_REQUEST: Final = 5 * 1024 * 1024
"""Kinesis API reference, PutRecords (the older, lower limit of bytes)."""

_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "KMSAccessDeniedException",
        "UnrecognizedClientException",
    }
)


class ClientSource(Protocol):
    """Provides the Kinesis client of one QLDB stream (see `delivery_role.DeliveryRole`)."""

    def kinesis(self) -> KinesisClient:
        """Return a client with the permissions of QLDB's role."""

    def recheck(self) -> None:
        """Force the next call of `kinesis` to read those permissions again."""

    def remove(self) -> None:
        """Delete everything that was created for the client."""


class ImpairedError(Exception):
    """The stream cannot be delivered until its user restores a resource or permission.

    Attributes
    ----------
    cause
        What is missing.
    """

    def __init__(self, cause: ErrorCause, reason: str) -> None:
        super().__init__(reason)
        self.cause: ErrorCause = cause


def split_into_requests(entries: Sequence[KinesisEntry]) -> Iterator[list[KinesisEntry]]:
    """Split entries into PutRecords requests within Kinesis's limits."""
    request: list[KinesisEntry] = []
    size = 0
    for entry in entries:
        full = len(request) == MAX_ENTRIES_PER_REQUEST or size + entry.size > MAX_BYTES_PER_REQUEST
        if request and full:
            yield request
            request, size = [], 0
        request.append(entry)
        size += entry.size
    if request:
        yield request


def put_records(
    clients: ClientSource, kinesis_stream_arn: str, entries: list[KinesisEntry]
) -> list[KinesisEntry]:
    """Send entries and return those that Kinesis refused individually.

    Raises
    ------
    ImpairedError
        If the permission or the Kinesis stream is missing.
    botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
        If the whole request failed for another reason.
    """
    try:
        answer = clients.kinesis().put_records(
            StreamARN=kinesis_stream_arn, Records=[_request_entry(entry) for entry in entries]
        )
    except PermissionRevokedError as error:
        clients.recheck()
        raise ImpairedError("IAM_PERMISSION_REVOKED", str(error)) from error
    except ClientError as error:
        clients.recheck()
        code = error_code(error)
        if code in _DENIED:
            raise ImpairedError("IAM_PERMISSION_REVOKED", code) from error
        if code == "ResourceNotFoundException":
            raise ImpairedError("KINESIS_STREAM_NOT_FOUND", kinesis_stream_arn) from error
        raise
    results = zip(entries, answer["Records"], strict=True)
    return [entry for entry, result in results if result.get("ErrorCode")]


def error_code(error: Exception) -> str:
    """Return the name of an error without its text, which may quote a record."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__


def _request_entry(entry: KinesisEntry) -> PutRecordsRequestEntryTypeDef:
    request: PutRecordsRequestEntryTypeDef = {
        "Data": entry.data,
        "PartitionKey": entry.partition_key,
    }
    if entry.explicit_hash_key is not None:
        request["ExplicitHashKey"] = entry.explicit_hash_key
    return request

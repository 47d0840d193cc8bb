"""The contenders: the function as deployed, and a baseline of one request per revision."""

from __future__ import annotations

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from handler.aggregation import user_records
from handler.contract import (
    DOCUMENT_ATTRIBUTE,
    KEY_ATTRIBUTE,
    PROJECTION_ATTRIBUTE,
    TOMBSTONE_ATTRIBUTES,
    VERSION_ATTRIBUTE,
)
from handler.replica import Write, write_for
from handler.settings import HandlerSettings
from journal.revisions import Revision, RevisionKind, read_record

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINE: Final = "baseline"
HANDLER: Final = "handler"
CONTENDERS: Final = (BASELINE, HANDLER)

THREADS: Final = 16

_ARN: Final = "arn:aws:lambda:us-east-1:000000000000:function:replica"
_REMAINING_MILLISECONDS: Final = 600_000


class Contender(Protocol):
    """A contender, which replicates batches."""

    def __call__(self, event: Mapping[str, Any], context: Context) -> object:
        """Replicate a batch and return Lambda's answer."""


class Context:
    """The part of Lambda's context that the function may use."""

    function_name = "replica"
    function_version = "$LATEST"
    invoked_function_arn = _ARN
    memory_limit_in_mb = 1024
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Return ample time, so that a slow machine does not change the work."""
        return _REMAINING_MILLISECONDS


def contender(name: str, environment: Mapping[str, str]) -> Contender:
    """Return a contender with the environment of the deployed function.

    Parameters
    ----------
    name
        One of `CONTENDERS`.
    environment
        The environment of this process, from which boto3 takes the endpoint of DynamoDB.
    """
    if name == HANDLER:
        from handler import app  # noqa: PLC0415 (the baseline must not pay for it)

        return app.lambda_handler
    return OneRequestPerRevision(HandlerSettings.from_environment(environment))


class OneRequestPerRevision:
    """The baseline: the same reading path, then a conditional UpdateItem for every revision.

    Nothing is coalesced: every version of a document is written.

    Parameters
    ----------
    settings
        Settings of the handler.
    """

    def __init__(self, settings: HandlerSettings) -> None:
        self._settings = settings
        self._client = boto3.client("dynamodb", config=Config(max_pool_connections=THREADS))
        self._pool = ThreadPoolExecutor(THREADS)

    def __call__(self, event: Mapping[str, Any], context: Context) -> object:
        """Replicate a batch and return Lambda's answer."""
        del context
        writes = [
            write
            for record in event["Records"]
            for user_record in user_records(base64.b64decode(record["kinesis"]["data"]))
            for write in self._writes(user_record.data)
        ]
        for _ in self._pool.map(self._update, writes):
            pass
        return {"batchItemFailures": []}

    def _writes(self, data: bytes) -> list[Write]:
        found = read_record(data, self._settings.replica_tables)
        if not isinstance(found, Revision) or found.kind is RevisionKind.REDACTED:
            return []
        table = self._settings.replica_tables[found.table_name]
        write = write_for(found, table, 0.0)
        possible = {*table.names, *TOMBSTONE_ATTRIBUTES, DOCUMENT_ATTRIBUTE, PROJECTION_ATTRIBUTE}
        return [write._replace(removed=tuple(sorted(possible.difference(write.item))))]

    def _update(self, write: Write) -> None:
        try:
            self._client.update_item(**update_item(write))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def update_item(write: Write) -> Any:  # noqa: ANN401 (arguments of a boto3 call)
    """Return the arguments of an UpdateItem that writes an item if its version is lower."""
    attributes = {name: value for name, value in write.item.items() if name != KEY_ATTRIBUTE}
    names = dict(zip((f"#{n}" for n in itertools.count()), attributes, strict=False))
    removed = {f"#r{n}": name for n, name in enumerate(write.removed)}
    assignments = ", ".join(f"{name}=:{name[1:]}" for name in names)
    return {
        "TableName": write.table_name,
        "Key": {KEY_ATTRIBUTE: {"S": write.document_id}},
        "UpdateExpression": f"SET {assignments}"
        + (f" REMOVE {', '.join(removed)}" if removed else ""),
        "ConditionExpression": "attribute_not_exists(#pk) OR #version < :version",
        "ExpressionAttributeNames": {
            **names,
            **removed,
            "#pk": KEY_ATTRIBUTE,
            "#version": VERSION_ATTRIBUTE,
        },
        "ExpressionAttributeValues": {
            **{f":{n}": value for n, value in enumerate(attributes.values())},
            ":version": {"N": str(write.version)},
        },
    }

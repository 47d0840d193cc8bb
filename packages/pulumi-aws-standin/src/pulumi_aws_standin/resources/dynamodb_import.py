"""The import of objects of S3 into a new DynamoDB table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.schema import Object, Property, String
from pulumi_aws_standin.values import as_object, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.session import Session

IMPORT: Final = Object(
    properties=(
        Property(name="inputFormat", type=String(values=("DYNAMODB_JSON",)), required=True),
        Property(name="inputCompressionType", type=String(values=("GZIP", "NONE"))),
        Property(
            name="s3BucketSource",
            type=Object(
                properties=(
                    Property(name="bucket", type=String(), required=True),
                    Property(name="bucketOwner", type=String(pattern=r"\d{12}")),
                    Property(name="keyPrefix", type=String()),
                )
            ),
            required=True,
        ),
    )
)
"""The formats are those of both the emulator and the program that this provider is for."""

_RUNNING: Final = "IN_PROGRESS"
_COMPLETED: Final = "COMPLETED"


def run(
    session: Session,
    source: Mapping[str, object],
    table: Mapping[str, object],
    timeout_seconds: float,
) -> str:
    """Import into a new table, and return its name once the import has ended.

    Parameters
    ----------
    session
        The configured connections.
    source
        The input ``importTable``.
    table
        The request that would create the table.
    timeout_seconds
        How long to wait for the end.

    Raises
    ------
    ProviderError
        If the import ended before it made the table.
    """
    bucket = as_object(source["s3BucketSource"])
    request: dict[str, Any] = present(
        {
            "S3BucketSource": present(
                {
                    "S3Bucket": bucket["bucket"],
                    "S3BucketOwner": bucket.get("bucketOwner"),
                    "S3KeyPrefix": bucket.get("keyPrefix"),
                }
            ),
            "InputFormat": source["inputFormat"],
            "InputCompressionType": source.get("inputCompressionType"),
            "TableCreationParameters": table,
        }
    )
    started = session.dynamodb.import_table(**request)["ImportTableDescription"]
    identifier = started["ImportArn"]
    session.wait(
        "the import did not end",
        lambda: _described(session, identifier)["ImportStatus"] != _RUNNING,
        timeout_seconds,
    )
    name = str(table["TableName"])
    ended = _described(session, identifier)
    if ended["ImportStatus"] != _COMPLETED and not _exists(session, name):
        raise ProviderError(_reason(ended))
    return name


def failure(session: Session, table_arn: str) -> str | None:
    """Return why the import that made a table failed; None if it did not.

    Such a table has some of the items. The AWS provider says so only once, when it makes the table.
    """
    found = session.dynamodb.list_imports(TableArn=table_arn)["ImportSummaryList"]
    for each in found:
        if each["ImportStatus"] not in {_RUNNING, _COMPLETED}:
            return _reason(_described(session, each["ImportArn"]))
    return None


def _described(session: Session, identifier: str) -> Mapping[str, Any]:
    return session.dynamodb.describe_import(ImportArn=identifier)["ImportTableDescription"]


def _reason(ended: Mapping[str, Any]) -> str:
    counts = ", ".join(
        f"{ended.get(name, 0)} {what}"
        for name, what in (
            ("ProcessedItemCount", "processed"),
            ("ImportedItemCount", "imported"),
            ("ErrorCount", "refused"),
        )
    )
    code, message = ended.get("FailureCode", "Unknown"), ended.get("FailureMessage", "no message")
    return f"importTable: {ended['ImportStatus']}: {code}: {message} (items: {counts})"


def _exists(session: Session, name: str) -> bool:
    try:
        session.dynamodb.describe_table(TableName=name)
    except session.dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True

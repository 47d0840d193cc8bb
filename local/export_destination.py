"""A bucket and a role of the local AWS, for exports of the journal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local import aws
from local.environment import REGION
from local.errors import LocalError

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, kw_only=True)
class ExportDestination:
    """Where the simulated QLDB may write an export.

    Attributes
    ----------
    bucket
        Name of an existing bucket.
    role_arn
        Role that QLDB may assume to write to it.
    """

    bucket: str
    role_arn: str


def default_bucket(ledger: str) -> str:
    """Return the bucket for exports of a ledger, whose name may be no bucket's.

    Parameters
    ----------
    ledger
        Name of the ledger.
    """
    return f"journal-exports-{_digest(ledger)}"


def prepare_destination(endpoint: str, *, ledger: str, bucket: str) -> ExportDestination:
    """Create the bucket and the role, unless they exist, and return them.

    The role has the permissions and the trust that AWS documents for exports ("Journal export
    permissions in QLDB"). No AWS ARN names an export, so the trust is for QLDB in this account.

    Parameters
    ----------
    endpoint
        URL of the emulator.
    ledger
        Name of the ledger, of which the role's name is made.
    bucket
        Name of the bucket.

    Raises
    ------
    LocalError
        If the bucket cannot be made or used.
    """
    try:
        _create_bucket(endpoint, bucket)
        return ExportDestination(bucket=bucket, role_arn=_prepare_role(endpoint, ledger, bucket))
    except (ClientError, BotoCoreError) as error:
        reason = (
            error.response["Error"]["Code"]
            if isinstance(error, ClientError)
            else type(error).__name__
        )
        raise LocalError(
            f"bucket {bucket} cannot be used ({reason}): give another --bucket, of 3 to 63 "
            "lower-case letters, digits and hyphens"
        ) from error


def _create_bucket(endpoint: str, bucket: str) -> None:
    s3 = aws.client("s3", endpoint)
    try:
        s3.create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


def _prepare_role(endpoint: str, ledger: str, bucket: str) -> str:
    iam = aws.client("iam", endpoint)
    account = aws.client("sts", endpoint).get_caller_identity()["Account"]
    name = f"journal-export-{_digest(ledger)}"
    trust = json.dumps(_trust(account))
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        role = iam.get_role(RoleName=name)["Role"]
    iam.put_role_policy(
        RoleName=name, PolicyName=f"write-{bucket}", PolicyDocument=json.dumps(_permissions(bucket))
    )
    return str(role["Arn"])


def _trust(account: str) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "qldb.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": f"arn:aws:qldb:{REGION}:{account}:*"},
            "StringEquals": {"aws:SourceAccount": account},
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _permissions(bucket: str) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:PutObjectAcl"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _digest(ledger: str) -> str:
    return hashlib.sha256(ledger.encode()).hexdigest()[:_DIGEST_CHARACTERS]

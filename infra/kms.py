"""The customer managed KMS key of a stack: how it is named, and what its users may do with it."""

from __future__ import annotations

import re
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
from pydantic import Field

from infra.iam import allow

_KEY_ARN = re.compile(
    r"arn:(aws[a-z-]*):kms:([a-z0-9-]+):[0-9]{12}:key/"
    r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
"""KMS developer guide, "Key identifiers (KeyId)". An alias would not do: IAM policies name keys
only, and an alias can point to another key tomorrow."""

KeyArn = Annotated[
    str,
    Field(
        pattern=rf"\A(?:{_KEY_ARN.pattern})?\Z",
        description="the ARN of a symmetric KMS key, such as "
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab (not an "
        "alias), or an empty text for keys of AWS",
    ),
]
"""The setting ``kmsKeyArn``, which each component with something to encrypt reads."""


_ENABLED = "Enabled"
_REMEDIES = {
    "Disabled": "aws kms enable-key --key-id {0}",
    "PendingDeletion": (
        "aws kms cancel-key-deletion --key-id {0} && aws kms enable-key --key-id {0}"
    ),
}
"""How a key becomes usable again, by its state (KMS developer guide, "Key states of AWS KMS
keys")."""

_PURPOSE = ("CUSTOMER", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
"""Manager, usage and spec of a key that all services of a stack can use."""


def check(key_arn: str) -> None:
    """Check that a key is in the region of the stack and that its services can use it.

    Each of them would say so only when its resource is created or changed, half-way through a
    deployment.

    Parameters
    ----------
    key_arn
        A valid ARN, or an empty text for no key.

    Raises
    ------
    pulumi.RunError
        If the key is in another region, cannot be looked up, is not enabled, or is not a symmetric
        customer managed key for encryption.
    """
    if not key_arn:
        return
    _, region = _place(key_arn)
    here = aws.get_region().region
    if region != here:
        raise pulumi.RunError(
            f"kmsKeyArn names a key in {region}, and this stack deploys to {here}: name a key of "
            "that region (a multi-Region key has a replica with an ARN of its own in each)"
        )
    try:
        key = aws.kms.get_key(key_id=key_arn)
    except Exception as error:  # noqa: BLE001 (Pulumi raises no narrower one)
        raise pulumi.RunError(
            f"kmsKeyArn names the key {key_arn}, which cannot be looked up: name a key that "
            "exists, and allow whoever deploys kms:DescribeKey on it. The lookup ended with: "
            f"{' '.join(str(error).split())}"
        ) from None
    if key.key_state != _ENABLED:
        remedy = _REMEDIES.get(key.key_state, "make it usable").format(key_arn)
        raise pulumi.RunError(
            f"kmsKeyArn names a key whose state is {key.key_state}, and nothing can be encrypted "
            f"with it: {remedy}, or name another key"
        )
    purpose = (key.key_manager, key.key_usage, key.key_spec)
    if purpose != _PURPOSE:
        raise pulumi.RunError(
            f"kmsKeyArn names a key of the kind {', '.join(purpose)}; expected "
            f"{', '.join(_PURPOSE)}: name a symmetric customer managed key for encryption"
        )


def may_write_stream(key_arn: str, stream_arn: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Return what a producer needs to write to an encrypted stream.

    Kinesis developer guide, "Permissions to use user-generated KMS keys": the stream's ARN is the
    encryption context.

    Parameters
    ----------
    key_arn
        The key, or an empty text for no key: then nothing is needed.
    stream_arn
        The Kinesis stream.
    """
    if not key_arn:
        return []
    return [
        allow(
            "EncryptJournal",
            ("kms:GenerateDataKey",),
            key_arn,
            {"StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": stream_arn}},
        )
    ]


def may_consume(key_arn: str, stream_arn: object, function_name: str) -> list[dict[str, Any]]:
    """Return what the function needs where stream, tables, bucket and variables are encrypted.

    Sources: Kinesis developer guide, "Permissions to use user-generated KMS keys"; DynamoDB
    developer guide, "DynamoDB encryption at rest: how it works" (on behalf of the caller, DynamoDB
    decrypts the table's key whenever a table is accessed, writes included); Lambda developer guide,
    "Retain discarded batch records in Amazon S3" (``kms:GenerateDataKey`` for the bucket) and
    "Securing Lambda environment variables" (their encryption context is the function's ARN).

    Parameters
    ----------
    key_arn
        The key, or an empty text for no key: then nothing is needed.
    stream_arn
        The Kinesis stream.
    function_name
        How the function's name starts; the function itself does not exist yet.
    """
    if not key_arn:
        return []
    return [
        allow(
            "DecryptJournal",
            ("kms:Decrypt",),
            key_arn,
            {"StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": stream_arn}},
        ),
        allow("OpenTables", ("kms:Decrypt",), key_arn, _through("dynamodb", key_arn)),
        allow("EncryptFailures", ("kms:GenerateDataKey",), key_arn, _through("s3", key_arn)),
        _variables_of(key_arn, function_name),
    ]


def may_replay(key_arn: str, function_name: str) -> list[dict[str, Any]]:
    """Return what the replay's function needs where tables, buckets and variables are encrypted.

    Sources as of `may_consume`; S3 user guide, "Using server-side encryption with AWS KMS keys"
    (``kms:Decrypt`` to read an object).

    Parameters
    ----------
    key_arn
        The key of the stack, or an empty text for no key: then nothing is needed.
    function_name
        How the function's name starts.
    """
    if not key_arn:
        return []
    return [
        allow("OpenTables", ("kms:Decrypt",), key_arn, _through("dynamodb", key_arn)),
        allow(
            "KeepObjects", ("kms:Decrypt", "kms:GenerateDataKey"), key_arn, _through("s3", key_arn)
        ),
        _variables_of(key_arn, function_name),
    ]


def may_read_objects(sid: str, key_arn: str) -> list[dict[str, Any]]:
    """Return what a reader of encrypted objects in S3 needs; see `may_replay`.

    Parameters
    ----------
    sid
        Purpose of the statement.
    key_arn
        The key of the objects, or an empty text for no key: then nothing is needed.
    """
    if not key_arn:
        return []
    return [allow(sid, ("kms:Decrypt",), key_arn, _through("s3", key_arn))]


def _variables_of(key_arn: str, function_name: str) -> dict[str, Any]:
    function = f"arn:*:lambda:*:*:function:{function_name}-*"
    return allow(
        "DecryptVariables",
        ("kms:Decrypt",),
        key_arn,
        {"StringLike": {"kms:EncryptionContext:aws:lambda:FunctionArn": function}},
    )


def _through(service: str, key_arn: str) -> dict[str, Any]:
    """Return the condition that a service asks on the caller's behalf.

    KMS developer guide, "kms:ViaService".
    """
    partition, region = _place(key_arn)
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.{suffix}"}}


def _place(key_arn: str) -> tuple[str, str]:
    """Return partition and region of a key."""
    _, partition, _, region, *_ = key_arn.split(":")
    return partition, region

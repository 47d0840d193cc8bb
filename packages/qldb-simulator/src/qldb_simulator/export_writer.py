"""Writes the objects of an export to S3.

Documented: server-side encryption by the request, and that the role needs s3:PutObject and
s3:PutObjectAcl ("Journal export permissions in QLDB", "Common errors for journal export"), for
SSE_KMS also the use of the key.
Inferred from that permission: objects are written with the canned ACL that gives the bucket's owner
full control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from qldb_simulator.export_request import SSE_KMS, SSE_S3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

    from qldb_simulator.export_request import ExportRequest

_ACL: Final = "bucket-owner-full-control"


class ExportClientSource(Protocol):
    """Provides the S3 client of one export (see `delivery_role.DeliveryRole`)."""

    def s3(self) -> S3Client:
        """Return a client with the permissions of QLDB's role."""

    def remove(self) -> None:
        """Delete everything that was created for the client."""


def object_request(request: ExportRequest, key: str, body: bytes) -> PutObjectRequestTypeDef:
    """Return the arguments of PutObject for an object of an export.

    Parameters
    ----------
    request
        Names the bucket, the format and the encryption.
    key
        The whole key.
    """
    target = request.target
    arguments: PutObjectRequestTypeDef = {
        "Bucket": target.bucket,
        "Key": key,
        "Body": body,
        "ContentType": request.format.content_type,
        "ACL": _ACL,
    }
    if target.encryption_type == SSE_S3:
        arguments["ServerSideEncryption"] = "AES256"
    if target.encryption_type == SSE_KMS and target.kms_key_arn is not None:
        arguments["ServerSideEncryption"] = "aws:kms"
        arguments["SSEKMSKeyId"] = target.kms_key_arn
    return arguments

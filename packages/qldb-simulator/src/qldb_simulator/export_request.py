"""The request of ExportJournalToS3.

Rules are those of the API model 2019-01-02. The texts of refusals follow the QLDB developer guide
("Common errors for journal export"). It calls them IllegalArgumentException, which is no error of
the model; here they are InvalidParameterException, as for streams (a choice of this simulator).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.api_errors import invalid
from qldb_simulator.export_format import EXPORT_FORMATS, ION_TEXT
from qldb_simulator.parameters import ROLE_ARN, read_time, required, required_arn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Self

    from qldb_simulator.export_format import ExportFormat

SSE_KMS: Final = "SSE_KMS"
SSE_S3: Final = "SSE_S3"
NO_ENCRYPTION: Final = "NO_ENCRYPTION"

_ENCRYPTION_TYPES: Final = (SSE_KMS, SSE_S3, NO_ENCRYPTION)
_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}")
_KMS_KEY: Final = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:(key|alias)/.{1,1024}")
_MAX_PREFIX: Final = 128


@dataclass(frozen=True, kw_only=True)
class ExportTarget:
    """Where an export is written.

    Attributes
    ----------
    prefix
        As requested, with or without a slash at its end.
    encryption_type
        SSE_KMS, SSE_S3 or NO_ENCRYPTION.
    kms_key_arn
        Key of SSE_KMS, else None.
    """

    bucket: str
    prefix: str
    encryption_type: str
    kms_key_arn: str | None

    @property
    def key_prefix(self) -> str:
        """What every key begins with: the prefix, with a slash at its end unless it is empty.

        The developer guide's example ("Journal export output in QLDB") puts the prefix
        ``journalExport`` as ``journalExport/`` before the name of the manifest.
        """
        is_complete = not self.prefix or self.prefix.endswith("/")
        return self.prefix if is_complete else f"{self.prefix}/"

    def describe(self) -> dict[str, Any]:
        """Return the members of S3ExportConfiguration."""
        encryption = {"ObjectEncryptionType": self.encryption_type}
        if self.kms_key_arn is not None:
            encryption["KmsKeyArn"] = self.kms_key_arn
        return {
            "Bucket": self.bucket,
            "Prefix": self.prefix,
            "EncryptionConfiguration": encryption,
        }


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """A request for an export.

    Attributes
    ----------
    inclusive_start, exclusive_end
        Block times that the export covers, as requested. A start before the ledger's creation
        means its creation, which is no difference: no block is older.
    role_arn
        Role under which QLDB writes to the bucket.
    format
        Form of the objects.
    requested_format
        The OutputFormat of the request; None if it has none.
    """

    target: ExportTarget
    inclusive_start: datetime
    exclusive_end: datetime
    role_arn: str
    format: ExportFormat
    requested_format: str | None

    @classmethod
    def from_body(cls, body: Mapping[str, Any], *, now: datetime) -> Self:
        """Read and check a request's body.

        Raises
        ------
        ApiError
            If the request breaks a rule of the API model.
        """
        start = read_time(
            required(body, "InclusiveStartTime", int | float | str), "InclusiveStartTime"
        )
        end = read_time(required(body, "ExclusiveEndTime", int | float | str), "ExclusiveEndTime")
        if start >= end:
            raise invalid("InclusiveStartTime", "expected a time before the end")
        if end > now:
            raise invalid("ExclusiveEndTime", "the end date cannot be in the future")
        target = _target(required(body, "S3ExportConfiguration", dict))
        requested_format = body.get("OutputFormat")
        return cls(
            target=target,
            inclusive_start=start,
            exclusive_end=end,
            role_arn=required_arn(body, "RoleArn", ROLE_ARN),
            format=ION_TEXT if requested_format is None else _format(requested_format),
            requested_format=requested_format,
        )


def _target(configuration: Mapping[str, Any]) -> ExportTarget:
    bucket = required(configuration, "Bucket", str)
    if not _BUCKET.fullmatch(bucket):
        raise invalid("Bucket", "expected 3 to 255 letters, digits, dots, hyphens and underscores")
    prefix = required(configuration, "Prefix", str)
    if len(prefix) > _MAX_PREFIX:
        raise invalid("Prefix", f"the bucket prefix must not exceed {_MAX_PREFIX} characters")
    encryption = required(configuration, "EncryptionConfiguration", dict)
    kind = required(encryption, "ObjectEncryptionType", str)
    if kind not in _ENCRYPTION_TYPES:
        raise invalid("ObjectEncryptionType", f"expected one of {', '.join(_ENCRYPTION_TYPES)}")
    return ExportTarget(
        bucket=bucket, prefix=prefix, encryption_type=kind, kms_key_arn=_kms_key(encryption, kind)
    )


def _kms_key(encryption: Mapping[str, Any], kind: str) -> str | None:
    if kind == SSE_KMS:
        return required_arn(encryption, "KmsKeyArn", _KMS_KEY)
    if encryption.get("KmsKeyArn") is not None:
        raise invalid("KmsKeyArn", f"only {SSE_KMS} takes a key, not {kind}")
    return None


def _format(name: object) -> ExportFormat:
    found = EXPORT_FORMATS.get(name) if isinstance(name, str) else None
    if found is None:
        raise invalid("OutputFormat", f"expected one of {', '.join(EXPORT_FORMATS)}")
    return found

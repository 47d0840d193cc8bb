"""Validation of request members by the rules of QLDB's API model."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.api_errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE_ARN: Final = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.{1,512}")
"""Form of an IAM role's ARN."""

KINESIS_ARN: Final = re.compile(r"arn:[a-z-]+:kinesis:[a-z0-9-]+:\d{12}:stream/[a-zA-Z0-9_.-]+")
"""Form of a Kinesis stream's ARN."""

_NAME: Final = re.compile(r"(?!.*--)(?!\d+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}")
_PERMISSIONS_MODES: Final = ("ALLOW_ALL", "STANDARD")
_MAX_KMS_KEY: Final = 1600


def required(body: Mapping[str, Any], name: str, kind: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a member of the expected type.

    Raises
    ------
    ApiError
        If it is missing or of another type.
    """
    value = optional(body, name, kind)
    if value is None:
        raise invalid(name, "is required")
    return value


def optional(body: Mapping[str, Any], name: str, kind: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a member of the expected type, or None.

    Raises
    ------
    ApiError
        If it is of another type.
    """
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise invalid(name, f"expected {getattr(kind, '__name__', kind)}")
    return value


def check_name(name: str, parameter: str) -> None:
    """Check the name of a ledger or a stream.

    Raises
    ------
    ApiError
        If the name is not allowed.
    """
    if not _NAME.fullmatch(name):
        raise invalid(
            parameter,
            "expected 1 to 32 letters, digits and hyphens, not only digits, no hyphen at either "
            "end or twice in a row",
        )


def required_arn(body: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    """Return a member that is an ARN of the expected form.

    Raises
    ------
    ApiError
        If it is missing or has another form.
    """
    value: str = required(body, name, str)
    if not form.fullmatch(value):
        raise invalid(name, "expected an ARN of the right kind")
    return value


def permissions_mode(body: Mapping[str, Any]) -> str:
    """Return the permissions mode of a ledger.

    Raises
    ------
    ApiError
        If it is missing or unknown.
    """
    mode: str = required(body, "PermissionsMode", str)
    if mode not in _PERMISSIONS_MODES:
        raise invalid("PermissionsMode", f"expected one of {', '.join(_PERMISSIONS_MODES)}")
    return mode


def kms_key(body: Mapping[str, Any]) -> str | None:
    """Return the key of a ledger, or None.

    Raises
    ------
    ApiError
        If it is too long.
    """
    key: str | None = optional(body, "KmsKey", str)
    if key is not None and len(key) > _MAX_KMS_KEY:
        raise invalid("KmsKey", f"expected at most {_MAX_KMS_KEY} characters")
    return key


def read_time(value: Any, parameter: str) -> datetime:  # noqa: ANN401 (JSON)
    """Read seconds since the epoch, as the protocol sends them, or an ISO 8601 time.

    Raises
    ------
    ApiError
        If the value is neither.
    """
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise invalid(parameter, "expected a time") from None

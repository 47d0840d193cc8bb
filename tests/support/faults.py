"""Hooks for faults, which the in-memory DynamoDB and S3 call around each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import ClientError


@dataclass(frozen=True, kw_only=True)
class RequestFault:
    """A fault of a whole request.

    Attributes
    ----------
    error
        The exception that the client raises.
    applied
        Whether the service carried out the request before the answer was lost.
    """

    error: Exception
    applied: bool = False


class Faults(Protocol):
    """Hooks around one client's calls; one may raise a `BaseException` to kill the caller."""

    def before_request(self, operation: str) -> RequestFault | None:
        """Return the fault of the request that starts now, or None."""

    def before_statement(self, operation: str) -> str | None:
        """Return the error code with which one statement of a request fails, or None."""

    def after_request(self, operation: str) -> None:
        """Run between the service's work and the caller's next step."""


class NoFaults:
    """Every request and statement is carried out and answered."""

    def before_request(self, operation: str) -> RequestFault | None:  # noqa: ARG002 (protocol)
        """Return None: no fault."""
        return None

    def before_statement(self, operation: str) -> str | None:  # noqa: ARG002 (protocol)
        """Return None: no fault."""
        return None

    def after_request(self, operation: str) -> None:
        """Do nothing."""


def client_error(operation: str, code: str, message: str, *, status: int = 400) -> ClientError:
    """Return the exception that botocore raises for an error answer.

    Parameters
    ----------
    operation
        Name of the API operation, as AWS writes it.
    code, message
        Code and message of the error.
    status
        HTTP status of the answer.
    """
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "RequestId": "memory",
                "HostId": "memory",
                "HTTPStatusCode": status,
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )

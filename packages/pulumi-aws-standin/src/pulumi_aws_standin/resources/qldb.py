"""Common parts of QLDB's ledgers and streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_aws_standin.errors import ServiceError

if TYPE_CHECKING:
    from pulumi_aws_standin.resource import Resource
    from pulumi_aws_standin.session import Session

NAME_PATTERN: Final = r"(?!.*--)(?!\d+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}"
"""QLDB API: LedgerName."""

MISSING: Final = ("ResourceNotFoundException",)
"""The error code of a ledger or stream that does not exist."""


def delete_when_unused(resource: Resource, session: Session, *path: str) -> None:
    """Delete a resource; while QLDB reports that it is in use, retry, as the AWS provider does.

    Parameters
    ----------
    resource
        The resource type, for its timeout.
    session
        Calls QLDB.
    path
        The parts of the resource's REST path.
    """

    def deleted() -> bool:
        try:
            session.qldb.call("DELETE", *path)
        except ServiceError as error:
            if error.code != "ResourceInUseException":
                raise
            return False
        return True

    session.wait("it is still in use", deleted, resource.timeout_seconds)

"""The functions of the AWS provider that are implemented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_aws_standin.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_aws_standin.session import Session


def _caller_identity(session: Session) -> dict[str, object]:
    identity = session.sts.get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


def _region(session: Session) -> dict[str, object]:
    return {
        "description": session.region,
        "endpoint": f"ec2.{session.region}.amazonaws.com",
        "id": session.region,
        "name": session.region,
        "region": session.region,
    }


def _partition(session: Session) -> dict[str, object]:
    return {
        "dnsSuffix": "amazonaws.com",
        "id": session.partition,
        "partition": session.partition,
        "reverseDnsPrefix": "com.amazonaws",
    }


FUNCTIONS: Final[dict[str, Callable[[Session], dict[str, object]]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}


class UnknownFunctionError(ProviderError):
    """A function, or an argument of one, that is not implemented."""


def invoke(session: Session, token: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the result of a function of the AWS provider.

    Parameters
    ----------
    session
        The configured connections.
    token
        The function's token, for example `aws:index/getRegion:getRegion`.
    arguments
        Must be empty: the results are the account, region and partition of the session.

    Raises
    ------
    UnknownFunctionError
        If the function or an argument is not implemented.
    """
    function = FUNCTIONS.get(token)
    if function is None:
        raise UnknownFunctionError(f"the stand-in AWS provider does not implement {token}")
    given = sorted(name for name, value in arguments.items() if value is not None)
    if given:
        raise UnknownFunctionError(
            f"the stand-in AWS provider does not implement the argument {given[0]} of {token}"
        )
    return function(session)

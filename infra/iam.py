"""IAM policy documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence


LONGEST_BUCKET_ARN = f"arn:aws-us-gov:s3:::{'b' * 63}"
"""The ARN of a bucket, at its longest."""


def longest_arn(service: str, resource: str) -> str:
    """Return the ARN of a resource in the partition and region with the longest names."""
    return f"arn:aws-us-gov:{service}:ap-northeast-1:123456789012:{resource}"


def policy(*statements: dict[str, Any]) -> pulumi.Output[str]:
    """Return an IAM policy as JSON; `statements` may contain outputs anywhere."""
    return pulumi.Output.json_dumps(_document(statements))


def policy_size(statements: Sequence[dict[str, Any]]) -> int:
    """Return the characters of a policy without outputs, as IAM counts them: no white space."""
    return len(json.dumps(_document(statements), separators=(",", ":")))


def _document(statements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str, actions: Sequence[str], resource: object, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a statement that allows actions on one or more resources.

    Parameters
    ----------
    sid
        Purpose of the statement.
    actions
        The actions, such as ``s3:PutObject``.
    resource
        One ARN or a list of them; each may be an output.
    condition
        Limits when they are allowed; None for no limit.
    """
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def only_over_tls(actions: str, resource: object) -> dict[str, Any]:
    """Return a statement that denies a resource to requests without TLS.

    Parameters
    ----------
    actions
        What is denied, such as ``s3:*``.
    resource
        One ARN or a list of them; each may be an output.
    """
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def service_trust(service: str, condition: dict[str, Any] | None = None) -> pulumi.Output[str]:
    """Return the policy that lets one AWS service assume a role.

    Parameters
    ----------
    service
        The service's principal, such as ``lambda.amazonaws.com``.
    condition
        Limits when it may do so; None for no limit.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if condition is not None:
        statement["Condition"] = condition
    return policy(statement)

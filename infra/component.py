"""What every component shares: its type's name and the form of its policies."""

from __future__ import annotations

from typing import Any

import pulumi

PROJECT = "qldb-kinesis-lambda-dynamodb"


def component_type(name: str) -> str:
    """Return the type token of a component of this project."""
    return f"{PROJECT}:infra:{name}"


def policy(*statements: dict[str, Any]) -> pulumi.Output[str]:
    """Return an IAM policy as JSON; outputs may stand anywhere in `statements`."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service_trust(service: str, condition: dict[str, Any] | None = None) -> pulumi.Output[str]:
    """Return the policy that lets one AWS service assume a role.

    Parameters
    ----------
    service
        The service's principal, such as ``lambda.amazonaws.com``.
    condition
        When it may do so; None for always.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if condition is not None:
        statement["Condition"] = condition
    return policy(statement)

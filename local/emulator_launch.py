"""Starts the emulator so that it asks for the permissions of PartiQL statements that AWS asks for.

The emulator runs this file as a script; this program does not import it. The emulator itself asks
for `dynamodb:BatchExecuteStatement` and `dynamodb:ExecuteStatement`, which AWS does not have, and
on all tables at once. AWS asks for one action per kind of statement, on the statement's table
(DynamoDB developer guide, "IAM security policies with PartiQL for DynamoDB").
"""

from __future__ import annotations

import json
import re
import runpy
import sys

from ministack.core import iam_actions

_STATEMENT = re.compile(
    r"\s*(?:(?P<insert>INSERT)\s+INTO|(?P<update>UPDATE)|(?P<delete>DELETE)\s+FROM"
    r"|(?P<select>SELECT)\b.*?\bFROM)\s+\"?(?P<table>[A-Za-z0-9_.-]+)",
    re.IGNORECASE | re.DOTALL,
)
_KINDS = {
    "insert": "dynamodb:PartiQLInsert",
    "update": "dynamodb:PartiQLUpdate",
    "delete": "dynamodb:PartiQLDelete",
    "select": "dynamodb:PartiQLSelect",
}
"""The action of each kind of statement."""

_OPERATIONS = {
    "dynamodb:BatchExecuteStatement": "Statements",
    "dynamodb:ExecuteStatement": "",
    "dynamodb:ExecuteTransaction": "TransactStatements",
}
"""The operations with PartiQL, and the member that lists their statements."""

_UNKNOWN = ("dynamodb:PartiQL", "*")
"""No policy allows it, so that a statement of an unknown form is refused."""


def statement_checks(
    iam_action: str, body: bytes, region: str, account_id: str
) -> list[tuple[str, str]]:
    """Return the actions and ARNs that a request with PartiQL needs; none for any other request.

    Parameters
    ----------
    iam_action
        The action that the emulator has found.
    body
        The request.
    region, account_id
        Of the tables.
    """
    if iam_action not in _OPERATIONS:
        return []
    request = json.loads(body)
    member = _OPERATIONS[iam_action]
    checks = []
    for entry in request.get(member, []) if member else [request]:
        found = _STATEMENT.match(entry.get("Statement", ""))
        if found is None:
            checks.append(_UNKNOWN)
            continue
        [action] = [action for kind, action in _KINDS.items() if found[kind]]
        checks.append((action, f"arn:aws:dynamodb:{region}:{account_id}:table/{found['table']}"))
    return checks or [_UNKNOWN]


def _main() -> None:
    item_checks = iam_actions.dynamodb_transaction_checks

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
        found = statement_checks(iam_action, body, region, account_id)
        return found or item_checks(iam_action, body, region, account_id)

    # The emulator looks it up at each request.
    iam_actions.dynamodb_transaction_checks = checks
    # With this interpreter the emulator starts functions.
    sys.executable = sys.argv.pop(1)
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    _main()

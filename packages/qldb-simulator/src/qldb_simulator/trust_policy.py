"""Evaluates the trust policy of a role that QLDB assumes. No I/O.

An AWS emulator cannot do this, because no caller can be the service qldb.amazonaws.com. The rules
are those of the IAM user guide ("IAM JSON policy elements: Condition operators", "The confused
deputy problem"), for the keys that QLDB sets: aws:SourceAccount and aws:SourceArn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

QLDB_PRINCIPAL: Final = "qldb.amazonaws.com"
_ARN_PARTS: Final = 6


def allows_qldb(policy: Mapping[str, Any], *, source_account: str, source_arn: str) -> bool:
    """Return whether the policy lets QLDB assume the role.

    Parameters
    ----------
    policy
        The role's trust policy.
    source_account
        Account of the ledger.
    source_arn
        ARN of the QLDB stream on whose behalf QLDB assumes the role.
    """
    context = {"aws:sourceaccount": source_account, "aws:sourcearn": source_arn}
    matching = [
        statement["Effect"]
        for statement in _listed(policy.get("Statement", []))
        if _concerns_qldb(statement) and _conditions_hold(statement.get("Condition", {}), context)
    ]
    return "Allow" in matching and "Deny" not in matching


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 (JSON)
    return value if isinstance(value, list) else [value]


def _concerns_qldb(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = _listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    actions = _listed(statement.get("Action", []))
    return QLDB_PRINCIPAL in services and any(
        _like("sts:AssumeRole".lower(), action.lower()) for action in actions
    )


def _conditions_hold(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _condition_holds(operator, context.get(key.lower()), _listed(values))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _condition_holds(operator: str, value: str | None, expected: list[str]) -> bool:
    """Return whether a condition holds; false if unknown, to allow no more than AWS."""
    optional = operator.endswith("IfExists")
    name = operator.removesuffix("IfExists")
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None:
        return False
    if value is None:
        return optional or negated
    return any(test(value, item) for item in expected) != negated


def _like(value: str, pattern: str) -> bool:
    expression = "".join(
        {"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern
    )
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn_like(value: str, pattern: str) -> bool:
    """Return whether an ARN matches part by part: a wildcard does not match a colon."""
    values, patterns = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(patterns) == len(values) == _ARN_PARTS and all(map(_like, values, patterns))


_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, item: value.lower() == item.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
_NEGATED: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}

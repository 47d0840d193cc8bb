"""Evaluates the condition expressions that the handler writes, and no other."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from tests.support.partiql import UnsupportedStatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.attribute_values import Item, Value

Condition: TypeAlias = "Callable[[Item | None], bool]"
"""Whether an item, or its absence, fulfils a condition."""

_EXISTENCE = re.compile(r"attribute_(not_)?exists\((#\w+)\)")
_COMPARISON = re.compile(r"(#\w+) (=|<) (:\w+)")


def condition(expression: str, names: Mapping[str, str], values: Mapping[str, Value]) -> Condition:
    """Return a condition of comparisons and of ``attribute_exists``.

    Parameters
    ----------
    expression
        Terms with ``AND``, which binds more strongly, and ``OR``, without parentheses around them.
    names, values
        What the names and values in it stand for.

    Raises
    ------
    UnsupportedStatementError
        If it has anything else.
    """
    clauses = [
        [_term(term, names, values) for term in clause.split(" AND ")]
        for clause in expression.split(" OR ")
    ]
    return lambda item: any(all(holds(item or {}) for holds in clause) for clause in clauses)


def _term(
    text: str, names: Mapping[str, str], values: Mapping[str, Value]
) -> Callable[[Item], bool]:
    if match := _EXISTENCE.fullmatch(text):
        is_absent, name = bool(match[1]), names[match[2]]
        return lambda item: (name not in item) == is_absent
    if match := _COMPARISON.fullmatch(text):
        name, value = names[match[1]], values[match[3]]
        if match[2] == "=":
            return lambda item: item.get(name) == value
        return lambda item: is_lower(item.get(name), value)
    raise UnsupportedStatementError(f"this condition is not modelled: {text}")


def is_lower(stored: Value | None, limit: Value) -> bool:
    """Return whether a number is lower; an absent attribute or another type never is."""
    if stored is None or "N" not in stored or "N" not in limit:
        return False
    return Decimal(stored["N"]) < Decimal(limit["N"])

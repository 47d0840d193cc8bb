"""Evaluates condition expressions of ``PutItem``, as far as the handler might come to need them.

Amazon DynamoDB developer guide, "Condition and filter expressions, operators, and functions":
``AND`` binds before ``OR``; a comparison with an attribute that is missing, or of another type, is
false. The handler never writes ``OR`` or parentheses; the model supports them so that such a
mistake is found by its effects.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from tests.support.partiql import UnsupportedStatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.attribute_values import Item, Value

    Condition: TypeAlias = Callable[[Item], bool]

_TOKEN = re.compile(r"\s*([()]|[#:]?\w+|[=<])")


class UnusedNameError(Exception):
    """An attribute name or value without a use, which DynamoDB refuses."""


def condition(
    expression: str, names: Mapping[str, str], values: Mapping[str, Value]
) -> Callable[[Item | None], bool]:
    """Return what decides whether a stored item, or None, meets a condition.

    Parameters
    ----------
    expression
        The condition expression.
    names, values
        What its ``#names`` and ``:values`` stand for.

    Raises
    ------
    UnusedNameError
        If the expression does not use all of them.
    UnsupportedStatementError
        If the expression is not modelled, or uses others.
    """
    parser = _Parser(expression, names, values)
    found = parser.whole()
    unused = {*names, *values} - set(parser.tokens)
    if unused:
        raise UnusedNameError(f"unused in expressions: {sorted(unused)}")
    return lambda item: found(item or {})


class _Parser:
    def __init__(
        self, expression: str, names: Mapping[str, str], values: Mapping[str, Value]
    ) -> None:
        self._expression = expression
        self._names = names
        self._values = values
        self.tokens: list[str] = []
        position, end = 0, len(expression.rstrip())
        while position < end:
            match = _TOKEN.match(expression, position)
            if match is None:
                raise self._unsupported()
            self.tokens.append(match[1])
            position = match.end()
        self._rest = iter([*self.tokens, ""])
        self._token = next(self._rest)

    def whole(self) -> Condition:
        found = self._any()
        if self._token:
            raise self._unsupported()
        return found

    def _any(self) -> Condition:
        found = [self._all()]
        while self._token == "OR":
            self._next()
            found.append(self._all())
        return lambda item: any(each(item) for each in found)

    def _all(self) -> Condition:
        found = [self._term()]
        while self._token == "AND":
            self._next()
            found.append(self._term())
        return lambda item: all(each(item) for each in found)

    def _term(self) -> Condition:
        token = self._next()
        match token:
            case "(":
                found = self._any()
                self._expect(")")
                return found
            case "attribute_exists" | "attribute_not_exists":
                self._expect("(")
                name = self._name(self._next())
                self._expect(")")
                is_demanded = token == "attribute_exists"
                return lambda item: (name in item) == is_demanded
        name, sign, value = self._name(token), self._next(), self._value(self._next())
        match sign:
            case "=":
                return lambda item: item.get(name) == value
            case "<":
                return lambda item: _is_lower(item.get(name), value)
        raise self._unsupported()

    def _next(self) -> str:
        token, self._token = self._token, next(self._rest, "")
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise self._unsupported()

    def _name(self, token: str) -> str:
        if token not in self._names:
            raise self._unsupported()
        return self._names[token]

    def _value(self, token: str) -> Value:
        if token not in self._values:
            raise self._unsupported()
        return self._values[token]

    def _unsupported(self) -> UnsupportedStatementError:
        return UnsupportedStatementError(f"this condition is not modelled: {self._expression}")


def _is_lower(stored: Value | None, limit: Value) -> bool:
    """Return whether both are numbers, and the first is the lower one."""
    if stored is None or "N" not in stored or "N" not in limit:
        return False
    return Decimal(stored["N"]) < Decimal(limit["N"])

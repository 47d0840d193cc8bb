"""Parses the PartiQL statement forms that the handler writes, and no other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<quoted>(?:[^"]|"")+)"
      | '(?P<literal>(?:[^']|'')*)'
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign><=|>=|[?=<{}:,])
    )""",
    re.VERBOSE,
)


class UnsupportedStatementError(BaseException):
    """A statement that is not modelled; not an `Exception`, so that no code under test hides it."""


class MalformedStatementError(Exception):
    """A statement that DynamoDB alone refuses, with a ValidationError."""


@dataclass(frozen=True, kw_only=True)
class Insert:
    """``INSERT INTO "t" VALUE {'name': ?, ...}``: one parameter for each name, in order."""

    table: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Update:
    """``UPDATE "t" SET ... REMOVE ... WHERE "pk" = ? AND "version" < ? AND "projectionId" = ?``.

    One parameter for each name that is set, then the key, the version and the projection's id. The
    handler never writes ``<=`` or ``>=``; the model supports them so that such a mistake is found
    by its effects.
    """

    table: str
    set_names: tuple[str, ...]
    remove_names: tuple[str, ...]
    or_equal: bool
    or_higher_id: bool


@dataclass(frozen=True, kw_only=True)
class Complete:
    """An ``UPDATE "t" SET ... WHERE`` that is limited to an item of the history without a hash.

    The condition: ``"pk" = ? AND "version" = ? AND "revisionState" = ? AND "hash" IS MISSING``. One
    parameter for each name that is set, then the key, the version and the state.
    """

    table: str
    set_names: tuple[str, ...]


Statement = Insert | Update | Complete


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise UnsupportedStatementError(f"no token at {position} of: {text}")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind]))
            position = match.end()
        self.position = 0

    def next(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            raise UnsupportedStatementError(f"ends too early: {self.text}")
        self.position += 1
        return self.tokens[self.position - 1]

    def keyword(self, *words: str) -> None:
        for word in words:
            kind, value = self.next()
            if kind != "word" or value.upper() != word:
                raise UnsupportedStatementError(f"expected {word}, found {value}: {self.text}")

    def at(self, *expected: str) -> bool:
        if self.position == len(self.tokens):
            return False
        kind, value = self.tokens[self.position]
        return kind in {"word", "sign"} and value.upper() in expected

    def sign(self, *signs: str) -> None:
        for expected in signs:
            kind, value = self.next()
            if kind != "sign" or value != expected:
                raise UnsupportedStatementError(f"expected {expected}, found {value}: {self.text}")

    def name(self) -> str:
        kind, value = self.next()
        if kind == "quoted":
            return value.replace('""', '"')
        if kind == "word":
            return value
        raise UnsupportedStatementError(f"expected a name, found {value}: {self.text}")

    def literal(self) -> str:
        kind, value = self.next()
        if kind != "literal":
            raise UnsupportedStatementError(f"expected '...', found {value}: {self.text}")
        return value.replace("''", "'")

    def end(self) -> None:
        if self.position != len(self.tokens):
            raise UnsupportedStatementError(f"more than one statement form: {self.text}")


@lru_cache(maxsize=4096)
def parse(text: str) -> Statement:
    """Read one statement.

    Parameters
    ----------
    text
        PartiQL text with ``?`` for every value.

    Raises
    ------
    UnsupportedStatementError
        For any form but those above.
    MalformedStatementError
        For one that names the same attribute twice.
    """
    tokens = _Tokens(text)
    if tokens.at("INSERT"):
        return _insert(tokens)
    if tokens.at("UPDATE"):
        return _update(tokens)
    raise UnsupportedStatementError(f"neither INSERT nor UPDATE: {text}")


def _insert(tokens: _Tokens) -> Insert:
    tokens.keyword("INSERT", "INTO")
    table = tokens.name()
    tokens.keyword("VALUE")
    tokens.sign("{")
    names = []
    while True:
        names.append(tokens.literal())
        tokens.sign(":", "?")
        if not tokens.at(","):
            break
        tokens.sign(",")
    tokens.sign("}")
    tokens.end()
    return Insert(table=table, names=_distinct(names))


def _update(tokens: _Tokens) -> Update | Complete:
    tokens.keyword("UPDATE")
    table = tokens.name()
    set_names: list[str] = []
    remove_names: list[str] = []
    while tokens.at("SET"):
        tokens.keyword("SET")
        while True:
            set_names.append(tokens.name())
            tokens.sign("=", "?")
            if not tokens.at(","):
                break
            tokens.sign(",")
    while tokens.at("REMOVE"):
        # DynamoDB reads one path after each REMOVE: a list with commas is "not well formed" there.
        tokens.keyword("REMOVE")
        remove_names.append(tokens.name())
    tokens.keyword("WHERE")
    if tokens.name() != "pk":
        raise UnsupportedStatementError(f"the key is not named first in WHERE: {tokens.text}")
    tokens.sign("=", "?")
    tokens.keyword("AND")
    if tokens.name() != "version":
        raise UnsupportedStatementError(f"the condition is not on version: {tokens.text}")
    if tokens.at("="):
        return _complete(tokens, table, set_names, remove_names)
    or_equal = tokens.at("<=")
    tokens.sign("<=" if or_equal else "<", "?")
    tokens.keyword("AND")
    if tokens.name() != "projectionId":
        raise UnsupportedStatementError(f"the last condition is another: {tokens.text}")
    or_higher_id = tokens.at(">=")
    tokens.sign(">=" if or_higher_id else "=", "?")
    tokens.end()
    if not set_names:
        raise UnsupportedStatementError(f"sets nothing: {tokens.text}")
    _distinct(set_names + remove_names)
    return Update(
        table=table,
        set_names=tuple(set_names),
        remove_names=tuple(remove_names),
        or_equal=or_equal,
        or_higher_id=or_higher_id,
    )


def _complete(
    tokens: _Tokens, table: str, set_names: list[str], remove_names: list[str]
) -> Complete:
    """Read the rest of the form of the history table."""
    tokens.sign("=", "?")
    tokens.keyword("AND")
    if tokens.name() != "revisionState":
        raise UnsupportedStatementError(f"the condition is not on revisionState: {tokens.text}")
    tokens.sign("=", "?")
    tokens.keyword("AND")
    if tokens.name() != "hash":
        raise UnsupportedStatementError(f"the last condition is another: {tokens.text}")
    tokens.keyword("IS", "MISSING")
    tokens.end()
    if not set_names or remove_names:
        raise UnsupportedStatementError(f"sets nothing, or removes something: {tokens.text}")
    return Complete(table=table, set_names=_distinct(set_names))


def _distinct(names: list[str]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise MalformedStatementError("Two document paths overlap with each other")
    return tuple(names)

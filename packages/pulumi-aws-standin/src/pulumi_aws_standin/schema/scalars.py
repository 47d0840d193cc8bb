"""Types of single values: strings, integers, booleans, policy documents, archives."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from pulumi_aws_standin.policies import canonical_policy, parse_policy
from pulumi_aws_standin.schema.base import Problem, Type, mismatch
from pulumi_aws_standin.wire import Archive, contains_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, kw_only=True)
class String(Type):
    """A string. An empty one means the same as an absent one.

    Attributes
    ----------
    values
        The accepted values; empty for all.
    pattern
        A regular expression that the whole string must match.
    meaning
        Returns one string for all with the same meaning; raises ValueError for a string without a
        meaning.
    """

    values: tuple[str, ...] = ()
    pattern: str | None = None
    meaning: Callable[[str], str] | None = None

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield mismatch(path, "a string", value)
            return
        if self.values and value not in self.values:
            yield Problem(path, f"must be one of {', '.join(self.values)}")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            yield Problem(path, f"must match {self.pattern}")
        if self.meaning is not None:
            try:
                self.meaning(value)
            except ValueError as error:
                yield Problem(path, str(error))

    @override
    def canonical(self, value: object) -> object:
        text = str(value)
        if text == "":
            return None
        return text if self.meaning is None else self.meaning(text)


@dataclass(frozen=True, kw_only=True)
class Integer(Type):
    """An integer.

    Attributes
    ----------
    minimum, maximum
        The range, inclusive.
    also
        Accepted values outside the range, for example -1 for no limit.
    values
        The accepted values; empty for all in the range.
    multiple
        Divisor of the accepted values in the range.
    """

    minimum: int = 0
    maximum: int = 2**53
    also: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    multiple: int = 1

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield mismatch(path, "an integer", value)
        elif self.values:
            if value not in self.values:
                yield Problem(path, f"must be one of {', '.join(map(str, self.values))}")
        elif value not in self.also and not self.minimum <= value <= self.maximum:
            yield Problem(path, f"must be from {self.minimum} to {self.maximum}{self._extra}")
        elif value not in self.also and value % self.multiple:
            yield Problem(path, f"must be a multiple of {self.multiple}{self._extra}")

    @property
    def _extra(self) -> str:
        return "".join(f" or {number}" for number in self.also)


@dataclass(frozen=True, kw_only=True)
class Number(Type):
    """A number, with or without a fraction."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield mismatch(path, "a number", value)


@dataclass(frozen=True, kw_only=True)
class JsonObject(Type):
    """The text of a JSON object, compared by meaning."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield mismatch(path, "the text of a JSON object", value)
            return
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            yield Problem(path, "is not the text of a JSON object")

    @override
    def canonical(self, value: object) -> object:
        try:
            return json.dumps(json.loads(str(value)), sort_keys=True)
        except ValueError:
            return value  # the emulator holds any text that another program gave it


@dataclass(frozen=True, kw_only=True)
class Boolean(Type):
    """A boolean."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, bool):
            yield mismatch(path, "a boolean", value)


@dataclass(frozen=True, kw_only=True)
class Policy(Type):
    """An IAM policy document, as JSON text or as an object."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, (str, dict)):
            yield mismatch(path, "a policy document", value)
            return
        if contains_unknown(value):
            return
        try:
            parse_policy(policy_text(value))
        except ValueError:
            yield Problem(path, "is not the JSON of a policy document")

    @override
    def canonical(self, value: object) -> object:
        return canonical_policy(policy_text(value))


def policy_text(value: object) -> str:
    """Return the JSON text of a policy document that may be given as an object."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, kw_only=True)
class Code(Type):
    """An archive, compared by its hash."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, Archive):
            yield mismatch(path, "an archive", value)

    @override
    def canonical(self, value: object) -> object:
        return value.hash if isinstance(value, Archive) else value

"""Base class of the types of properties."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_aws_standin.wire import Unknown, contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Problem:
    """The reason why an input is refused.

    Attributes
    ----------
    path
        The property with its parents, such as `kinesisConfiguration.streamArn`.
    reason
        One sentence.
    """

    path: str
    reason: str


class ChangeKind(enum.Enum):
    """The kind of a property's change between two deployments."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between old and new inputs.

    Attributes
    ----------
    path
        The property, with its parents.
    kind
        Whether the property is new, gone or different.
    replaces
        Whether the change requires a new resource.
    """

    path: str
    kind: ChangeKind
    replaces: bool


class Type(ABC):
    """The type of a property."""

    @abstractmethod
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield the problems of a known, present value."""

    def complete(self, value: object) -> object:
        """Return the value with the defaults of its parts filled in."""
        return value

    def canonical(self, value: object) -> object:
        """Return one value for all with the same meaning; None for those equivalent to absent.

        Default: every value has a different meaning.
        """
        return value

    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
        """Yield the differences between two values, either of which may be absent (None)."""
        if same(self, old, new):
            return
        if _is_absent(self, old):
            kind = ChangeKind.ADD
        elif _is_absent(self, new):
            kind = ChangeKind.DELETE
        else:
            kind = ChangeKind.UPDATE
        yield Change(path=path, kind=kind, replaces=replaces)


def same(kind: Type, left: object, right: object) -> bool:
    """Return whether two values mean the same; an unknown value differs from every other."""
    if contains_unknown(left) or contains_unknown(right):
        return False
    return canonical(kind, left) == canonical(kind, right)


def canonical(kind: Type, value: object) -> object:
    """Return `Type.canonical` of a value that may be absent."""
    return None if value is None else kind.canonical(value)


def check_value(kind: Type, path: str, value: object) -> Iterator[Problem]:
    """Yield the problems of a value; an absent or unknown one has none."""
    if value is not None and not isinstance(value, Unknown):
        yield from kind.problems(path, value)


def mismatch(path: str, expected: str, value: object) -> Problem:
    """Return the problem of a value whose type is not the declared one.

    Parameters
    ----------
    path
        The property.
    expected
        The declared type, with its article.
    value
        The program's value.
    """
    match value:
        case bool():
            found = "a boolean"
        case int():
            found = "an integer"
        case float():
            found = f"the number {value}"
        case str():
            found = "a string"
        case list():
            found = "a list"
        case dict():
            found = "an object"
        case _:
            found = type(value).__name__.lower()
    return Problem(path, f"expected {expected}, got {found}")


def _is_absent(kind: Type, value: object) -> bool:
    return not contains_unknown(value) and canonical(kind, value) is None

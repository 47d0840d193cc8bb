"""Declared properties of resources: what is admitted, filled in, and counts as a change."""

from __future__ import annotations

import enum
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_aws_standin.policies import canonical_policy, parse_policy
from pulumi_aws_standin.wire import UNKNOWN, Archive, Unknown, contains_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pulumi_aws_standin.autoname import Autoname


@dataclass(frozen=True)
class Problem:
    """Why an input is refused.

    Attributes
    ----------
    path
        The property, with its parents: `kinesisConfiguration.streamArn`.
    reason
        One sentence.
    """

    path: str
    reason: str


class ChangeKind(enum.Enum):
    """What happens to a property between two deployments."""

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
        Whether the service can change it only by a new resource.
    """

    path: str
    kind: ChangeKind
    replaces: bool


class Type(ABC):
    """What a property's value may be."""

    @abstractmethod
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield why a known, present value is refused."""

    def complete(self, value: object) -> object:
        """Return the value with the defaults of its parts filled in."""
        return value

    @abstractmethod
    def canonical(self, value: object) -> object:
        """Return one value for all that mean the same; None for what means as much as absent."""

    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
        """Yield the differences between two values, either of which may be absent (None)."""
        if same(self, old, new):
            return
        if is_absent(self, old):
            kind = ChangeKind.ADD
        elif is_absent(self, new):
            kind = ChangeKind.DELETE
        else:
            kind = ChangeKind.UPDATE
        yield Change(path=path, kind=kind, replaces=replaces)


def same(kind: Type, left: object, right: object) -> bool:
    """Tell whether two values mean the same. An unknown value is like no other."""
    if contains_unknown(left) or contains_unknown(right):
        return False
    return _canonical(kind, left) == _canonical(kind, right)


def is_absent(kind: Type, value: object) -> bool:
    """Tell whether a value means as much as none."""
    return not contains_unknown(value) and _canonical(kind, value) is None


def _canonical(kind: Type, value: object) -> object:
    return None if value is None else kind.canonical(value)


def check_value(kind: Type, path: str, value: object) -> Iterator[Problem]:
    """Yield why a value is refused; an absent or unknown one is not."""
    if value is not None and not isinstance(value, Unknown):
        yield from kind.problems(path, value)


@dataclass(frozen=True, kw_only=True)
class Text(Type):
    """A string.

    Attributes
    ----------
    values
        The admitted values; empty for all.
    pattern
        A regular expression that the whole string must match.
    meaning
        Returns one text for all that mean the same; raises ValueError where a text means none.
    """

    values: tuple[str, ...] = ()
    pattern: str | None = None
    meaning: Callable[[str], str] | None = None

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, str):
            yield Problem(path, f"a string is needed, not {_kind(value)}")
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

    def canonical(self, value: object) -> object:
        """See the base class."""
        text = str(value)
        if text == "":
            return None
        return text if self.meaning is None else self.meaning(text)


@dataclass(frozen=True, kw_only=True)
class Whole(Type):
    """An integer.

    Attributes
    ----------
    minimum, maximum
        The range, both ends included.
    also
        Admitted values outside the range, for example -1 for no limit.
    values
        The admitted values; empty for all in the range.
    """

    minimum: int = 0
    maximum: int = 2**53
    also: tuple[int, ...] = ()
    values: tuple[int, ...] = ()

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(path, f"a whole number is needed, not {_kind(value)}")
        elif self.values:
            if value not in self.values:
                yield Problem(path, f"must be one of {', '.join(map(str, self.values))}")
        elif value not in self.also and not self.minimum <= value <= self.maximum:
            extra = "".join(f" or {number}" for number in self.also)
            yield Problem(path, f"must be from {self.minimum} to {self.maximum}{extra}")

    def canonical(self, value: object) -> object:
        """See the base class."""
        return value


@dataclass(frozen=True, kw_only=True)
class Flag(Type):
    """A boolean."""

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, bool):
            yield Problem(path, f"true or false is needed, not {_kind(value)}")

    def canonical(self, value: object) -> object:
        """See the base class."""
        return value


@dataclass(frozen=True, kw_only=True)
class Policy(Type):
    """An IAM policy document, as JSON text or as an object."""

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, (str, dict)):
            yield Problem(path, f"a policy document is needed, not {_kind(value)}")
            return
        if contains_unknown(value):
            return
        try:
            parse_policy(policy_text(value))
        except ValueError:
            yield Problem(path, "is not the JSON of a policy document")

    def canonical(self, value: object) -> object:
        """See the base class."""
        return canonical_policy(policy_text(value))


def policy_text(value: object) -> str:
    """Return the JSON text of a policy document that may be given as an object."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, kw_only=True)
class Code(Type):
    """An archive, compared by its hash."""

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, Archive):
            yield Problem(path, f"an archive is needed, not {_kind(value)}")

    def canonical(self, value: object) -> object:
        """See the base class."""
        return value.hash if isinstance(value, Archive) else value


@dataclass(frozen=True, kw_only=True)
class TextMap(Type):
    """Strings by name."""

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, dict):
            yield Problem(path, f"strings by name are needed, not {_kind(value)}")
            return
        for name, member in value.items():
            if not isinstance(member, (str, Unknown)):
                yield Problem(f"{path}.{name}", f"a string is needed, not {_kind(member)}")

    def canonical(self, value: object) -> object:
        """See the base class."""
        return value or None

    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
        """See the base class."""
        if not isinstance(old, dict) or not isinstance(new, dict) or not old or not new:
            yield from super().changes(path, old, new, replaces=replaces)
            return
        for name in sorted({*old, *new}):
            yield from Text().changes(
                f"{path}.{name}", old.get(name), new.get(name), replaces=replaces
            )


@dataclass(frozen=True, kw_only=True)
class ListOf(Type):
    """Several values of one type.

    Attributes
    ----------
    item
        The type of each.
    ordered
        Whether their order has a meaning.
    minimum
        The least number of them.
    """

    item: Type
    ordered: bool = True
    minimum: int = 0

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, list):
            yield Problem(path, f"a list is needed, not {_kind(value)}")
            return
        if len(value) < self.minimum:
            yield Problem(path, f"at least {self.minimum} needed")
        for index, member in enumerate(value):
            yield from check_value(self.item, f"{path}[{index}]", member)

    def complete(self, value: object) -> object:
        """See the base class."""
        if not isinstance(value, list):
            return value
        return [member if member is UNKNOWN else self.item.complete(member) for member in value]

    def canonical(self, value: object) -> object:
        """See the base class."""
        members = [_canonical(self.item, member) for member in _list(value)]
        if not self.ordered:
            members.sort(key=lambda member: json.dumps(member, sort_keys=True))
        return members or None


@dataclass(frozen=True, kw_only=True)
class Property:
    """An input of a resource, or of an object within it.

    Attributes
    ----------
    name
        As in the wire schema: camel case.
    type
        What it may be.
    required
        Whether the program must give it.
    default
        What is filled in where the program gives none: the AWS provider's default, or what AWS
        does where that provider leaves it open.
    force_new
        Whether the service can change it only by a new resource.
    autoname
        How the value is made where the program gives none.
    """

    name: str
    type: Type
    required: bool = False
    default: object = None
    force_new: bool = False
    autoname: Autoname | None = None


@dataclass(frozen=True, kw_only=True)
class Record(Type):
    """An object with declared properties.

    Attributes
    ----------
    properties
        All that it may have.
    meaning
        Returns one object for all that mean the same. Default: without the absent properties.
    """

    properties: tuple[Property, ...]
    meaning: Callable[[dict[str, object]], dict[str, object]] | None = None

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """See the base class."""
        if not isinstance(value, dict):
            yield Problem(path, f"an object is needed, not {_kind(value)}")
            return
        yield from record_problems(self.properties, value, f"{path}.")

    def complete(self, value: object) -> object:
        """See the base class."""
        return completed(self.properties, value) if isinstance(value, dict) else value

    def canonical(self, value: object) -> object:
        """See the base class."""
        given = completed(self.properties, _dict(value))
        if self.meaning is not None:
            given = self.meaning(given)
        result = {
            declared.name: meaning
            for declared in self.properties
            if (meaning := _canonical(declared.type, given.get(declared.name))) is not None
        }
        return result or None

    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
        """See the base class."""
        if same(self, old, new):
            return
        if not isinstance(old, dict) or not isinstance(new, dict) or self.meaning is not None:
            inner = any(declared.force_new for declared in self.properties)
            yield from super().changes(path, old, new, replaces=replaces or inner)
            return
        for declared in self.properties:
            yield from declared.type.changes(
                f"{path}.{declared.name}",
                old.get(declared.name),
                new.get(declared.name),
                replaces=replaces or declared.force_new,
            )


def record_problems(
    properties: Iterable[Property], values: Mapping[str, object], prefix: str = ""
) -> Iterator[Problem]:
    """Yield why an object is refused: unknown, missing or wrong properties.

    Parameters
    ----------
    properties
        All that the object may have.
    values
        What it has.
    prefix
        Of the property's path, for example `destinationConfig.`.
    """
    declared = {known.name: known for known in properties}
    for name in values:
        if name not in declared:
            yield Problem(
                f"{prefix}{name}", "is not a property that the stand-in AWS provider implements"
            )
    for name, known in declared.items():
        value = values.get(name)
        if value is None and known.required:
            yield Problem(f"{prefix}{name}", "is required and missing")
        yield from check_value(known.type, f"{prefix}{name}", value)


def completed(properties: Iterable[Property], values: Mapping[str, object]) -> dict[str, object]:
    """Return an object with the defaults of its properties filled in, at every depth."""
    result = {name: value for name, value in values.items() if value is not None}
    for known in properties:
        value = result.get(known.name)
        if value is None and known.default is not None:
            value = known.default
        if value is not None:
            result[known.name] = value if value is UNKNOWN else known.type.complete(value)
    return result


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _kind(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return f"the number {value}" if not isinstance(value, int) else "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(value).__name__.lower()

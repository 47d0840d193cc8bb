"""Types of values with members: maps, lists and objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from pulumi_aws_standin.schema.base import Problem, Type, canonical, check_value, mismatch, same
from pulumi_aws_standin.schema.scalars import String
from pulumi_aws_standin.values import as_object
from pulumi_aws_standin.wire import UNKNOWN, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pulumi_aws_standin.autoname import Autoname
    from pulumi_aws_standin.schema.base import Change


class _Member(String):
    """A string in a map, where an empty one is not the same as an absent one."""

    @override
    def canonical(self, value: object) -> object:
        return value


@dataclass(frozen=True, kw_only=True)
class StringMap(Type):
    """A map of strings. An empty one means the same as an absent one."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield mismatch(path, "a map of strings", value)
            return
        for name, member in value.items():
            if not isinstance(member, (str, Unknown)):
                yield mismatch(f"{path}.{name}", "a string", member)

    @override
    def canonical(self, value: object) -> object:
        return value or None

    @override
    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
        if not isinstance(old, dict) or not isinstance(new, dict) or not old or not new:
            yield from super().changes(path, old, new, replaces=replaces)
            return
        for name in sorted({*old, *new}):
            yield from _Member().changes(
                f"{path}.{name}", old.get(name), new.get(name), replaces=replaces
            )


@dataclass(frozen=True, kw_only=True)
class ListOf(Type):
    """A list. An empty one means the same as an absent one.

    Attributes
    ----------
    item
        Type of the members.
    ordered
        Whether the order of the members matters.
    minimum, maximum
        Limits on the number of members; no upper one if `maximum` is None.
    """

    item: Type
    ordered: bool = True
    minimum: int = 0
    maximum: int | None = None

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield mismatch(path, "a list", value)
            return
        if len(value) < self.minimum:
            yield Problem(path, f"expected at least {self.minimum}, got {len(value)}")
        if self.maximum is not None and len(value) > self.maximum:
            yield Problem(path, f"expected at most {self.maximum}, got {len(value)}")
        for index, member in enumerate(value):
            yield from check_value(self.item, f"{path}[{index}]", member)

    @override
    def complete(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [member if member is UNKNOWN else self.item.complete(member) for member in value]

    @override
    def canonical(self, value: object) -> object:
        given = value if isinstance(value, list) else []
        members = [canonical(self.item, member) for member in given]
        if not self.ordered:
            members.sort(key=lambda member: json.dumps(member, sort_keys=True))
        return members or None


@dataclass(frozen=True, kw_only=True)
class Property:
    """An input of a resource, or of an object within it.

    Attributes
    ----------
    name
        Name in the provider's schema, in camel case.
    type
        Type of the values.
    required
        Whether the program must set it.
    default
        The value if the program sets none: the AWS provider's default, or AWS's own if the provider
        has none.
    force_new
        Whether a change requires a new resource.
    autoname
        Rule for the generated name if the program sets none.
    sticky
        Whether the resource keeps its value when the program no longer sets one, and whatever the
        service chose when it never did ("optional and computed" in the AWS provider's schema).
    """

    name: str
    type: Type
    required: bool = False
    default: object = None
    force_new: bool = False
    autoname: Autoname | None = None
    sticky: bool = False

    def keeps(self, value: object) -> bool:
        """Return whether the resource keeps its own value, given the program's."""
        return self.sticky and value in (None, [])


@dataclass(frozen=True, kw_only=True)
class Object(Type):
    """An object with declared properties. An empty one means the same as an absent one.

    Attributes
    ----------
    properties
        The accepted properties.
    meaning
        Returns one object for all with the same meaning. Default: without the absent properties.
    """

    properties: tuple[Property, ...]
    meaning: Callable[[dict[str, object]], dict[str, object]] | None = None

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield mismatch(path, "an object", value)
            return
        yield from object_problems(self.properties, value, f"{path}.")

    @override
    def complete(self, value: object) -> object:
        return completed(self.properties, value) if isinstance(value, dict) else value

    @override
    def canonical(self, value: object) -> object:
        given = completed(self.properties, as_object(value))
        if self.meaning is not None:
            given = self.meaning(given)
        members = {
            declared.name: canonical(declared.type, given.get(declared.name))
            for declared in self.properties
        }
        return {name: member for name, member in members.items() if member is not None} or None

    @override
    def changes(self, path: str, old: object, new: object, *, replaces: bool) -> Iterator[Change]:
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


def object_problems(
    properties: Iterable[Property], values: Mapping[str, object], prefix: str = ""
) -> Iterator[Problem]:
    """Yield the problems of an object: unknown, missing or wrong properties.

    Parameters
    ----------
    properties
        The accepted properties.
    values
        The values of the object.
    prefix
        Prefix of the properties' paths, for example `destinationConfig.`.
    """
    accepted = {declared.name: declared for declared in properties}
    for name in values:
        if name not in accepted:
            yield Problem(
                f"{prefix}{name}", "the stand-in AWS provider does not implement this property"
            )
    for name, declared in accepted.items():
        value = values.get(name)
        if value is None and declared.required:
            yield Problem(f"{prefix}{name}", "is required and missing")
        yield from check_value(declared.type, f"{prefix}{name}", value)


def completed(properties: Iterable[Property], values: Mapping[str, object]) -> dict[str, object]:
    """Return an object with the defaults of its properties filled in, at every depth."""
    result = {name: value for name, value in values.items() if value is not None}
    for declared in properties:
        value = result.get(declared.name)
        if value is None:
            value = declared.default
        if value is not None:
            result[declared.name] = value if value is UNKNOWN else declared.type.complete(value)
    return result

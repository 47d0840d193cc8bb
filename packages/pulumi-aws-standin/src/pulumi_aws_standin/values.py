"""Converts property values, which are `object`, to arguments of API calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_string(value: object) -> str:
    """Return a string property that the schema requires."""
    return cast("str", value)


def as_integer(value: object) -> int:
    """Return an integer property that the schema requires."""
    return cast("int", value)


def as_boolean(value: object) -> bool:
    """Return a boolean property; absent counts as false."""
    return bool(value)


def as_object(value: object) -> dict[str, object]:
    """Return an object property; absent or unknown counts as empty."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def as_objects(value: object) -> list[dict[str, object]]:
    """Return a property that is a list of objects; absent or unknown counts as empty."""
    return cast("list[dict[str, object]]", value) if isinstance(value, list) else []


def as_strings(value: object) -> list[str]:
    """Return a property that is a list of strings; absent counts as empty."""
    return cast("list[str]", value or [])


def present(values: Mapping[str, object]) -> dict[str, Any]:
    """Return the arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}

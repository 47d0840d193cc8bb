"""Small helpers between property values, which are `object`, and the arguments of API calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def text(value: object) -> str:
    """Return a string property that the schema requires."""
    return cast("str", value)


def number(value: object) -> int:
    """Return an integer property that the schema requires."""
    return cast("int", value)


def flag(value: object) -> bool:
    """Return a boolean property; absent counts as false."""
    return bool(value)


def record(value: object) -> dict[str, object]:
    """Return an object property; absent or unknown counts as empty."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def records(value: object) -> list[dict[str, object]]:
    """Return a property that is a list of objects; absent or unknown counts as empty."""
    return cast("list[dict[str, object]]", value) if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return a property that is a list of strings; absent counts as empty."""
    return cast("list[str]", value or [])


def tag_map(value: object) -> dict[str, str]:
    """Return a resource's tags; absent counts as none."""
    return cast("dict[str, str]", value or {})


def present(values: Mapping[str, object]) -> dict[str, Any]:
    """Return only what is not None: the arguments of an API call."""
    return {name: value for name, value in values.items() if value is not None}


def key_value_tags(tags: Mapping[str, str]) -> list[Any]:
    """Return tags in the form that IAM, S3 and DynamoDB want."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return a service's answer about tags without those that AWS itself sets."""
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def listed_tags(tags: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return tags that a service lists as Key and Value, without those that AWS itself sets."""
    return own_tags({str(tag["Key"]): str(tag.get("Value", "")) for tag in tags})


def removed(before: object, after: object) -> list[str]:
    """Return the names of the tags that are to go."""
    return sorted(set(tag_map(before)) - set(tag_map(after)))

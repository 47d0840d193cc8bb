"""Tags of ledgers and streams, within the limits of QLDB's API model.

According to the model's text, TagResource fails for a key that the resource already has. Here it
replaces the value, as the AWS provider for Terraform (and so for Pulumi) expects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qldb_simulator.api_errors import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TAGS: Final = 50
"""Tags of one resource, and keys of one UntagResource request (texts of both operations)."""

_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256


def read_tags(tags: object) -> dict[str, str]:
    """Return a request's tags; a value of null counts as empty.

    Raises
    ------
    ApiError
        If they are not a map within the limits.
    """
    if not isinstance(tags, dict):
        raise invalid("Tags", "expected a map")
    _check_count("Tags", len(tags))
    for key, value in tags.items():
        _check_key("Tags", key)
        if value is not None and (not isinstance(value, str) or len(value) > _MAX_VALUE):
            raise invalid("Tags", f"expected values of at most {_MAX_VALUE} characters")
    return {key: value or "" for key, value in tags.items()}


def merge_tags(present: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """Return a resource's tags after TagResource.

    Raises
    ------
    ApiError
        If the resource would have too many.
    """
    merged = present | new
    _check_count("Tags", len(merged))
    return merged


def check_tag_keys(keys: Sequence[str]) -> None:
    """Check the keys of an UntagResource request.

    Raises
    ------
    ApiError
        If there are too many, or one is not a tag's key.
    """
    _check_count("TagKeys", len(keys))
    for key in keys:
        _check_key("TagKeys", key)


def _check_count(parameter: str, count: int) -> None:
    if count > MAX_TAGS:
        raise invalid(parameter, f"expected at most {MAX_TAGS} tags of a resource, not {count}")


def _check_key(parameter: str, key: str) -> None:
    if not 1 <= len(key) <= _MAX_KEY:
        raise invalid(parameter, f"expected keys of 1 to {_MAX_KEY} characters")

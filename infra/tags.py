"""The tags that every resource carries."""

from __future__ import annotations

import re
from typing import Annotated

import pulumi
from pydantic import AfterValidator, Field

from infra.section import Explained, FromJson, Section

OWN_TAGS = ("project", "stack")

MAX_TAGS = 50
"""Tagging AWS Resources user guide, "Tag naming limits and requirements"."""

_KEY = re.compile(r"(?!(?i:aws):)[\w .:/=+\-@]{1,128}")
_VALUE = re.compile(r"[\w .:/=+\-@]{0,256}")


def _checked_key(key: str) -> str:
    if key.lower() in OWN_TAGS:
        raise Explained(f"has the key {key!r}, which this program sets itself; choose another")
    if not _KEY.fullmatch(key):
        raise Explained(
            f"has the key {key!r}; expected 1 to 128 letters, digits, spaces or _.:/=+-@, not "
            "starting with aws:"
        )
    return key


def _checked_value(value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise Explained(f"is {value!r}; expected at most 256 letters, digits, spaces or _.:/=+-@")
    return value


def _distinct(tags: dict[str, str]) -> dict[str, str]:
    # IAM does not distinguish the case of keys (IAM user guide, 'Rules for tagging in IAM and AWS
    # STS'): it would refuse such tags after half of the stack exists.
    seen: dict[str, str] = {}
    for key in tags:
        former = seen.setdefault(key.lower(), key)
        if former != key:
            raise Explained(f"has the keys {former!r} and {key!r}, which IAM takes for one")
    return tags


class TagsSettings(Section):
    """The setting ``tags``.

    Attributes
    ----------
    tags
        Tag values by key, for every resource that supports tags.
    """

    tags: Annotated[
        dict[
            Annotated[str, AfterValidator(_checked_key)],
            Annotated[str, AfterValidator(_checked_value), Field(description="a string")],
        ],
        FromJson,
        AfterValidator(_distinct),
        Field(
            max_length=MAX_TAGS - len(OWN_TAGS),
            description=f"a map of at most {MAX_TAGS - len(OWN_TAGS)} tag keys to values, such as "
            "`owner: team-a` (pulumi config set --path tags.owner team-a)",
        ),
    ]


def stack_tags(settings: TagsSettings) -> dict[str, str]:
    """Return the tags of every resource: the user's, the project and the stack."""
    own = dict(zip(OWN_TAGS, (pulumi.get_project(), pulumi.get_stack()), strict=True))
    return {**settings.tags, **own}

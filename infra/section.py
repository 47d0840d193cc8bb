"""Base class of the sections of a stack's settings, with error messages in plain words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails


class Section(BaseModel):
    """The settings of one component, or of one entry of a setting that is a list.

    A field's name in camel case is the setting's name. A field's type and its ``Field`` define what
    is allowed: bounds, choices, or a pattern with a description. Defaults are in Pulumi.yaml; a
    field has one only if the setting may be absent.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, regex_engine="python-re")


_KEY = "[key]"
"""Ends pydantic's location of an object's key, after the key itself."""

AnySection = TypeVar("AnySection", bound=Section)


def _integer(value: object) -> int:
    if not isinstance(value, str) or str(int(value)) != value:
        raise ValueError
    return int(value)


def _boolean(value: object) -> bool:
    if value not in {"true", "false"}:
        raise ValueError
    return value == "true"


def _parsed(value: object) -> object:
    # A list or an object arrives as JSON text. Other text passes here and fails the type check.
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


FromDigits = BeforeValidator(_integer)
"""Marks an integer, which Pulumi passes as decimal digits."""

Integer = Annotated[int, FromDigits]

Boolean = Annotated[bool, BeforeValidator(_boolean)]
FromJson = BeforeValidator(_parsed)
"""Marks a setting that is a list or an object."""


def read(
    section: type[AnySection],
    values: Mapping[str, str],
    problems: list[str],
    *,
    context: Mapping[str, Any] | None = None,
) -> AnySection | None:
    """Read a section.

    Parameters
    ----------
    section
        The type of the section.
    values
        The text of each setting of the stack; those of other sections are ignored.
    problems
        Receives a sentence for each problem: the setting, its value, what is expected and, where
        useful, the command that fixes it.
    context
        Passed to the fields' validators.

    Returns
    -------
    AnySection or None
        None if there was a problem.
    """
    known = {name: values[name] for name in names(section) if name in values}
    try:
        return section.model_validate(known, context=context)
    except ValidationError as error:
        schema = section.model_json_schema()
        problems.extend(_problem(details, schema, known) for details in error.errors())
        return None


def names(section: type[Section]) -> list[str]:
    """Return the names of a section's settings."""
    return [field.alias or name for name, field in section.model_fields.items()]


def expected(schema: Mapping[str, Any]) -> str:
    """Return what a JSON schema allows, in words: its description if it has one."""
    match schema:
        case {"properties": keys}:
            return f"an object with the keys {', '.join(keys)}"
        case {"description": str(text)}:
            return text
        case {"enum": [*choices]}:
            return either([str(choice) for choice in choices])
        case {"type": "boolean"}:
            return "true or false"
        case {"minimum": lowest, "maximum": highest}:
            return f"an integer from {lowest} to {highest}"
        case {"minimum": lowest}:
            return f"an integer of {lowest} or more"
    raise TypeError("a setting without bounds, choices or a description")


def either(choices: Sequence[str]) -> str:
    """Return choices as part of a sentence, such as ``a, b or c``."""
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _problem(details: ErrorDetails, schema: Mapping[str, Any], values: Mapping[str, str]) -> str:
    location = details["loc"]
    if details["type"] == "extra_forbidden":
        *parent, key = location
        keys = ", ".join(_at(schema, parent)["properties"])
        return f"{_path(parent)} has the unknown key {str(key)!r}; its keys are {keys}"
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, Explained):
        return f"{_path(location)} {cause}"
    found = _at(schema, location)
    if details["type"] == "missing":
        value = "missing"
    elif len(location) > 1:
        value = json.dumps(details["input"])
    else:
        text = values[str(location[0])]
        value = text if found.get("type") in {"array", "object"} else repr(text)
    remedy = _remedy(location, found, details["input"])
    return f"{_path(location)} is {value}; expected {expected(found)}{remedy}"


class Explained(ValueError):  # noqa: N818 (a message for the user, not a failure)
    """A problem of a value, phrased to follow the setting's name."""


def _at(schema: Mapping[str, Any], location: Sequence[int | str]) -> Mapping[str, Any]:
    """Return the part of a section's JSON schema that describes a location."""
    found: Mapping[str, Any] = schema
    for step in location:
        if isinstance(step, int):
            found = found["items"]
        else:
            found = found.get("properties", {}).get(step) or found["additionalProperties"]
        if "anyOf" in found:  # or null
            found = {**found["anyOf"][0], **found}
        if "$ref" in found:
            found = {**schema["$defs"][found["$ref"].rpartition("/")[2]], **found}
    return found


def _path(location: Sequence[int | str]) -> str:
    """Return a location as `pulumi config set --path` takes it."""
    if location[-1:] == (_KEY,):
        location = location[:-2]
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in location]
    return "".join(steps).removeprefix(".")


def _remedy(location: Sequence[int | str], schema: Mapping[str, Any], value: object) -> str:
    """Return the command that sets an example, or the bound that a number exceeds."""
    match schema:
        case {"examples": [example, *_]}:
            pass
        case {"minimum": lowest}:
            example = "N"
            if isinstance(value, int):
                example = lowest if value < lowest else schema["maximum"]
        case {"type": "boolean"}:
            example = "true"
        case _:
            return ""
    path = _path(location)
    option = path if len(location) == 1 else f"--path '{path}'"
    return f": pulumi config set {option} {example}"

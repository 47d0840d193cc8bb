"""The requests of Pulumi's engine that need no service: Check, Diff and previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_aws_standin.autoname import NameTooLongError, physical_name
from pulumi_aws_standin.schema import Change, Problem, completed, object_problems
from pulumi_aws_standin.tags import TAGS, TAGS_ALL
from pulumi_aws_standin.wire import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Resource

DEFAULTS: Final = "__defaults"
"""Key of the inputs that Pulumi, not the program, chose, as in the AWS provider's state."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The answer to Check.

    Attributes
    ----------
    inputs
        The inputs, completed with defaults and names.
    problems
        Reasons why the inputs are refused, if any.
    """

    inputs: dict[str, object]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The answer to Diff.

    Attributes
    ----------
    changes
        Changes by property.
    delete_first
        Whether a replacement would collide with the old resource's name.
    """

    changes: tuple[Change, ...]
    delete_first: bool


def check(
    resource: Resource, *, urn: str, seed: bytes, old: Mapping[str, object], new: Properties
) -> Checked:
    """Return the completed inputs, or why they are refused.

    Parameters
    ----------
    resource
        The resource type.
    urn
        URN of the resource; the last part is its logical name.
    seed
        The engine's random seed for names.
    old
        The inputs of the existing resource; empty if there is none. A name that Pulumi chose stays,
        even if an alias gives the resource another logical name.
    new
        The program's inputs.
    """
    given = {name: value for name, value in new.values.items() if name != DEFAULTS}
    problems: list[Problem] = []
    inputs = completed(resource.properties, given)
    chosen: list[object] = []
    old_chosen = old.get(DEFAULTS)
    for declared in resource.properties:
        if declared.autoname is None or inputs.get(declared.name) is not None:
            continue
        chosen.append(declared.name)
        if isinstance(old_chosen, list) and declared.name in old_chosen:
            inputs[declared.name] = old[declared.name]
            continue
        try:
            inputs[declared.name] = physical_name(
                urn.rsplit("::", 1)[-1], declared.autoname, seed=seed, urn=urn
            )
        except NameTooLongError as error:
            problems.append(Problem(declared.name, str(error)))
    problems += object_problems(resource.properties, inputs)
    if not problems:
        problems += resource.validate(inputs)
    if chosen:
        inputs[DEFAULTS] = chosen
    return Checked(inputs=inputs, problems=tuple(problems))


def diff(resource: Resource, *, old: Mapping[str, object], new: Mapping[str, object]) -> Difference:
    """Return the difference between the inputs of the state and checked new inputs."""
    changes: list[Change] = []
    for declared in resource.properties:
        wanted = new.get(declared.name)
        if not declared.keeps(wanted):
            changes += declared.type.changes(
                declared.name, old.get(declared.name), wanted, replaces=declared.force_new
            )
    changes = resource.counted(changes, old, new)
    chosen = new.get(DEFAULTS)
    renamed = set(chosen) if isinstance(chosen, list) else set()
    renamed |= {change.path for change in changes}
    collides = bool(resource.identity) and renamed.isdisjoint(resource.identity)
    replaces = any(change.replaces for change in changes)
    return Difference(changes=tuple(changes), delete_first=replaces and collides)


def plan_create(resource: Resource, inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the outputs of a creation; those that only the service sets are unknown."""
    outputs: dict[str, object] = {computed.name: UNKNOWN for computed in resource.computed}
    if resource.tagging is not None:
        outputs[TAGS_ALL] = UNKNOWN
    return {**outputs, **without_defaults(inputs)}


def plan_update(
    resource: Resource, inputs: Mapping[str, object], outputs: Mapping[str, object]
) -> dict[str, object]:
    """Return the outputs of an update; those that only the service sets are unknown unless stable.

    Parameters
    ----------
    resource
        The resource type.
    inputs
        The checked new inputs.
    outputs
        The outputs of the state.
    """
    planned = {
        computed.name: outputs.get(computed.name, UNKNOWN) if computed.stable else UNKNOWN
        for computed in resource.computed
    }
    if resource.tagging is not None:
        planned[TAGS_ALL] = inputs.get(TAGS.name) or {}
    return {**planned, **without_defaults(inputs)}


def without_defaults(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return inputs without the key that lists those that Pulumi chose, as in outputs."""
    return {name: value for name, value in inputs.items() if name != DEFAULTS}

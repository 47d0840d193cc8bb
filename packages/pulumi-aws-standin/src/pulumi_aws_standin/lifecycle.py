"""From what resources declare and do to the answers that Pulumi's engine wants.

Whatever an update or a creation reports as done was read back from the service first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pulumi_aws_standin import quirks
from pulumi_aws_standin.autoname import NameTooLongError, physical_name
from pulumi_aws_standin.errors import CALL_ERRORS, ProviderError, describe, missing_is_fine
from pulumi_aws_standin.resource import Changed, Known, Observed
from pulumi_aws_standin.schema import Change, Problem, completed, record_problems, same
from pulumi_aws_standin.tags import TAGS, TAGS_ALL
from pulumi_aws_standin.wire import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Resource
    from pulumi_aws_standin.session import Session
    from pulumi_aws_standin.tags import Tagging

#: Names the inputs that Pulumi and not the program chose, as the AWS provider does in its state.
CHOSEN = "__defaults"


class InitializationError(ProviderError):
    """A resource exists but is not as wanted; it has to stay in Pulumi's state.

    Attributes
    ----------
    identifier
        The resource's id.
    outputs
        Its properties as far as they can be read.
    """

    def __init__(self, message: str, *, identifier: str, outputs: Mapping[str, object]) -> None:
        super().__init__(message)
        self.identifier = identifier
        self.outputs = dict(outputs)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The answer to Check.

    Attributes
    ----------
    inputs
        Complete with defaults and names.
    problems
        Why the inputs are refused; empty if they are not.
    """

    inputs: dict[str, object]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The answer to Diff.

    Attributes
    ----------
    changes
        By property.
    delete_first
        Whether a replacement would collide with the old resource's name.
    """

    changes: tuple[Change, ...]
    delete_first: bool


@dataclass(frozen=True, kw_only=True)
class State:
    """The answer to Create, Update and Read.

    Attributes
    ----------
    identifier
        The resource's id; empty when it does not exist or is only planned.
    inputs
        What a program would have to say to get the resource as it is.
    outputs
        All of its properties.
    """

    identifier: str
    inputs: dict[str, object]
    outputs: dict[str, object]


GONE = State(identifier="", inputs={}, outputs={})


def check(
    resource: Resource, *, urn: str, seed: bytes, old: Mapping[str, object], new: Properties
) -> Checked:
    """Return the completed inputs, or why they are refused.

    Parameters
    ----------
    resource
        The kind of resource.
    urn
        Its URN; the last part is its name in the program.
    seed
        The engine's random seed for names.
    old
        The inputs of the existing resource; empty where there is none.
    new
        What the program says.
    """
    given = {name: value for name, value in new.values.items() if name != CHOSEN}
    problems: list[Problem] = []
    inputs = completed(resource.properties, given)
    chosen: list[object] = []
    old_chosen = old.get(CHOSEN)
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
    problems += record_problems(resource.properties, inputs)
    if not problems:
        problems += resource.validate(inputs)
    if chosen:
        inputs[CHOSEN] = chosen
    return Checked(inputs=inputs, problems=tuple(problems))


def diff(resource: Resource, *, old: Mapping[str, object], new: Mapping[str, object]) -> Difference:
    """Return what differs between the inputs of the state and checked new inputs."""
    changes: list[Change] = []
    for declared in resource.properties:
        changes += declared.type.changes(
            declared.name,
            old.get(declared.name),
            new.get(declared.name),
            replaces=declared.force_new,
        )
    chosen = new.get(CHOSEN)
    renamed = set(chosen) if isinstance(chosen, list) else set()
    renamed |= {change.path for change in changes}
    collides = bool(resource.identity) and renamed.isdisjoint(resource.identity)
    replaces = any(change.replaces for change in changes)
    return Difference(changes=tuple(changes), delete_first=replaces and collides)


def plan_create(resource: Resource, inputs: Mapping[str, object]) -> State:
    """Return what a creation will give, with the service's own properties unknown."""
    outputs: dict[str, object] = dict.fromkeys(_computed_names(resource), UNKNOWN)
    if resource.tagging is not None:
        outputs[TAGS_ALL] = UNKNOWN
    return State(identifier="", inputs=dict(inputs), outputs={**outputs, **_public(inputs)})


def plan_update(
    resource: Resource, inputs: Mapping[str, object], outputs: Mapping[str, object]
) -> State:
    """Return what an update will give; of the service's own properties it knows the stable ones."""
    kept = {name: outputs.get(name, UNKNOWN) for name in _computed_names(resource, stable=True)}
    kept |= dict.fromkeys(_computed_names(resource, stable=False), UNKNOWN)
    if resource.tagging is not None:
        kept[TAGS_ALL] = inputs.get(TAGS.name) or {}
    return State(identifier="", inputs=dict(inputs), outputs={**kept, **_public(inputs)})


def create(resource: Resource, session: Session, inputs: Mapping[str, object]) -> State:
    """Create a resource and return it as the service then describes it.

    Raises
    ------
    ProviderError
        Nothing was created.
    InitializationError
        It was created, but is not as wanted.
    """
    identifier = resource.create(session, inputs)
    known = Known(inputs=inputs)
    try:
        observed = _settled(resource, session, identifier, known)
        names = {
            declared.name
            for declared in resource.properties
            if _differs(resource, observed, inputs, declared.name)
        }
        if names:
            _apply(resource, session, identifier, observed, wanted=inputs, names=names)
            observed = _settled(resource, session, identifier, known)
        _verify(resource, observed, inputs)
    except (ProviderError, *CALL_ERRORS) as error:
        raise _initialization_error(resource, session, identifier, known, error) from error
    return _state(resource, session, identifier, observed, inputs)


def update(
    resource: Resource, session: Session, identifier: str, *, old: Known, new: Mapping[str, object]
) -> State:
    """Apply new inputs to a resource and return it as the service then describes it.

    What to apply follows from what the service has, not from Pulumi's state alone, so that an
    update after a failure or a drift ends at what is wanted.

    Raises
    ------
    InitializationError
        The resource exists, but is not as wanted.
    """
    known = Known(inputs=new, outputs=old.outputs)
    try:
        observed = _settled(resource, session, identifier, known)
        names = {
            declared.name
            for declared in resource.properties
            if _differs(resource, observed, new, declared.name)
            or not same(declared.type, old.inputs.get(declared.name), new.get(declared.name))
        } - resource.state_only
        if names:
            _apply(resource, session, identifier, observed, wanted=new, names=names)
            observed = _settled(resource, session, identifier, known)
        _verify(resource, observed, new)
    except (ProviderError, *CALL_ERRORS) as error:
        raise _initialization_error(resource, session, identifier, known, error) from error
    return _state(resource, session, identifier, observed, new)


def read(resource: Resource, session: Session, identifier: str, known: Known) -> State:
    """Return a resource as the service describes it; `GONE` when it does not exist.

    An input that means what the state says keeps the state's spelling: a policy stays the text that
    the program wrote.
    """
    observed = _read(resource, session, identifier, known)
    if observed is None:
        return GONE
    inputs = _observed_inputs(resource, observed, known.inputs)
    if CHOSEN in known.inputs:
        inputs[CHOSEN] = known.inputs[CHOSEN]
    return State(
        identifier=identifier,
        inputs=inputs,
        outputs=_outputs(resource, session, observed, inputs),
    )


def delete(resource: Resource, session: Session, identifier: str, known: Known) -> None:
    """Delete a resource and return when the service no longer knows it.

    Raises
    ------
    ProviderError
        The service refused, or took too long.
    """
    resource.delete(session, identifier, known)
    if resource.vanishes:
        session.wait(
            "the service still shows it after its deletion",
            lambda: _read(resource, session, identifier, known) is None,
            resource.timeout_seconds,
        )


def _apply(
    resource: Resource,
    session: Session,
    identifier: str,
    observed: Observed,
    *,
    wanted: Mapping[str, object],
    names: set[str],
) -> None:
    settings = frozenset(names - {TAGS.name})
    if settings:
        changed = Changed(names=settings, before=observed.inputs)
        resource.converge(session, identifier, wanted, changed)
    if TAGS.name in names and resource.tagging is not None:
        target = _tag_target(resource.tagging, identifier, observed)
        before = observed.inputs.get(TAGS.name)
        resource.tagging.update(session, target, before, wanted.get(TAGS.name))


def _tag_target(tagging: Tagging, identifier: str, observed: Observed) -> str:
    return identifier if tagging.target == "id" else str(observed.computed["arn"])


def _read(resource: Resource, session: Session, identifier: str, known: Known) -> Observed | None:
    with missing_is_fine(*resource.missing):
        observed = resource.read(session, identifier, known)
        if observed is not None:
            return _completed(resource, session, identifier, known, observed)
    return None


def _completed(
    resource: Resource, session: Session, identifier: str, known: Known, observed: Observed
) -> Observed:
    """Return an observation with the resource's tags and with what the emulator does not tell."""
    inputs = dict(observed.inputs)
    # Without inputs, the resource is on its way out.
    if resource.tagging is not None and inputs:
        target = _tag_target(resource.tagging, identifier, observed)
        inputs[TAGS.name] = resource.tagging.read(session, target) or None
    for path in quirks.NOT_READ.get(resource.type_name, {}):
        parent, _, part = path.partition(".")
        told, kept = inputs.get(parent), known.inputs.get(parent)
        if isinstance(told, dict) and isinstance(kept, dict) and part in kept:
            inputs[parent] = {**told, part: kept[part]}
    return replace(observed, inputs=inputs)


def _settled(resource: Resource, session: Session, identifier: str, known: Known) -> Observed:
    seen: list[Observed | None] = [None]

    def usable() -> bool:
        observed = _read(resource, session, identifier, known)
        if observed is not None and observed.failure is not None:
            raise ProviderError(observed.failure)
        seen[0] = observed
        return observed is not None and observed.pending is None

    try:
        session.wait("it did not become usable", usable, resource.timeout_seconds)
    except ProviderError as error:
        state = seen[0].pending if seen[0] is not None else None
        if state is None:
            raise
        raise ProviderError(f"{error} (it is {state})") from error
    observed = seen[0]
    if observed is None:
        raise ProviderError("the service does not show it")
    return observed


def _verify(resource: Resource, observed: Observed, wanted: Mapping[str, object]) -> None:
    wrong = [
        declared.name
        for declared in resource.properties
        if _differs(resource, observed, wanted, declared.name)
    ]
    if wrong:
        raise ProviderError(
            f"the service accepted the request but did not apply {', '.join(wrong)}"
        )


def _differs(
    resource: Resource, observed: Observed, wanted: Mapping[str, object], name: str
) -> bool:
    if name in resource.state_only or name not in observed.inputs:
        return False
    declared = next(known for known in resource.properties if known.name == name)
    return not same(declared.type, observed.inputs[name], wanted.get(name))


def _initialization_error(
    resource: Resource, session: Session, identifier: str, known: Known, error: Exception
) -> InitializationError:
    outputs = {**known.outputs, **_public(known.inputs)}
    try:
        observed = _read(resource, session, identifier, known)
    except (ProviderError, *CALL_ERRORS):
        observed = None
    if observed is not None:
        outputs = _outputs(resource, session, observed, known.inputs)
    return InitializationError(describe(error), identifier=identifier, outputs=outputs)


def _state(
    resource: Resource,
    session: Session,
    identifier: str,
    observed: Observed,
    inputs: Mapping[str, object],
) -> State:
    return State(
        identifier=identifier,
        inputs=dict(inputs),
        outputs=_outputs(resource, session, observed, inputs),
    )


def _observed_inputs(
    resource: Resource, observed: Observed, known: Mapping[str, object]
) -> dict[str, object]:
    result: dict[str, object] = {}
    for declared in resource.properties:
        name = declared.name
        value = known.get(name)
        if name in observed.inputs and not same(declared.type, value, observed.inputs[name]):
            value = observed.inputs[name]
        elif name not in observed.inputs and value is None:
            value = declared.default
        if value is not None:
            result[name] = value
    return result


def _outputs(
    resource: Resource, session: Session, observed: Observed, inputs: Mapping[str, object]
) -> dict[str, object]:
    outputs = {**_observed_inputs(resource, observed, inputs), **observed.computed}
    if resource.tagging is not None:
        outputs[TAGS_ALL] = observed.inputs.get(TAGS.name) or {}
    if "region" in _computed_names(resource):
        outputs["region"] = session.region
    return outputs


def _computed_names(resource: Resource, *, stable: bool | None = None) -> Iterator[str]:
    for computed in resource.computed:
        if stable is None or computed.stable == stable:
            yield computed.name


def _public(inputs: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in inputs.items() if name != CHOSEN}

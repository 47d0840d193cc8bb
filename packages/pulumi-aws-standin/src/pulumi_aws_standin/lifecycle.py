"""The requests of Pulumi's engine that need the service: Create, Read, Update and Delete.

The result of a creation or update is always read back from the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pulumi_aws_standin import quirks
from pulumi_aws_standin.errors import CALL_ERRORS, ProviderError, describe, missing_is_fine
from pulumi_aws_standin.planning import DEFAULTS, without_defaults
from pulumi_aws_standin.resource import Known, Observed, Update
from pulumi_aws_standin.schema import same
from pulumi_aws_standin.tags import TAGS, TAGS_ALL
from pulumi_aws_standin.values import as_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_aws_standin.resource import Resource
    from pulumi_aws_standin.session import Session
    from pulumi_aws_standin.tags import Tagging


class InitializationError(ProviderError):
    """A resource exists but does not match its inputs; it must stay in Pulumi's state.

    Attributes
    ----------
    identifier
        The resource's id.
    outputs
        Properties of the resource, as far as they can be read.
    """

    def __init__(self, message: str, *, identifier: str, outputs: Mapping[str, object]) -> None:
        super().__init__(message)
        self.identifier = identifier
        self.outputs = dict(outputs)


@dataclass(frozen=True, kw_only=True)
class State:
    """The answer to Create, Update and Read.

    Attributes
    ----------
    identifier
        The resource's id; empty when it does not exist.
    inputs
        The inputs that describe the resource in its current state.
    outputs
        All properties of the resource.
    """

    identifier: str
    inputs: dict[str, object]
    outputs: dict[str, object]


GONE: Final = State(identifier="", inputs={}, outputs={})
"""The state of a resource that does not exist."""


def create(resource: Resource, session: Session, inputs: Mapping[str, object]) -> State:
    """Create a resource and return it as the service then describes it.

    Raises
    ------
    ProviderError
        If nothing was created.
    InitializationError
        If it was created, but does not match the inputs.
    """
    identifier = resource.create(session, inputs)
    known = Known(inputs=inputs)
    return _apply(resource, session, identifier, known, changed=set(), former={})


def update(
    resource: Resource, session: Session, identifier: str, *, old: Known, new: Mapping[str, object]
) -> State:
    """Apply new inputs to a resource and return it as the service then describes it.

    Raises
    ------
    InitializationError
        If the resource exists, but does not match the inputs.
    """
    changed = {
        declared.name
        for declared in resource.properties
        if not declared.keeps(new.get(declared.name))
        and not same(declared.type, old.inputs.get(declared.name), new.get(declared.name))
    }
    known = Known(inputs=new, outputs=old.outputs)
    changed -= resource.state_only
    return _apply(resource, session, identifier, known, changed=changed, former=old.inputs)


def read(resource: Resource, session: Session, identifier: str, known: Known) -> State:
    """Return a resource as the service describes it; `GONE` when it does not exist.

    An input with the same meaning as in the state keeps the state's form: a policy stays the text
    that the program wrote.
    """
    observed = _read(resource, session, identifier, known)
    if observed is None:
        return GONE
    inputs = _observed_inputs(resource, observed, known.inputs)
    if known.inputs:  # without any, it is imported with everything that it has
        for declared in resource.properties:
            if declared.keeps(known.inputs.get(declared.name)):
                inputs.pop(declared.name, None)
    if DEFAULTS in known.inputs:
        inputs[DEFAULTS] = known.inputs[DEFAULTS]
    return State(
        identifier=identifier,
        inputs=inputs,
        outputs=_outputs(resource, session, observed, inputs),
    )


def delete(resource: Resource, session: Session, identifier: str, known: Known) -> None:
    """Delete a resource and return when the service no longer reports it.

    Raises
    ------
    ProviderError
        If the service refused, or took too long.
    """
    with missing_is_fine(*resource.missing):
        resource.delete(session, identifier, known)
    if resource.vanishes:
        session.wait(
            "the service still reports it after its deletion",
            lambda: _read(resource, session, identifier, known) is None,
            resource.timeout_seconds,
        )


def _apply(
    resource: Resource,
    session: Session,
    identifier: str,
    known: Known,
    *,
    changed: set[str],
    former: Mapping[str, object],
) -> State:
    """Apply the wanted inputs to a resource that exists.

    Which properties to apply depends on what the service reports, not on Pulumi's state alone, so
    that an update also works after a failure or a drift.

    Parameters
    ----------
    resource
        The resource type.
    session
        The configured connections.
    identifier
        The resource's id.
    known
        Its wanted inputs and the outputs of the state.
    changed
        Names of the properties to apply regardless of what the service reports.
    former
        The inputs of the state; empty while the resource is created.
    """
    wanted = known.inputs
    try:
        observed = _usable(resource, session, identifier, known)
        names = changed | set(_different(resource, observed, wanted))
        settings = frozenset(names - {TAGS.name})
        if settings:
            change = Update(names=settings, before=observed.inputs, wanted=wanted, former=former)
            resource.update(session, identifier, change)
        if TAGS.name in names and resource.tagging is not None:
            target = _tag_target(resource.tagging, identifier, observed)
            before = observed.inputs.get(TAGS.name)
            resource.tagging.update(session, target, before, wanted.get(TAGS.name))
        if names:
            observed = _usable(resource, session, identifier, known)
        _verify(resource, observed, wanted)
    except (ProviderError, *CALL_ERRORS) as error:
        raise _initialization_error(resource, session, identifier, known, error) from error
    outputs = _outputs(resource, session, observed, wanted)
    return State(identifier=identifier, inputs=dict(wanted), outputs=outputs)


def _read(resource: Resource, session: Session, identifier: str, known: Known) -> Observed | None:
    """Return the service's description, completed where the emulator does not report it all."""
    with missing_is_fine(*resource.missing):
        observed = resource.read(session, identifier, known)
        if observed is None:
            return None
        inputs = dict(observed.inputs)
        # A resource without inputs is being deleted.
        if resource.tagging is not None and inputs:
            target = _tag_target(resource.tagging, identifier, observed)
            inputs[TAGS.name] = resource.tagging.read(session, target) or None
        for path in quirks.NOT_READ.get(resource.type_name, {}):
            inputs = as_object(_with_kept(inputs, known.inputs, path.split(".")))
        return replace(observed, inputs=inputs)
    return None


def _with_kept(reported: object, kept: object, path: Sequence[str]) -> object:
    """Return what the service reports with one part as the state holds it, present or absent.

    Parameters
    ----------
    reported
        The service's value.
    kept
        The state's value. Without one, nothing is replaced.
    path
        Names of properties down to the part. Members of lists are matched by their name.
    """
    if isinstance(reported, list) and isinstance(kept, list):
        named = {as_object(member).get("name"): member for member in kept}
        return [
            _with_kept(member, named.get(as_object(member).get("name")), path)
            for member in reported
        ]
    if not isinstance(reported, dict) or not isinstance(kept, Mapping) or not kept:
        return reported
    name, *inner = path
    result = {key: value for key, value in reported.items() if key != name}
    if inner and name in reported:
        result[name] = _with_kept(reported[name], kept.get(name), inner)
    elif not inner and name in kept:
        result[name] = kept[name]
    return result


def _tag_target(tagging: Tagging, identifier: str, observed: Observed) -> str:
    return identifier if tagging.target == "id" else str(observed.computed["arn"])


def _usable(resource: Resource, session: Session, identifier: str, known: Known) -> Observed:
    """Return the service's description once the resource can be used."""
    last: list[Observed | None] = [None]

    def usable() -> bool:
        observed = _read(resource, session, identifier, known)
        if observed is not None and observed.failure is not None:
            raise ProviderError(observed.failure)
        last[0] = observed
        return observed is not None and observed.pending is None

    try:
        session.wait("it did not become usable", usable, resource.timeout_seconds)
    except ProviderError as error:
        state = last[0].pending if last[0] is not None else None
        if state is None:
            raise
        raise ProviderError(f"{error} (it is {state})") from error
    observed = last[0]
    if observed is None:
        raise ProviderError("the service does not report it")
    return observed


def _different(resource: Resource, observed: Observed, wanted: Mapping[str, object]) -> list[str]:
    """Return the names of the properties for which the service reports another value."""
    return [
        declared.name
        for declared in resource.properties
        if declared.name in observed.inputs
        and declared.name not in resource.state_only
        and not declared.keeps(wanted.get(declared.name))
        and not same(declared.type, observed.inputs[declared.name], wanted.get(declared.name))
    ]


def _verify(resource: Resource, observed: Observed, wanted: Mapping[str, object]) -> None:
    ignored = _different(resource, observed, wanted)
    if ignored:
        raise ProviderError(
            f"the service accepted the request but did not apply {', '.join(ignored)}"
        )


def _initialization_error(
    resource: Resource, session: Session, identifier: str, known: Known, error: Exception
) -> InitializationError:
    outputs = {**known.outputs, **without_defaults(known.inputs)}
    try:
        observed = _read(resource, session, identifier, known)
    except (ProviderError, *CALL_ERRORS):
        observed = None
    if observed is not None:
        outputs = _outputs(resource, session, observed, known.inputs)
    return InitializationError(describe(error), identifier=identifier, outputs=outputs)


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
    if any(computed.name == "region" for computed in resource.computed):
        outputs["region"] = session.region
    return outputs

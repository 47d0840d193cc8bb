"""The life of a resource under the stand-in provider, with an assertion after each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_aws_standin.testing import ManagedResource, urn_of
from pulumi_aws_standin.wire import Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_aws_standin.testing import Engine

ACCOUNT = "000000000000"
"""The emulator's account."""


@dataclass(frozen=True, kw_only=True)
class ConnectedProvider:
    """A configured provider with its services.

    Attributes
    ----------
    engine
        Calls the provider.
    client
        Returns boto3's client of a service of the emulator, by the service's name.
    qldb
        URL of the simulated QLDB service.
    """

    engine: Engine
    client: Callable[[str], Any]
    qldb: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """The inputs and expectations of a resource in two deployments.

    Attributes
    ----------
    inputs, changed
        Inputs of the first and of the second deployment.
    gone_after_delete
        False if AWS shows a default after the deletion.
    """

    type_name: str
    inputs: dict[str, object]
    changed: dict[str, object]
    outputs: tuple[str, ...] = ()
    gone_after_delete: bool = True


def assert_lifecycle(provider: ConnectedProvider, case: Case) -> ManagedResource:
    """Create, refresh, check again and update a resource; return it."""
    engine = provider.engine
    urn = urn_of(case.type_name)
    held = engine.create(urn, case.inputs)
    for output in case.outputs:
        assert held.outputs[output], output

    read = engine.refresh(held)
    assert read.identifier == held.identifier
    assert without_contents(read.inputs) == without_contents(held.inputs)
    assert without_contents(read.outputs) == without_contents(held.outputs)

    again = engine.checked(urn, case.inputs, read.inputs)
    difference = engine.diff(read, again)
    assert not difference.diffs
    assert difference.changes == difference.DIFF_NONE

    if case.changed != case.inputs:
        after = engine.checked(urn, case.changed, read.inputs)
        difference = engine.diff(read, after)
        assert difference.changes == difference.DIFF_SOME
        assert not difference.replaces
        held = engine.update(read, case.changed)
        read = engine.refresh(held)
        assert without_contents(read.inputs) == without_contents(held.inputs)
        difference = engine.diff(read, engine.checked(urn, case.changed, read.inputs))
        assert not difference.diffs
    return held


def assert_deletable(provider: ConnectedProvider, case: Case, held: ManagedResource) -> None:
    """Delete a resource, check that it is gone, and delete it again without an error."""
    provider.engine.delete(held)
    if case.gone_after_delete:
        assert provider.engine.refresh(held).identifier == ""
    provider.engine.delete(held)


def without_contents(outputs: dict[str, object]) -> dict[str, object]:
    return {
        name: value.hash if isinstance(value, Archive) else value for name, value in outputs.items()
    }

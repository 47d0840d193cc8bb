"""What a kind of resource declares and does; `lifecycle` turns it into a provider's answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.schema import Problem, Property
    from pulumi_aws_standin.session import Session
    from pulumi_aws_standin.tags import Tagging


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the service says about a resource.

    Attributes
    ----------
    inputs
        Its input properties. A property that the service does not tell is absent here and listed
        in `quirks.NOT_READ`.
    computed
        Its other properties.
    pending
        The state that it is still passing through, or None once it can be used.
    failure
        Why it will never be usable, or None.
    """

    inputs: dict[str, object]
    computed: dict[str, object] = field(default_factory=dict)
    pending: str | None = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What Pulumi knows about a resource before it is read.

    Attributes
    ----------
    inputs
        The wanted inputs while it is created or updated, else those of the state. Empty on import.
    outputs
        The properties of the state; empty while it is created.
    """

    inputs: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A property that only the service gives.

    Attributes
    ----------
    name
        In camel case.
    stable
        Whether an update leaves it as it is.
    """

    name: str
    stable: bool = True


class Resource(ABC):
    """One kind of resource. Holds no state: every call gets the session."""

    type_name: ClassVar[str]
    properties: ClassVar[tuple[Property, ...]]
    computed: ClassVar[tuple[Computed, ...]]
    #: Inputs that no two resources of the kind can share; a replacement with the same ones has to
    #: wait for the deletion of the old resource.
    identity: ClassVar[tuple[str, ...]] = ("name",)
    #: Inputs that only this provider knows: no service call carries them.
    state_only: ClassVar[frozenset[str]] = frozenset()
    #: The service's error codes that mean that the resource does not exist.
    missing: ClassVar[tuple[str, ...]] = ()
    #: How the service tags the resource; None for one that takes no tags. A tagged resource
    #: declares the input `TAGS`; `lifecycle` does the rest.
    tagging: ClassVar[Tagging | None] = None
    #: How long to wait for the service, in seconds.
    timeout_seconds: ClassVar[float] = 120.0
    #: False where the service shows a default after deletion instead of nothing.
    vanishes: ClassVar[bool] = True

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """Yield problems of several properties together."""
        del inputs
        yield from ()

    @abstractmethod
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """Create the resource and return its id at once; `converge` applies what this cannot."""

    @abstractmethod
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """Return what the service says, or None when the resource does not exist."""

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """Apply the changed properties, tags apart, to an existing, usable resource."""
        del session, identifier, wanted
        raise ProviderError(f"{', '.join(sorted(changed.names))} cannot be changed in place")

    @abstractmethod
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """Ask for the deletion. A resource that does not exist is no failure."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The properties to apply, and what the service has now.

    Attributes
    ----------
    names
        Names of the input properties that differ from what is wanted.
    before
        The inputs that the service reports now.
    """

    names: frozenset[str]
    before: Mapping[str, object]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def any(self, *names: str) -> bool:
        """Tell whether at least one of the properties changed."""
        return not self.names.isdisjoint(names)

"""Base classes of the resource types, which `lifecycle` turns into a provider's answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.errors import ProviderError, applying

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.schema import Change, Problem, Property
    from pulumi_aws_standin.session import Session
    from pulumi_aws_standin.tags import Tagging


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The service's description of a resource.

    Attributes
    ----------
    inputs
        Input properties, without tags. A property that the service does not report is absent
        and listed in `quirks.NOT_READ`.
    computed
        Other properties.
    pending
        The transitional state of the resource; None once it can be used.
    failure
        Reason why the resource will never be usable, or None.
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
    """A property that only the service sets.

    Attributes
    ----------
    name
        Name in camel case.
    stable
        Whether an update leaves it unchanged.
    """

    name: str
    stable: bool = True


@dataclass(frozen=True, kw_only=True)
class Update:
    """The properties to apply to an existing resource.

    Attributes
    ----------
    names
        Names of the input properties that differ from the wanted ones.
    before
        The inputs that the service reports now.
    wanted
        All wanted inputs.
    former
        The inputs of the state; empty while the resource is created.
    """

    names: frozenset[str]
    before: Mapping[str, object]
    wanted: Mapping[str, object]
    former: Mapping[str, object] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def any(self, *names: str) -> bool:
        """Return whether at least one of the properties differs."""
        return not self.names.isdisjoint(names)


class Resource(ABC):
    """A resource type. Stateless: every call receives the session."""

    type_name: ClassVar[str]
    """The type's token, for example `aws:sqs/queue:Queue`."""

    properties: ClassVar[tuple[Property, ...]]
    """The inputs. All others are refused."""

    computed: ClassVar[tuple[Computed, ...]]
    """The outputs that are not inputs, except `tagsAll`."""

    identity: ClassVar[tuple[str, ...]] = ("name",)
    """Inputs that no two resources of the type can share: a replacement with the same values must
    wait for the deletion of the old resource."""

    state_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that only this provider uses: no service call carries them."""

    missing: ClassVar[tuple[str, ...]]
    """The service's error codes that mean that the resource does not exist."""

    tagging: ClassVar[Tagging | None] = None
    """How the service tags the resource; None for a type without tags. A tagged type declares the
    input `TAGS`; `lifecycle` does the rest."""

    timeout_seconds: ClassVar[float] = 120.0
    """How long to wait for the service."""

    vanishes: ClassVar[bool] = True
    """False if the service reports a default after the deletion instead of nothing."""

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """Yield problems that concern several properties together."""
        del inputs
        yield from ()

    def counted(
        self, changes: list[Change], old: Mapping[str, object], new: Mapping[str, object]
    ) -> list[Change]:
        """Return those of the changes between old and new inputs that the AWS provider counts."""
        del old, new
        return changes

    @abstractmethod
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """Create the resource and return its id at once; `update` applies what is left."""

    @abstractmethod
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """Return the service's description, or None when the resource does not exist.

        An error with one of the `missing` codes means the same as None.
        """

    def update(self, session: Session, identifier: str, change: Update) -> None:
        """Apply the properties that differ, except tags, to an existing, usable resource."""
        del session, identifier
        raise ProviderError(f"{', '.join(sorted(change.names))} cannot be changed in place")

    @abstractmethod
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """Request the deletion. An error with one of the `missing` codes is not a failure."""

    def wait_until_usable(self, session: Session, identifier: str) -> None:
        """Return when the service has finished a change."""

        def usable() -> bool:
            observed = self.read(session, identifier, Known())
            return observed is not None and observed.pending is None

        session.wait("it did not become usable", usable, self.timeout_seconds)


class Setting(Resource):
    """A resource that one call sets as a whole. Its id consists of the properties in `identity`."""

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        identifier = ":".join(str(inputs[name]) for name in self.identity)
        self.put(session, identifier, inputs)
        return identifier

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        with applying(*sorted(change.names)):
            self.put(session, identifier, change.wanted)

    @abstractmethod
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        """Set all properties."""

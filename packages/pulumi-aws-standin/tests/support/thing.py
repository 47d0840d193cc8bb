"""A resource type on a service in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import ServiceError
from pulumi_aws_standin.resource import Computed, Known, Observed, Resource, Update
from pulumi_aws_standin.schema import Boolean, Integer, Object, Policy, Property, String
from pulumi_aws_standin.tags import TAGS, Tagging
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.session import Session

TAGS_OF: dict[str, dict[str, str]] = {}
"""The service's tags by resource id; tests that use them start with none."""


class Thing(Resource):
    """A resource of a service that is a dictionary.

    Attributes
    ----------
    things
        Resources of the service by id.
    applied
        Names of the properties of each update.
    ignored
        Properties that the service accepts but does not apply.
    refuses
        A property that the service refuses to apply.
    pending, failure
        State that the service reports for every resource.
    immortal
        Whether deletions have no effect.
    """

    type_name: ClassVar[str] = "aws:test/thing:Thing"
    properties = (
        Property(name="name", type=String(), force_new=True, autoname=Autoname(max_length=20)),
        Property(name="size", type=Integer(minimum=1, maximum=9), default=1),
        Property(name="policy", type=Policy()),
        Property(name="place", type=String(), force_new=True),
        Property(
            name="backup",
            type=Object(
                properties=(
                    Property(name="enabled", type=Boolean(), required=True),
                    Property(name="days", type=Integer()),
                )
            ),
        ),
        Property(name="color", type=String(), sticky=True),
        Property(name="force", type=Boolean(), default=False),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="serial", stable=False),
        Computed(name="region"),
    )
    state_only = frozenset({"force"})
    missing = ("NoSuchThing",)
    timeout_seconds = 0.2
    tagging = Tagging(
        target="id",
        fetch=lambda _, name: TAGS_OF.get(name, {}),
        add=lambda _, name, tags: TAGS_OF.setdefault(name, {}).update(tags),
        remove=lambda _, name, keys: [TAGS_OF[name].pop(key) for key in keys],
    )

    def __init__(self) -> None:
        self.things: dict[str, dict[str, object]] = {}
        self.ignored: set[str] = set()
        self.refuses: str | None = None
        self.pending: str | None = None
        self.failure: str | None = None
        self.applied: list[set[str]] = []
        self.immortal = False

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        name = str(inputs["name"])
        if name in self.things:
            raise ServiceError("AlreadyExists", "there is one")
        self.things[name] = {"name": name, "size": 1, "place": inputs.get("place")}
        return name

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        if identifier not in self.things:
            raise ServiceError("NoSuchThing", identifier)
        thing = self.things[identifier]
        read = {p.name for p in self.properties} - {"force", "tags"}
        inputs = {name: thing.get(name) for name in read}
        return Observed(
            inputs=inputs,
            computed={"arn": f"arn:{identifier}", "serial": len(self.applied)},
            pending=self.pending,
            failure=self.failure,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        self.applied.append(set(change.names))
        for name in sorted(change.names):
            if name == self.refuses:
                raise ServiceError("Refused", f"no {name}")
            if name not in self.ignored:
                self.things[identifier][name] = change.wanted.get(name)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        if identifier not in self.things:
            raise ServiceError("NoSuchThing", identifier)
        if not self.immortal:
            del self.things[identifier]

"""Proves the answers that follow from declarations and observations, on a service in memory.

What the real services answer is the concern of tests/integration/test_stand_in_provider.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from pulumi_aws_standin import lifecycle, quirks
from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import ProviderError, ServiceError
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import ChangeKind, Flag, Policy, Property, Record, Text, Whole
from pulumi_aws_standin.session import Session
from pulumi_aws_standin.tags import TAGS, Tagging
from pulumi_aws_standin.wire import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS_OF: dict[str, dict[str, str]] = {}
URN = "urn:pulumi:dev::p::aws:test/thing:Thing::thing"


class Thing(Resource):
    """A resource of a service that is a dictionary."""

    type_name: ClassVar[str] = "aws:test/thing:Thing"
    properties = (
        Property(name="name", type=Text(), force_new=True, autoname=Autoname(longest=20)),
        Property(name="size", type=Whole(minimum=1, maximum=9), default=1),
        Property(name="policy", type=Policy()),
        Property(name="place", type=Text(), force_new=True),
        Property(
            name="backup",
            type=Record(
                properties=(
                    Property(name="enabled", type=Flag(), required=True),
                    Property(name="days", type=Whole()),
                )
            ),
        ),
        Property(name="force", type=Flag(), default=False),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="serial", stable=False),
        Computed(name="region"),
    )
    state_only = frozenset({"force"})
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

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        del session
        name = str(inputs["name"])
        if name in self.things:
            raise ServiceError("AlreadyExists", "there is one")
        self.things[name] = {"name": name, "size": 1, "place": inputs.get("place")}
        return name

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        del session, known
        if identifier not in self.things:
            return None
        thing = self.things[identifier]
        read = {p.name for p in self.properties} - {"force", "tags"}
        inputs = {name: thing.get(name) for name in read}
        return Observed(
            inputs=inputs,
            computed={"arn": f"arn:{identifier}", "serial": len(self.applied)},
            pending=self.pending,
            failure=self.failure,
        )

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        del session
        self.applied.append(set(changed.names))
        for name in sorted(changed.names):
            if name == self.refuses:
                raise ServiceError("Refused", f"no {name}")
            if name not in self.ignored:
                self.things[identifier][name] = wanted.get(name)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        del session, known
        if not self.immortal:
            self.things.pop(identifier, None)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")


@pytest.fixture
def thing() -> Thing:
    TAGS_OF.clear()
    return Thing()


def check(
    thing: Thing, old: Mapping[str, object] | None = None, **new: object
) -> lifecycle.Checked:
    return lifecycle.check(thing, urn=URN, seed=b"seed", old=old or {}, new=Properties(values=new))


def test_check_fills_in_defaults_and_a_name(thing: Thing) -> None:
    checked = check(thing, tags={"a": "b"})
    assert not checked.problems
    name = checked.inputs["name"]
    assert isinstance(name, str)
    assert name.startswith("thing-")
    assert checked.inputs["size"] == 1
    assert checked.inputs["__defaults"] == ["name"]


def test_check_keeps_the_name_of_an_existing_resource(thing: Thing) -> None:
    old = {"name": "thing-0000000", "__defaults": ["name"]}
    assert check(thing, old).inputs["name"] == "thing-0000000"


def test_a_logical_name_that_changed_through_an_alias_keeps_the_physical_name(
    thing: Thing,
) -> None:
    # given a resource that was named after its first logical name
    before = check(thing)
    # when the program renames it and gives its old URN as an alias
    after = lifecycle.check(
        thing,
        urn=URN.replace("::thing", "::renamed"),
        seed=b"another seed",
        old=before.inputs,
        new=Properties(values={}),
    )
    # then its physical name stays, also for the next deployment
    assert after.inputs == before.inputs
    assert not lifecycle.diff(thing, old=before.inputs, new=after.inputs).changes


def test_a_name_that_the_program_no_longer_gives_is_chosen_anew(thing: Thing) -> None:
    assert check(thing, {"name": "mine"}).inputs["name"] != "mine"


def test_the_programs_own_name_is_used(thing: Thing) -> None:
    checked = check(thing, name="mine")
    assert checked.inputs["name"] == "mine"
    assert "__defaults" not in checked.inputs


def test_a_name_that_gets_too_long_is_a_problem(thing: Thing) -> None:
    checked = lifecycle.check(
        thing, urn=f"{URN}{'x' * 30}", seed=b"s", old={}, new=Properties(values={})
    )
    assert [problem.path for problem in checked.problems] == ["name"]


def test_diff_tells_changes_and_replacements(thing: Thing) -> None:
    old = {"name": "a", "size": 1, "place": "x", "tags": {"k": "v"}}
    difference = lifecycle.diff(thing, old=old, new={**old, "size": 2})
    assert [(c.path, c.replaces) for c in difference.changes] == [("size", False)]
    difference = lifecycle.diff(thing, old=old, new={**old, "place": "y"})
    assert [(c.path, c.replaces) for c in difference.changes] == [("place", True)]


@pytest.mark.parametrize(
    ("new", "first"),
    [
        ({"name": "a", "place": "y"}, True),  # the name is the program's: both cannot exist
        ({"name": "b", "place": "y"}, False),
        ({"name": "a", "place": "y", "__defaults": ["name"]}, False),  # gets a new name
        ({"name": "a", "place": "x", "size": 2}, False),  # is not replaced
    ],
)
def test_only_a_fixed_name_has_to_be_freed_first(
    thing: Thing, new: dict[str, object], *, first: bool
) -> None:
    old = {"name": "a", "place": "x", "size": 1}
    assert lifecycle.diff(thing, old=old, new={"size": 1, **new}).delete_first is first


def test_a_preview_leaves_open_what_only_the_service_knows(thing: Thing) -> None:
    planned = lifecycle.plan_create(thing, {"name": "a", "__defaults": ["name"]})
    assert planned.identifier == ""
    assert planned.outputs == {
        "name": "a",
        "arn": UNKNOWN,
        "serial": UNKNOWN,
        "tagsAll": UNKNOWN,
        "region": UNKNOWN,
    }


def test_the_preview_of_an_update_keeps_what_is_stable(thing: Thing) -> None:
    outputs = {"name": "a", "arn": "arn:a", "serial": 4, "tagsAll": {}, "region": "r"}
    planned = lifecycle.plan_update(thing, {"name": "a", "tags": {"k": "v"}}, outputs)
    assert planned.outputs["arn"] == "arn:a"
    assert planned.outputs["serial"] is UNKNOWN
    assert planned.outputs["tagsAll"] == {"k": "v"}


def test_create_applies_what_the_creation_could_not(thing: Thing, session: Session) -> None:
    state = lifecycle.create(thing, session, {"name": "a", "size": 3, "tags": {"k": "v"}})
    assert state.identifier == "a"
    assert thing.applied == [{"size"}]
    assert state.outputs["size"] == 3
    assert state.outputs["arn"] == "arn:a"
    assert state.outputs["tagsAll"] == {"k": "v"}
    assert state.outputs["region"] == "us-east-1"


def test_a_creation_that_fails_leaves_nothing_in_the_state(thing: Thing, session: Session) -> None:
    thing.things["a"] = {}
    with pytest.raises(ServiceError, match="AlreadyExists"):
        lifecycle.create(thing, session, {"name": "a", "size": 1})


def test_a_follow_up_that_fails_keeps_the_resource_as_it_is(thing: Thing, session: Session) -> None:
    thing.refuses = "size"
    with pytest.raises(lifecycle.InitializationError, match="Refused: no size") as error:
        lifecycle.create(thing, session, {"name": "a", "size": 3})
    assert error.value.identifier == "a"
    assert error.value.outputs["size"] == 1


def test_a_service_that_ignores_a_property_is_found_out(thing: Thing, session: Session) -> None:
    thing.ignored = {"size"}
    with pytest.raises(lifecycle.InitializationError, match="did not apply size"):
        lifecycle.create(thing, session, {"name": "a", "size": 3})


def test_a_resource_that_never_becomes_usable_says_its_state(
    thing: Thing, session: Session
) -> None:
    thing.pending = "CREATING"
    with pytest.raises(lifecycle.InitializationError, match=r"gave up .* \(it is CREATING\)"):
        lifecycle.create(thing, session, {"name": "a", "size": 1})


def test_a_resource_that_failed_says_why(thing: Thing, session: Session) -> None:
    thing.failure = "the function is Failed: no disk"
    with pytest.raises(lifecycle.InitializationError, match="no disk"):
        lifecycle.create(thing, session, {"name": "a", "size": 1})


def test_an_update_applies_only_what_differs(thing: Thing, session: Session) -> None:
    thing.things["a"], TAGS_OF["a"] = {"name": "a", "size": 2}, {"k": "v"}
    old = Known(inputs={"name": "a", "size": 2, "tags": {"k": "v"}})
    state = lifecycle.update(
        thing, session, "a", old=old, new={"name": "a", "size": 5, "tags": {"k": "v"}}
    )
    assert thing.applied == [{"size"}]
    assert state.outputs["size"] == 5


def test_an_update_of_tags_alone_touches_nothing_else(thing: Thing, session: Session) -> None:
    thing.things["a"], TAGS_OF["a"] = {"name": "a", "size": 1}, {"gone": "1", "old": "2"}
    old = Known(inputs={"name": "a", "size": 1, "tags": {"gone": "1", "old": "2"}})
    wanted = {"name": "a", "size": 1, "tags": {"old": "3", "new": "4"}}
    state = lifecycle.update(thing, session, "a", old=old, new=wanted)
    assert thing.applied == []
    assert TAGS_OF["a"] == {"old": "3", "new": "4"}
    assert state.outputs["tags"] == state.outputs["tagsAll"] == {"old": "3", "new": "4"}


def test_tags_that_the_program_no_longer_gives_are_removed(thing: Thing, session: Session) -> None:
    thing.things["a"], TAGS_OF["a"] = {"name": "a", "size": 1}, {"k": "v"}
    old = Known(inputs={"name": "a", "size": 1, "tags": {"k": "v"}})
    state = lifecycle.update(thing, session, "a", old=old, new={"name": "a", "size": 1})
    assert TAGS_OF["a"] == {}
    assert "tags" not in state.outputs
    assert state.outputs["tagsAll"] == {}


def test_tags_on_a_resource_without_any_are_no_replacement(thing: Thing) -> None:
    """As for a resource that was created before the program had tags."""
    old = {"name": "a", "size": 1}
    difference = lifecycle.diff(thing, old=old, new={**old, "tags": {"k": "v"}})
    assert [(c.path, c.kind, c.replaces) for c in difference.changes] == [
        ("tags", ChangeKind.ADD, False)
    ]


def test_a_tag_that_a_preview_does_not_know_yet_is_planned(thing: Thing) -> None:
    old = {"name": "a", "size": 1, "tags": {"k": "v"}}
    new = {**old, "tags": {"k": UNKNOWN}}
    difference = lifecycle.diff(thing, old=old, new=new)
    assert [(c.path, c.replaces) for c in difference.changes] == [("tags.k", False)]
    planned = lifecycle.plan_update(thing, new, {**old, "arn": "arn:a"})
    assert planned.outputs["tags"] == planned.outputs["tagsAll"] == {"k": UNKNOWN}


def test_an_update_ends_at_what_is_wanted_whatever_the_state_says(
    thing: Thing, session: Session
) -> None:
    """As after a failed update: the state holds the new size, the service the old one."""
    thing.things["a"] = {"name": "a", "size": 2}
    wanted = {"name": "a", "size": 5}
    lifecycle.update(thing, session, "a", old=Known(inputs=wanted), new=wanted)
    assert thing.things["a"]["size"] == 5


def test_a_property_of_the_provider_alone_is_never_applied(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a", "size": 1}
    old = Known(inputs={"name": "a", "size": 1, "force": False})
    state = lifecycle.update(
        thing, session, "a", old=old, new={"name": "a", "size": 1, "force": True}
    )
    assert thing.applied == []
    assert state.outputs["force"] is True


def test_an_update_of_a_vanished_resource_fails(thing: Thing, session: Session) -> None:
    with pytest.raises(lifecycle.InitializationError, match="did not become usable"):
        lifecycle.update(thing, session, "a", old=Known(), new={"name": "a", "size": 1})


def test_read_finds_drift_and_keeps_the_programs_spelling(thing: Thing, session: Session) -> None:
    policy = '{"Statement": {"Effect": "Allow", "Action": ["a"]}}'
    thing.things["a"] = {
        "name": "a",
        "size": 7,
        "policy": '{"Statement": [{"Effect": "Allow", "Action": "a"}]}',
    }
    TAGS_OF["a"] = {"stranger": "1"}
    known = Known(inputs={"name": "a", "size": 2, "policy": policy, "__defaults": ["name"]})
    state = lifecycle.read(thing, session, "a", known)
    assert state.inputs == {
        "name": "a",
        "size": 7,
        "policy": policy,
        "force": False,
        "tags": {"stranger": "1"},
        "__defaults": ["name"],
    }
    assert "__defaults" not in state.outputs


def test_read_drops_an_input_that_was_taken_away(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a", "size": 1}
    state = lifecycle.read(
        thing, session, "a", Known(inputs={"name": "a", "size": 1, "tags": {"k": "v"}})
    )
    assert "tags" not in state.inputs


def test_read_of_a_missing_resource_is_gone(thing: Thing, session: Session) -> None:
    assert lifecycle.read(thing, session, "a", Known()) is lifecycle.GONE


def test_what_the_emulator_does_not_tell_stays_as_the_state_has_it(
    thing: Thing, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing.things["a"] = {"name": "a", "size": 1, "backup": {"enabled": True}}
    known = Known(inputs={"name": "a", "size": 1, "backup": {"enabled": True, "days": 7}})
    assert lifecycle.read(thing, session, "a", known).inputs["backup"] == {"enabled": True}
    monkeypatch.setitem(quirks.NOT_READ, thing.type_name, {"backup.days": "not told"})
    assert lifecycle.read(thing, session, "a", known).inputs["backup"] == {
        "enabled": True,
        "days": 7,
    }


def test_delete_waits_until_it_is_gone(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a"}
    lifecycle.delete(thing, session, "a", Known())
    lifecycle.delete(thing, session, "a", Known())
    assert not thing.things


def test_a_deletion_without_effect_is_no_success(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a"}
    thing.immortal = True
    with pytest.raises(ProviderError, match="still shows it"):
        lifecycle.delete(thing, session, "a", Known())

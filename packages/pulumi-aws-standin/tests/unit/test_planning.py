"""Proves the answers that need only declarations: checks, differences and previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi_aws_standin import planning
from pulumi_aws_standin.schema import ChangeKind
from pulumi_aws_standin.wire import UNKNOWN, Properties

from tests.support.thing import Thing

if TYPE_CHECKING:
    from collections.abc import Mapping

URN = "urn:pulumi:dev::p::aws:test/thing:Thing::thing"


@pytest.fixture
def thing() -> Thing:
    return Thing()


def check(thing: Thing, old: Mapping[str, object] | None = None, **new: object) -> planning.Checked:
    return planning.check(thing, urn=URN, seed=b"seed", old=old or {}, new=Properties(values=new))


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
    after = planning.check(
        thing,
        urn=URN.replace("::thing", "::renamed"),
        seed=b"another seed",
        old=before.inputs,
        new=Properties(values={}),
    )
    # then its physical name stays, also for the next deployment
    assert after.inputs == before.inputs
    assert not planning.diff(thing, old=before.inputs, new=after.inputs).changes


def test_a_name_that_the_program_no_longer_gives_is_chosen_anew(thing: Thing) -> None:
    assert check(thing, {"name": "mine"}).inputs["name"] != "mine"


def test_the_programs_own_name_is_used(thing: Thing) -> None:
    checked = check(thing, name="mine")
    assert checked.inputs["name"] == "mine"
    assert "__defaults" not in checked.inputs


def test_a_name_that_gets_too_long_is_a_problem(thing: Thing) -> None:
    checked = planning.check(
        thing, urn=f"{URN}{'x' * 30}", seed=b"s", old={}, new=Properties(values={})
    )
    assert [problem.path for problem in checked.problems] == ["name"]


def test_a_difference_names_changes_and_replacements(thing: Thing) -> None:
    old = {"name": "a", "size": 1, "place": "x", "tags": {"k": "v"}}
    difference = planning.diff(thing, old=old, new={**old, "size": 2})
    assert [(c.path, c.replaces) for c in difference.changes] == [("size", False)]
    difference = planning.diff(thing, old=old, new={**old, "place": "y"})
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
def test_only_a_fixed_name_must_be_freed_first(
    thing: Thing, new: dict[str, object], *, first: bool
) -> None:
    old = {"name": "a", "place": "x", "size": 1}
    assert planning.diff(thing, old=old, new={"size": 1, **new}).delete_first is first


def test_what_only_the_service_sets_is_unknown_in_a_preview(thing: Thing) -> None:
    planned = planning.plan_create(thing, {"name": "a", "__defaults": ["name"]})
    assert planned == {
        "name": "a",
        "arn": UNKNOWN,
        "serial": UNKNOWN,
        "tagsAll": UNKNOWN,
        "region": UNKNOWN,
    }


def test_the_preview_of_an_update_keeps_what_is_stable(thing: Thing) -> None:
    outputs = {"name": "a", "arn": "arn:a", "serial": 4, "tagsAll": {}, "region": "r"}
    planned = planning.plan_update(thing, {"name": "a", "tags": {"k": "v"}}, outputs)
    assert planned["arn"] == "arn:a"
    assert planned["serial"] is UNKNOWN
    assert planned["tagsAll"] == {"k": "v"}


def test_tags_on_a_resource_without_any_are_no_replacement(thing: Thing) -> None:
    """The case of a resource that was created before the program had tags."""
    old = {"name": "a", "size": 1}
    difference = planning.diff(thing, old=old, new={**old, "tags": {"k": "v"}})
    assert [(c.path, c.kind, c.replaces) for c in difference.changes] == [
        ("tags", ChangeKind.ADD, False)
    ]


def test_a_tag_that_a_preview_does_not_know_yet_is_planned(thing: Thing) -> None:
    old = {"name": "a", "size": 1, "tags": {"k": "v"}}
    new = {**old, "tags": {"k": UNKNOWN}}
    difference = planning.diff(thing, old=old, new=new)
    assert [(c.path, c.replaces) for c in difference.changes] == [("tags.k", False)]
    planned = planning.plan_update(thing, new, {**old, "arn": "arn:a"})
    assert planned["tags"] == planned["tagsAll"] == {"k": UNKNOWN}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (None, "red", ChangeKind.ADD),
        ("red", "blue", ChangeKind.UPDATE),
        ("red", None, None),
    ],
)
def test_a_sticky_setting_that_the_program_drops_is_no_difference(
    thing: Thing, old: str | None, new: str | None, kind: ChangeKind | None
) -> None:
    before = {"name": "a", "size": 1, "color": old}
    after = {"name": "a", "size": 1, "color": new}
    changes = planning.diff(thing, old=before, new=after).changes
    assert [change.kind for change in changes] == ([] if kind is None else [kind])

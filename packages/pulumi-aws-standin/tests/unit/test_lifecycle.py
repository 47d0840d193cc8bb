"""Proves the answers that need a service, with a service in memory."""

from __future__ import annotations

import pytest
from pulumi_aws_standin import lifecycle, quirks
from pulumi_aws_standin.errors import ProviderError, ServiceError
from pulumi_aws_standin.resource import Known
from pulumi_aws_standin.session import Session

from tests.support.thing import TAGS_OF, Thing


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")


@pytest.fixture
def thing() -> Thing:
    TAGS_OF.clear()
    return Thing()


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


def test_a_failed_follow_up_keeps_the_resource(thing: Thing, session: Session) -> None:
    thing.refuses = "size"
    with pytest.raises(lifecycle.InitializationError, match="Refused: no size") as error:
        lifecycle.create(thing, session, {"name": "a", "size": 3})
    assert error.value.identifier == "a"
    assert error.value.outputs["size"] == 1


def test_a_property_that_the_service_ignores_is_an_error(thing: Thing, session: Session) -> None:
    thing.ignored = {"size"}
    with pytest.raises(lifecycle.InitializationError, match="did not apply size"):
        lifecycle.create(thing, session, {"name": "a", "size": 3})


def test_the_error_of_an_unusable_resource_names_its_state(thing: Thing, session: Session) -> None:
    thing.pending = "CREATING"
    with pytest.raises(lifecycle.InitializationError, match=r"gave up .* \(it is CREATING\)"):
        lifecycle.create(thing, session, {"name": "a", "size": 1})


def test_the_error_of_a_failed_resource_names_the_reason(thing: Thing, session: Session) -> None:
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


def test_an_update_does_not_depend_on_the_recorded_state(thing: Thing, session: Session) -> None:
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


def test_a_property_that_the_emulator_does_not_report_keeps_the_states_value(
    thing: Thing, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing.things["a"] = {"name": "a", "size": 1, "backup": {"enabled": True}}
    known = Known(inputs={"name": "a", "size": 1, "backup": {"enabled": True, "days": 7}})
    assert lifecycle.read(thing, session, "a", known).inputs["backup"] == {"enabled": True}
    monkeypatch.setitem(quirks.NOT_READ, thing.type_name, {"backup.days": "not reported"})
    assert lifecycle.read(thing, session, "a", known).inputs["backup"] == {
        "enabled": True,
        "days": 7,
    }


def test_a_deletion_of_a_missing_resource_is_no_failure(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a"}
    lifecycle.delete(thing, session, "a", Known())
    lifecycle.delete(thing, session, "a", Known())
    assert not thing.things


def test_any_other_refusal_of_a_deletion_is_an_error(
    thing: Thing, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Thing, "missing", ())
    with pytest.raises(ServiceError, match="NoSuchThing"):
        lifecycle.delete(thing, session, "a", Known())


def test_a_deletion_without_effect_is_no_success(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a"}
    thing.immortal = True
    with pytest.raises(ProviderError, match="still reports it"):
        lifecycle.delete(thing, session, "a", Known())


def test_a_sticky_setting_that_the_program_drops_stays(thing: Thing, session: Session) -> None:
    # given a resource with a color, which the service would report as a drift
    thing.things["a"] = {"name": "a", "size": 1, "color": "red"}
    # when the program drops the color and changes the size
    old = Known(inputs={"name": "a", "size": 1, "color": "red"})
    state = lifecycle.update(thing, session, "a", old=old, new={"name": "a", "size": 2})
    # then only the size is applied, and the color is an output but no input
    assert thing.applied == [{"size"}]
    assert state.outputs["color"] == "red"
    assert "color" not in lifecycle.read(thing, session, "a", Known(inputs=state.inputs)).inputs


def test_an_import_reads_sticky_settings(thing: Thing, session: Session) -> None:
    thing.things["a"] = {"name": "a", "size": 1, "color": "red"}
    assert lifecycle.read(thing, session, "a", Known()).inputs["color"] == "red"


@pytest.mark.parametrize(
    ("kept", "place"), [({"place": "here"}, "here"), ({"size": 1}, None), ({}, "there")]
)
def test_a_whole_property_that_the_emulator_does_not_report_is_the_states(
    thing: Thing,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    kept: dict[str, object],
    place: str | None,
) -> None:
    """Present or absent as in the state; an import has no state."""
    monkeypatch.setitem(quirks.NOT_READ, thing.type_name, {"place": "never changes"})
    thing.things["a"] = {"name": "a", "size": 1, "place": "there"}
    read = lifecycle.read(thing, session, "a", Known(inputs=kept))
    assert read.inputs.get("place") == place

"""Proves how declared properties check, complete and compare values."""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.schema import (
    Boolean,
    Change,
    ChangeKind,
    Code,
    Integer,
    JsonObject,
    ListOf,
    Number,
    Object,
    Policy,
    Problem,
    Property,
    String,
    StringMap,
    Type,
    check_value,
    completed,
    object_problems,
    same,
)
from pulumi_aws_standin.wire import UNKNOWN, Archive

NESTED = Object(
    properties=(
        Property(name="mode", type=String(values=("A", "B")), required=True),
        Property(name="size", type=Integer(minimum=1, maximum=9), default=3),
        Property(name="arn", type=String(), force_new=True),
    )
)


def moment(value: str) -> str:
    if value == "bad":
        raise ValueError("must be a time")
    return value.upper()


@pytest.mark.parametrize(
    ("kind", "value", "path", "reason"),
    [
        (String(), 1, "p", "expected a string, got an integer"),
        (String(), True, "p", "expected a string, got a boolean"),
        (String(values=("A",)), "B", "p", "must be one of A"),
        (String(pattern="[a-z]+"), "abc1", "p", "must match"),
        (String(meaning=moment), "bad", "p", "must be a time"),
        (Integer(), "1", "p", "expected an integer, got a string"),
        (Integer(), True, "p", "expected an integer, got a boolean"),
        (Integer(), 1.5, "p", "expected an integer, got the number 1.5"),
        (Integer(minimum=60, maximum=604_800, also=(-1,)), 59, "p", "from 60 to 604800 or -1"),
        (Integer(values=(0, 1, 3)), 2, "p", "must be one of 0, 1, 3"),
        (Integer(minimum=60, multiple=60, also=(30,)), 90, "p", "must be a multiple of 60 or 30"),
        (Number(), "1", "p", "expected a number, got a string"),
        (Number(), True, "p", "expected a number, got a boolean"),
        (JsonObject(), {}, "p", "expected the text of a JSON object, got an object"),
        (JsonObject(), "[1]", "p", "is not the text of a JSON object"),
        (JsonObject(), "{", "p", "is not the text of a JSON object"),
        (ListOf(item=String(), maximum=1), ["a", "b"], "p", "expected at most 1, got 2"),
        (Boolean(), "true", "p", "expected a boolean"),
        (Policy(), "{", "p", "is not the JSON of a policy document"),
        (Policy(), 5, "p", "expected a policy document"),
        (Code(), "package.zip", "p", "expected an archive, got a string"),
        (StringMap(), {"a": 1}, "p.a", "expected a string"),
        (StringMap(), [], "p", "expected a map of strings"),
        (ListOf(item=String(values=("x",))), ["x", "y"], "p[1]", "must be one of x"),
        (ListOf(item=String(), minimum=1), [], "p", "expected at least 1, got 0"),
        (ListOf(item=String()), "x", "p", "expected a list"),
        (NESTED, [], "p", "expected an object, got a list"),
        (
            NESTED,
            {"mode": "A", "other": 1},
            "p.other",
            "the stand-in AWS provider does not implement",
        ),
        (NESTED, {}, "p.mode", "is required and missing"),
        (NESTED, {"mode": "A", "size": 10}, "p.size", "from 1 to 9"),
        (ListOf(item=NESTED), [{"mode": "A", "x": 1}], "p[0].x", "does not implement"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(
    kind: Type, value: object, path: str, reason: str
) -> None:
    problems = list(check_value(kind, "p", value))
    assert [problem.path for problem in problems] == [path]
    assert reason in problems[0].reason


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (String(), UNKNOWN),
        (Integer(also=(-1,)), -1),
        (Integer(minimum=0, maximum=10), 0),
        (Integer(minimum=0, maximum=10), 10),
        (Boolean(), False),
        (Policy(), '{"Statement": []}'),
        (Policy(), {"Statement": []}),
        (Policy(), {"Statement": [{"Resource": UNKNOWN}]}),
        (Code(), Archive(hash="h")),
        (StringMap(), {"a": UNKNOWN}),
        (ListOf(item=String()), [UNKNOWN]),
        (NESTED, {"mode": UNKNOWN}),
        (NESTED, UNKNOWN),
    ],
)
def test_a_right_or_unknown_value_is_accepted(kind: Type, value: object) -> None:
    assert not list(check_value(kind, "p", value))


def test_an_unknown_and_a_missing_property_are_both_named() -> None:
    properties = (Property(name="a", type=String(), required=True),)
    assert [problem.path for problem in object_problems(properties, {"b": 1})] == ["b", "a"]
    assert list(object_problems(properties, {"a": None})) == [
        Problem("a", "is required and missing")
    ]


def test_defaults_are_filled_in_at_every_depth() -> None:
    properties = (
        Property(name="one", type=NESTED),
        Property(name="many", type=ListOf(item=NESTED)),
        Property(name="flag", type=Boolean(), default=False),
        Property(name="open", type=String()),
    )
    assert completed(properties, {"one": {"mode": "A"}, "many": [{"mode": "B"}, UNKNOWN]}) == {
        "one": {"mode": "A", "size": 3},
        "many": [{"mode": "B", "size": 3}, UNKNOWN],
        "flag": False,
    }


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (String(), "", None),
        (String(meaning=moment), "t", "T"),
        (StringMap(), {}, None),
        (ListOf(item=String()), [], None),
        (ListOf(item=String(), ordered=False), ["a", "b"], ["b", "a"]),
        (ListOf(item=NESTED, ordered=False), [{"mode": "A"}], [{"mode": "A", "size": 3}]),
        (Policy(), '{"Statement": []}', {"Statement": []}),
        (Code(), Archive(hash="h", path="a.zip"), Archive(hash="h")),
        (Object(properties=(Property(name="x", type=String()),)), {}, None),
    ],
)
def test_the_same_meaning_is_no_change(kind: Type, left: object, right: object) -> None:
    assert same(kind, left, right)
    assert not list(kind.changes("p", left, right, replaces=False))


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (String(), "a", "A"),
        (Boolean(), False, None),
        (Integer(), 0, None),
        (ListOf(item=String()), ["a", "b"], ["b", "a"]),
        (Code(), Archive(hash="h"), Archive(hash="i")),
        (Policy(), '{"Statement": []}', json.dumps({"Statement": [{"Effect": "Deny"}]})),
        (String(), UNKNOWN, UNKNOWN),
        (String(), "a", UNKNOWN),
    ],
)
def test_another_meaning_is_a_change(kind: Type, left: object, right: object) -> None:
    assert not same(kind, left, right)
    assert list(kind.changes("p", left, right, replaces=False))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, {"mode": "A"}, [("p", ChangeKind.ADD, True)]),
        ({"mode": "A"}, None, [("p", ChangeKind.DELETE, True)]),
        ({"mode": "A"}, {"mode": "B"}, [("p.mode", ChangeKind.UPDATE, False)]),
        ({"mode": "A"}, {"mode": "A", "arn": "x"}, [("p.arn", ChangeKind.ADD, True)]),
        ({"mode": "A", "arn": "x"}, {"mode": "A"}, [("p.arn", ChangeKind.DELETE, True)]),
        ({"mode": "A", "arn": "x"}, {"mode": "A", "arn": UNKNOWN}, [("p.arn", None, True)]),
    ],
)
def test_properties_of_an_object_change_one_by_one(
    old: object, new: object, expected: list[tuple[str, ChangeKind | None, bool]]
) -> None:
    changes = list(NESTED.changes("p", old, new, replaces=False))
    assert [(c.path, c.replaces) for c in changes] == [(path, r) for path, _, r in expected]
    for change, (_, kind, _) in zip(changes, expected, strict=True):
        assert change.kind == (kind or ChangeKind.UPDATE)


def test_members_of_a_map_change_one_by_one() -> None:
    changes = list(
        StringMap().changes("tags", {"a": "1", "b": "2"}, {"a": "3", "c": "4"}, replaces=False)
    )
    assert changes == [
        Change(path="tags.a", kind=ChangeKind.UPDATE, replaces=False),
        Change(path="tags.b", kind=ChangeKind.DELETE, replaces=False),
        Change(path="tags.c", kind=ChangeKind.ADD, replaces=False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({"a": "1"}, {"a": "1", "empty": ""}, ChangeKind.ADD),
        ({"a": "1", "empty": ""}, {"a": "1"}, ChangeKind.DELETE),
        ({"a": "1", "empty": "2"}, {"a": "1", "empty": ""}, ChangeKind.UPDATE),
    ],
)
def test_an_empty_member_of_a_map_is_not_an_absent_one(
    old: object, new: object, kind: ChangeKind
) -> None:
    changes = list(StringMap().changes("tags", old, new, replaces=False))
    assert changes == [Change(path="tags.empty", kind=kind, replaces=False)]


@pytest.mark.parametrize("value", [1, 1.5, 0, -2])
def test_a_number_may_have_a_fraction(value: object) -> None:
    assert not list(check_value(Number(), "p", value))


def test_the_text_of_a_json_object_is_compared_by_meaning() -> None:
    assert same(JsonObject(), '{"a": 1, "b": [2]}', '{"b":[2],"a":1}')
    assert not same(JsonObject(), '{"b": [1, 2]}', '{"b": [2, 1]}')


def test_a_text_that_is_not_json_differs_from_every_json_object() -> None:
    assert not same(JsonObject(), "{", "{}")
    assert same(JsonObject(), "{", "{")

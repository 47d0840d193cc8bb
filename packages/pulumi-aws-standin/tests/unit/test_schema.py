"""Proves what declared properties admit, fill in and count as a change."""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.schema import (
    Change,
    ChangeKind,
    Code,
    Flag,
    ListOf,
    Policy,
    Problem,
    Property,
    Record,
    Text,
    TextMap,
    Type,
    Whole,
    check_value,
    completed,
    record_problems,
    same,
)
from pulumi_aws_standin.wire import UNKNOWN, Archive

NESTED = Record(
    properties=(
        Property(name="mode", type=Text(values=("A", "B")), required=True),
        Property(name="size", type=Whole(minimum=1, maximum=9), default=3),
        Property(name="arn", type=Text(), force_new=True),
    )
)


def moment(value: str) -> str:
    if value == "bad":
        raise ValueError("must be a time")
    return value.upper()


@pytest.mark.parametrize(
    ("kind", "value", "path", "reason"),
    [
        (Text(), 1, "p", "a string is needed, not a number"),
        (Text(), True, "p", "a string is needed, not a boolean"),
        (Text(values=("A",)), "B", "p", "must be one of A"),
        (Text(pattern="[a-z]+"), "abc1", "p", "must match"),
        (Text(meaning=moment), "bad", "p", "must be a time"),
        (Whole(), "1", "p", "a whole number is needed, not a string"),
        (Whole(), True, "p", "a whole number is needed, not a boolean"),
        (Whole(), 1.5, "p", "a whole number is needed, not the number 1.5"),
        (Whole(minimum=60, maximum=604_800, also=(-1,)), 59, "p", "from 60 to 604800 or -1"),
        (Whole(values=(0, 1, 3)), 2, "p", "must be one of 0, 1, 3"),
        (Flag(), "true", "p", "true or false is needed"),
        (Policy(), "{", "p", "is not the JSON of a policy document"),
        (Policy(), 5, "p", "a policy document is needed"),
        (Code(), "package.zip", "p", "an archive is needed, not a string"),
        (TextMap(), {"a": 1}, "p.a", "a string is needed"),
        (TextMap(), [], "p", "strings by name are needed"),
        (ListOf(item=Text(values=("x",))), ["x", "y"], "p[1]", "must be one of x"),
        (ListOf(item=Text(), minimum=1), [], "p", "at least 1 needed"),
        (ListOf(item=Text()), "x", "p", "a list is needed"),
        (NESTED, [], "p", "an object is needed, not a list"),
        (NESTED, {"mode": "A", "other": 1}, "p.other", "stand-in AWS provider implements"),
        (NESTED, {}, "p.mode", "is required and missing"),
        (NESTED, {"mode": "A", "size": 10}, "p.size", "from 1 to 9"),
        (ListOf(item=NESTED), [{"mode": "A", "x": 1}], "p[0].x", "implements"),
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
        (Text(), UNKNOWN),
        (Whole(also=(-1,)), -1),
        (Whole(minimum=0, maximum=10), 0),
        (Whole(minimum=0, maximum=10), 10),
        (Flag(), False),
        (Policy(), '{"Statement": []}'),
        (Policy(), {"Statement": []}),
        (Policy(), {"Statement": [{"Resource": UNKNOWN}]}),
        (Code(), Archive(hash="h")),
        (TextMap(), {"a": UNKNOWN}),
        (ListOf(item=Text()), [UNKNOWN]),
        (NESTED, {"mode": UNKNOWN}),
        (NESTED, UNKNOWN),
    ],
)
def test_a_right_or_unknown_value_is_admitted(kind: Type, value: object) -> None:
    assert not list(check_value(kind, "p", value))


def test_an_unknown_and_a_missing_property_are_both_named() -> None:
    properties = (Property(name="a", type=Text(), required=True),)
    assert [problem.path for problem in record_problems(properties, {"b": 1})] == ["b", "a"]
    assert list(record_problems(properties, {"a": None})) == [
        Problem("a", "is required and missing")
    ]


def test_defaults_are_filled_in_at_every_depth() -> None:
    properties = (
        Property(name="one", type=NESTED),
        Property(name="many", type=ListOf(item=NESTED)),
        Property(name="flag", type=Flag(), default=False),
        Property(name="open", type=Text()),
    )
    assert completed(properties, {"one": {"mode": "A"}, "many": [{"mode": "B"}, UNKNOWN]}) == {
        "one": {"mode": "A", "size": 3},
        "many": [{"mode": "B", "size": 3}, UNKNOWN],
        "flag": False,
    }


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (Text(), "", None),
        (Text(meaning=moment), "t", "T"),
        (TextMap(), {}, None),
        (ListOf(item=Text()), [], None),
        (ListOf(item=Text(), ordered=False), ["a", "b"], ["b", "a"]),
        (ListOf(item=NESTED, ordered=False), [{"mode": "A"}], [{"mode": "A", "size": 3}]),
        (Policy(), '{"Statement": []}', {"Statement": []}),
        (Code(), Archive(hash="h", path="a.zip"), Archive(hash="h")),
        (Record(properties=(Property(name="x", type=Text()),)), {}, None),
    ],
)
def test_the_same_meaning_is_no_change(kind: Type, left: object, right: object) -> None:
    assert same(kind, left, right)
    assert not list(kind.changes("p", left, right, replaces=False))


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (Text(), "a", "A"),
        (Flag(), False, None),
        (Whole(), 0, None),
        (ListOf(item=Text()), ["a", "b"], ["b", "a"]),
        (Code(), Archive(hash="h"), Archive(hash="i")),
        (Policy(), '{"Statement": []}', json.dumps({"Statement": [{"Effect": "Deny"}]})),
        (Text(), UNKNOWN, UNKNOWN),
        (Text(), "a", UNKNOWN),
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
def test_changes_within_an_object_are_told_one_by_one(
    old: object, new: object, expected: list[tuple[str, ChangeKind | None, bool]]
) -> None:
    changes = list(NESTED.changes("p", old, new, replaces=False))
    assert [(c.path, c.replaces) for c in changes] == [(path, r) for path, _, r in expected]
    for change, (_, kind, _) in zip(changes, expected, strict=True):
        assert change.kind == (kind or ChangeKind.UPDATE)


def test_tags_are_told_one_by_one() -> None:
    changes = list(
        TextMap().changes("tags", {"a": "1", "b": "2"}, {"a": "3", "c": "4"}, replaces=False)
    )
    assert changes == [
        Change(path="tags.a", kind=ChangeKind.UPDATE, replaces=False),
        Change(path="tags.b", kind=ChangeKind.DELETE, replaces=False),
        Change(path="tags.c", kind=ChangeKind.ADD, replaces=False),
    ]

"""Items have the same digest if, and only if, DynamoDB would call them equal."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ops.reconcile.canonical import item_digest, untyped_digest

BIG = "1" * 40


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"N": "10"}, {"N": "1E1"}),
        ({"N": "1.50"}, {"N": "1.5"}),
        ({"N": "0"}, {"N": "-0.0"}),
        ({"N": "1E+2"}, {"N": "100"}),
        ({"N": "-0.07"}, {"N": "-7E-2"}),
        ({"M": {"a": {"N": "1"}, "b": {"S": "x"}}}, {"M": {"b": {"S": "x"}, "a": {"N": "1.0"}}}),
        ({"L": [{"N": "10"}]}, {"L": [{"N": "1E1"}]}),
    ],
)
def test_notations_of_one_value_are_equal(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert item_digest({"a": first}) == item_digest({"a": second})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"N": "1"}, {"N": "10"}),
        ({"N": "1"}, {"N": "-1"}),
        ({"N": "12"}, {"N": "1.2"}),
        ({"N": "1"}, {"S": "1"}),
        ({"S": "YWJj"}, {"B": b"abc"}),
        ({"NULL": True}, {"S": "nan"}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"M": {}}, {"L": []}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"SS": ["a"]}, {"L": [{"S": "a"}]}),
    ],
)
def test_different_values_differ(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert item_digest({"a": first}) != item_digest({"a": second})


def test_an_attribute_more_differs() -> None:
    item = {"pk": {"S": "a"}}

    assert item_digest(item) != item_digest({**item, "b": {"S": "c"}})


@pytest.mark.parametrize(
    ("ion", "json"),
    [
        ({"B": b"\x00\xff"}, {"S": base64.b64encode(b"\x00\xff").decode()}),
        ({"B": b"a clob"}, {"S": "a clob"}),
        ({"B": b"test"}, {"S": "test"}),
        ({"B": b"test"}, {"S": base64.b64encode(b"test").decode()}),
        ({"S": "nan"}, {"NULL": True}),
        ({"S": "-inf"}, {"NULL": True}),
        ({"S": f"{BIG}0d0"}, {"S": f"{BIG}d1"}),
        ({"S": "1e+300"}, {"S": "1d300"}),
        ({"N": "1.0"}, {"N": "1"}),
        ({"M": {"a": {"B": b"x"}}}, {"M": {"a": {"S": "eA=="}}}),
    ],
)
def test_what_json_loses_does_not_count_without_types(
    ion: dict[str, Any], json: dict[str, Any]
) -> None:
    assert untyped_digest({"a": ion}) == untyped_digest({"a": json})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"S": "a"}, {"S": "b"}),
        ({"S": "007"}, {"S": "7"}),
        ({"B": b"one"}, {"B": b"two"}),
        ({"NULL": True}, {"S": ""}),
        ({"N": "1"}, {"N": "2"}),
        ({"S": "1"}, {"N": "1"}),
    ],
)
def test_other_values_differ_without_types_too(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert untyped_digest({"a": first}) != untyped_digest({"a": second})

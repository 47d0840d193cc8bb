"""The down-conversion to JSON, rule by rule (Ion cookbook, "Down-converting to JSON")."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.ion_json import json_text


def converted(text: str) -> str:
    return json_text(simpleion.loads(text))


@pytest.mark.parametrize(
    "text",
    ["null", "null.int", "null.string", "null.struct", "null.list", "null.timestamp", "a::null"],
)
def test_rule_1_nulls_of_any_type_are_null(text: str) -> None:
    assert converted(text) == "null"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("-17", "-17"),
        ("0xff", "255"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_rule_2_ints_are_numbers_with_every_digit(text: str, expected: str) -> None:
    assert converted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e0", "1e0"),
        ("0e0", "0e0"),
        ("-0e0", "-0e0"),
        ("0.1e0", "0.1e0"),
        ("1e300", "1e+300"),
        ("5e-324", "5e-324"),
        ("nan", "null"),
        ("+inf", "null"),
        ("-inf", "null"),
    ],
)
def test_rule_3_floats_are_numbers_with_an_exponent_or_null(text: str, expected: str) -> None:
    assert converted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90.25", "9025e-2"),
        ("1.50", "150e-2"),
        ("10.", "10e0"),
        ("0.", "0e0"),
        ("0.00", "0e-2"),
        ("-0.", "-0e0"),
        ("-0.0", "-0e-1"),
        ("1d2", "1e2"),
        ("-1d-20", "-1e-20"),
        ("12345678901234567890.1234567890", "123456789012345678901234567890e-10"),
    ],
)
def test_rule_4_decimals_are_numbers_with_their_precision(text: str, expected: str) -> None:
    """The notation is what ion-java 1.11.10 prints."""
    assert converted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020T", "2020T"),
        ("2020-02T", "2020-02T"),
        ("2020-02-03", "2020-02-03"),
        ("2020-02-03T04:05Z", "2020-02-03T04:05Z"),
        ("2020-02-03T04:05:06Z", "2020-02-03T04:05:06Z"),
        ("2020-02-03T04:05:06.700Z", "2020-02-03T04:05:06.700Z"),
        ("2020-02-03T04:05:06.123456789Z", "2020-02-03T04:05:06.123456789Z"),
        ("2020-02-03T04:05:06.000+01:30", "2020-02-03T04:05:06.000+01:30"),
        ("2020-02-03T04:05:06-08:00", "2020-02-03T04:05:06-08:00"),
        ("2020-02-03T04:05:06-00:00", "2020-02-03T04:05:06-00:00"),
        ("0001-01-01", "0001-01-01"),
    ],
)
def test_rule_5_timestamps_are_strings_with_precision_and_offset(text: str, expected: str) -> None:
    assert converted(text) == f'"{expected}"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [("sym", '"sym"'), ("'a b'", '"a b"'), ("'null'", '"null"'), ("$0", '"$0"')],
)
def test_rule_6_symbols_are_strings(text: str, expected: str) -> None:
    assert converted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"plain"', '"plain"'),
        (r'"a\"b\\c"', r'"a\"b\\c"'),
        (r'"line\nfeed\x00"', r'"line\nfeed\u0000"'),
        ('"é😀"', '"é😀"'),
    ],
)
def test_rule_7_strings_are_strings(text: str, expected: str) -> None:
    assert converted(text) == expected


def test_rule_8_clobs_are_ascii_with_escaped_bytes() -> None:
    text = converted(r'{{"a~\"\\ \x00\n\x1f\x7f\x80\xff"}}')

    assert text == r'"a~\"\\ \u0000\u000a\u001f\u007f\u0080\u00ff"'
    assert json.loads(text).encode("latin-1") == b'a~"\\ \x00\n\x1f\x7f\x80\xff'


@pytest.mark.parametrize(("text", "expected"), [("{{AP8=}}", '"AP8="'), ("{{}}", '""')])
def test_rule_9_blobs_are_base64(text: str, expected: str) -> None:
    assert converted(text) == expected


def test_rule_10_structs_are_objects_with_repeated_names_kept() -> None:
    assert converted("{a:1,b:{},a:2}") in {'{"a":1,"a":2,"b":{}}', '{"a":1,"b":{},"a":2}'}


@pytest.mark.parametrize(
    ("text", "expected"), [("[1,[]]", "[1,[]]"), ("(2 + (x) 2)", '[2,"+",["x"],2]')]
)
def test_rules_11_and_12_lists_and_expressions_are_arrays(text: str, expected: str) -> None:
    assert converted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a::b::1", "1"),
        ("a::[x::1]", "[1]"),
        ("{f: a::{g: b::true}}", '{"f":{"g":true}}'),
        ("a::{{AP8=}}", '"AP8="'),
    ],
)
def test_rule_13_annotations_are_left_out(text: str, expected: str) -> None:
    assert converted(text) == expected


def test_rules_14_and_15_names_are_quoted_and_no_comma_trails() -> None:
    assert converted("{plain: true, 'a b': false, $0: 1,}") == '{"plain":true,"a b":false,"$0":1}'


def test_the_cookbooks_example() -> None:
    text = "{data: annot::{foo: null.string, bar: (2 + 2)}, time: 1969-07-20T20:18Z}"

    assert json.loads(converted(text)) == {
        "data": {"foo": None, "bar": [2, "+", 2]},
        "time": "1969-07-20T20:18Z",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.5, "0.5e0"),
        (Decimal("1.0"), "10e-1"),
        (b"\0", '"AA=="'),
        ((1, "x"), '[1,"x"]'),
        ({None: 1}, '{"$0":1}'),
        (datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC), '"2020-01-02T03:04:05.000006Z"'),
    ],
)
def test_bare_values_are_those_that_amazon_ion_writes_for_them(value: Any, expected: str) -> None:  # noqa: ANN401 (any value)
    assert json_text(value) == expected
    assert converted(simpleion.dumps(value, binary=False)) == expected


def test_what_has_no_ion_type_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no Ion type"):
        json_text({"a": {1}})


def test_deep_documents_are_converted() -> None:
    levels = 400
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}

    assert json_text(value).endswith("1" + "]}" * levels)

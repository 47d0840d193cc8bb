"""Proves that property values survive Pulumi's wire form, special values included.

It cannot prove that the engine sends these forms; the test with the real engine does.
"""

from __future__ import annotations

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi_aws_standin.wire import (
    UNKNOWN,
    Archive,
    Asset,
    WireError,
    contains_unknown,
    decode,
    encode,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def wire(**fields: object) -> struct_pb2.Struct:
    return json_format.ParseDict(fields, struct_pb2.Struct())


@pytest.mark.parametrize(
    "value",
    [
        True,
        0,
        -1,
        604_800,
        1.5,
        "",
        "text",
        [],
        {},
        ["a", 1, {"b": [False]}],
        {"nested": {"deeper": None}},
        UNKNOWN,
        {"inside": UNKNOWN},
        Asset(hash="a", text="print(1)"),
        Asset(hash="a", path="main.py"),
        Asset(hash="a"),
        Archive(hash="b"),
        Archive(hash="b", path="package.zip"),
        Archive(hash="b", assets={"x": Asset(hash="a", text=""), "y": Archive(hash="c", path=".")}),
    ],
)
def test_a_value_survives_the_round_trip(value: object) -> None:
    assert decode(encode({"p": value})).values == {"p": value}


def test_numbers_without_a_fraction_are_integers() -> None:
    value = decode(wire(count=3)).values["count"]
    assert isinstance(value, int)


def test_an_absent_property_is_not_sent() -> None:
    assert "p" not in encode({"p": None}).fields


def test_a_secret_is_unwrapped_and_recorded_by_its_property() -> None:
    given = decode(
        wire(
            plain="a",
            deep={"list": [{SIGNATURE: SECRET, "value": "hidden"}]},
        )
    )
    assert given.values == {"plain": "a", "deep": {"list": ["hidden"]}}
    assert given.secrets == {"deep"}


def test_a_secret_goes_back_as_a_secret() -> None:
    sent = json_format.MessageToDict(encode({"a": "x", "b": "y"}, ["b"]))
    assert sent == {"a": "x", "b": {SIGNATURE: SECRET, "value": "y"}}


def test_outputs_are_unwrapped() -> None:
    given = decode(
        wire(
            known={SIGNATURE: OUTPUT, "value": 5, "secret": True},
            unknown={SIGNATURE: OUTPUT, "dependencies": []},
        )
    )
    assert given.values == {"known": 5, "unknown": UNKNOWN}
    assert given.secrets == {"known"}


def test_the_unknown_value_is_recognised_at_any_depth() -> None:
    given = decode(wire(a={"b": [UNKNOWN_TEXT]})).values
    assert contains_unknown(given["a"])
    assert not contains_unknown({"b": ["known"]})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({SIGNATURE: RESOURCE, "urn": "u"}, "resource reference"),
        ({SIGNATURE: "0" * 32}, "unknown signature"),
        ({SIGNATURE: ARCHIVE, "uri": "https://example.org"}, "archives by URI are not supported"),
        ({SIGNATURE: ASSET, "uri": "https://example.org"}, "assets by URI are not supported"),
        ({SIGNATURE: ARCHIVE, "assets": {"x": "text"}}, "is not a file or an archive"),
    ],
)
def test_a_form_that_the_engine_never_sends_is_refused(value: object, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        decode(wire(p=value))


def test_what_has_no_wire_form_is_refused() -> None:
    with pytest.raises(WireError, match="bytes"):
        encode({"p": b"bytes"})

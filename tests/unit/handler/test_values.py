"""Ion values become exactly the DynamoDB values of the documented type table.

Proves the conversion against amazon.ion's writer. That DynamoDB keeps these forms unchanged is
proven by tests/integration/test_values_on_dynamodb_local.py.
"""

from __future__ import annotations

import gc
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handler.values import UnstorableValue, attribute_value
from journal.errors import IonError
from journal.ion import symbol_tables
from journal.ion.stream import VERSION_MARKER, single_value
from journal.ion.structure import converted_fields
from journal.ion.symbols import SYSTEM_SYMBOLS
from tests.support.ion import binary
from tests.support.ion_values import Sample, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from journal.ion.symbols import Names


def converted(text: str) -> Mapping[str, Any]:
    return attribute_value(single_value(binary(text)))


def comparable(value: Mapping[str, Any]) -> object:
    """Return a value in which equal numbers compare equal, regardless of their digits."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "L":
        return kind, [comparable(element) for element in content]
    if kind == "M":
        return kind, {name: comparable(field) for name, field in content.items()}
    return kind, content


@given(values)
@example(Sample("2021-02-03T04:05:06.123456789123Z", {"S": "2021-02-03T04:05:06.123456789123Z"}))
@example(Sample("2021-02-03T04:05:06.1234567890Z", {"S": "2021-02-03T04:05:06.1234567890Z"}))
@example(Sample("1d-7000", {"S": "1d-7000"}))
@example(Sample("{a: 1, b: 2, a: 3}", {"M": {"a": {"N": "3"}, "b": {"N": "2"}}}))
@example(Sample("{$0: 1}", {"M": {"$0": {"N": "1"}}}))
def test_every_value_has_the_promised_form(sample: Sample) -> None:
    assert comparable(converted(sample.text)) == comparable(sample.promised)


@pytest.mark.parametrize(
    ("text", "promised"),
    [
        ("0", {"N": "0"}),
        ("-0.0", {"N": "0"}),
        ("0d-7000", {"N": "0"}),
        ("-0e0", {"N": "0"}),
        ("1.2300", {"N": "123E-2"}),
        ("9" * 38, {"N": "9" * 38}),
        ("-" + "9" * 38, {"N": "-" + "9" * 38}),
        ("1" + "0" * 37 + "1", {"S": "1" + "0" * 37 + "1"}),
        ("1" + "0" * 125, {"N": "1E125"}),
        ("1" + "0" * 126, {"S": "1" + "0" * 126}),
        ("9." + "9" * 37 + "d125", {"N": "9" * 38 + "E88"}),
        ("1d126", {"S": "1d126"}),
        ("1d-130", {"N": "1E-130"}),
        ("9.9d-131", {"S": "99d-132"}),
        ("1e125", {"N": "1e+125"}),
        ("1e126", {"S": "1e+126"}),
        ("1e-130", {"N": "1e-130"}),
        ("5e-324", {"S": "5e-324"}),
        ("0.1e0", {"N": "0.1"}),
        ("+inf", {"S": "+inf"}),
        ("-inf", {"S": "-inf"}),
        ("nan", {"S": "nan"}),
    ],
)
def test_a_number_becomes_n_only_if_dynamodb_keeps_it_exactly(
    text: str, promised: dict[str, str]
) -> None:
    assert converted(text) == promised


def test_a_float_of_32_bits_keeps_its_value() -> None:
    data = VERSION_MARKER + b"\x44" + struct.pack(">f", 0.1)
    assert attribute_value(single_value(data)) == {"N": "0.10000000149011612"}


def test_an_int_of_any_size_is_written_out() -> None:
    number = 7**6000
    data = VERSION_MARKER + _value(0x20, number.to_bytes(2106, "big"))

    text = attribute_value(single_value(data))["S"]

    assert len(text) == 5071
    assert Decimal(text) == number


@pytest.mark.parametrize("kind", [0x20, 0x30, 0x50], ids=["int", "negative int", "decimal"])
def test_a_number_of_more_digits_than_an_item_has_bytes_is_refused(kind: int) -> None:
    exponent = b"\x80" if kind == 0x50 else b""
    data = VERSION_MARKER + _value(kind, exponent + b"\x7f" * 171_000)
    with pytest.raises(UnstorableValue, match="an item of more than 409600 bytes"):
        attribute_value(single_value(data))


def test_the_longest_number_is_written_out() -> None:
    content = b"\x7f" * 170_000
    data = VERSION_MARKER + _value(0x20, content)

    text = attribute_value(single_value(data))["S"]

    assert (len(text), text.isdigit()) == (409_401, True)
    assert int(text[-9:]) == int.from_bytes(content, "big") % 10**9


@pytest.mark.parametrize("kind", [0x20, 0x50], ids=["int", "decimal"])
def test_zeros_before_a_number_do_not_count_as_digits(kind: int) -> None:
    exponent = b"\x80" if kind == 0x50 else b""
    data = VERSION_MARKER + _value(kind, exponent + bytes(500_000) + b"\x05")
    assert attribute_value(single_value(data)) == {"N": "5"}


@pytest.mark.parametrize(
    "text", ["0", "0e0", "0d0", "$0", '""', "{{}}", '{{""}}', "[]", "()", "{}"]
)
def test_a_million_values_without_content_share_one_object(text: str) -> None:
    first, second = converted(f"[{text}, {text}]")["L"]
    assert first is second


def _value(kind: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([kind | 14, size >> 14 & 0x7F, size >> 7 & 0x7F, (size & 0x7F) | 0x80]) + content


UNSTORABLE = "[" * 32 + "]" * 32


@pytest.mark.parametrize("text", [UNSTORABLE, f"{{b: {UNSTORABLE}}}"])
def test_a_field_that_comes_again_replaces_one_that_cannot_be_stored(text: str) -> None:
    assert converted(f"{{a: {text}, c: 2, a: 1}}") == {"M": {"a": {"N": "1"}, "c": {"N": "2"}}}


@pytest.mark.parametrize("text", [f"{{a: 1, a: {UNSTORABLE}}}", f"{{a: {UNSTORABLE}, b: 1}}"])
def test_a_field_that_cannot_be_stored_is_never_left_out(text: str) -> None:
    with pytest.raises(UnstorableValue, match="nested deeper"):
        converted(text)


def test_damage_in_the_fields_counts_more_than_a_value_before_it() -> None:
    # given a struct with a field that cannot be stored, whose last field ends after the struct
    data = binary(f"{{a: {UNSTORABLE}, b: 1}}")
    position = data.index(b"\xde")
    # when
    damaged = data[:-2] + b"\x22" + data[-1:]
    # then
    assert damaged[position:] != data[position:]
    with pytest.raises(IonError):
        attribute_value(single_value(damaged))


@pytest.mark.parametrize(
    "content", [b"\x8a\xd3\x8a\x44\x00", b"\x8a\xd3\x8a\x48\x00", b"\x8a\x48\x00"]
)
def test_a_float_that_ends_after_its_struct_is_refused(content: bytes) -> None:
    with pytest.raises(IonError):
        attribute_value((content, (*SYSTEM_SYMBOLS, "a"), 0xDE, 0, len(content)))


def test_structs_that_overlap_are_not_converted_again_and_again() -> None:
    # given fields of one name, each of them a struct with one that takes up all that follows
    field = b"\x8a\xd4\x8a\xde%b"
    count = 20
    size = len(field) * count
    content = b"".join(
        field % bytes([left >> 7, left & 0x7F | 0x80])
        for left in range(size - len(field), -1, -len(field))
    )
    calls = 0

    def conversion(data: bytes, names: Names, _head: int, start: int, stop: int, depth: int) -> int:
        nonlocal calls
        calls += 1
        converted_fields(data, names, start, stop, conversions, depth)
        return calls

    conversions = [conversion] * 256
    # when
    _, errors = converted_fields(content, (*SYSTEM_SYMBOLS, "a"), 0, size, conversions, 1)
    # then
    assert calls <= 2 * count
    assert not errors


@pytest.mark.parametrize("field", [b"\x81\xff", b"\x51\x00", b"\xd3\x8a\x81\xff"])
def test_what_cannot_be_converted_is_no_cycle(field: bytes) -> None:
    content = b"\x8a" + field + b"\x8b\x11"
    gc.collect()
    gc.disable()
    # when
    try:
        with pytest.raises(IonError):
            attribute_value((content, (*SYSTEM_SYMBOLS, "a", "b"), 0xDE, 0, len(content)))
        found = gc.collect()
    finally:
        gc.enable()
    # then
    assert not found


def test_the_deepest_nesting_that_every_statement_stores_is_allowed() -> None:
    assert "L" in converted("[" * 31 + "]" * 31)


@pytest.mark.parametrize(
    ("opening", "innermost", "closing"),
    [("[", "1", "]"), ("[", "", "]"), ("{a:", "1", "}"), ("{a:", "{}", "}")],
)
@pytest.mark.parametrize("levels", [32, 200])
def test_deeper_nesting_is_refused(levels: int, opening: str, innermost: str, closing: str) -> None:
    with pytest.raises(UnstorableValue, match="nested deeper than 31 levels"):
        converted(opening * levels + innermost + closing * levels)


@pytest.mark.parametrize("text", ["{'': 1}", "[{a: {'': {}}}]"])
def test_an_empty_field_name_is_refused(text: str) -> None:
    with pytest.raises(UnstorableValue, match="an empty field name"):
        converted(text)


def test_a_value_nested_without_end_is_refused_not_recursed_into() -> None:
    content = b"\x11"
    for _ in range(20_000):
        content = _nested(content)
    with pytest.raises(UnstorableValue, match="nested deeper"):
        attribute_value(single_value(VERSION_MARKER + content))


def _nested(content: bytes) -> bytes:
    size = len(content)
    length = bytes([(size & 0x7F) | 0x80])
    while size := size >> 7:
        length = bytes([size & 0x7F]) + length
    return b"\xbe" + length + content


@pytest.mark.parametrize(
    "content",
    [
        "f0",  # reserved type
        "41",  # float of one byte
        "12",  # bool of no value
        "8182",  # text that is not UTF-8
        "720100",  # symbol beyond the table
        "b22201",  # element longer than its list
        "d28a21",  # field longer than its struct
        "d1",  # ordered struct without a length
        "e3818421",  # annotations with a value that is cut off
        "e3818121",
        "e2",
        "6180",  # timestamp without a year
        "63c00fe58d",  # month 13
        "66c00fe5818184",  # hour alone
        "67800fe58181988080",  # hour 24
        "65800fd081819f",  # more than its bytes
        "69800fe581818080803d",  # fraction that is cut off
        "6a800fe58181808080810a",  # fraction of a second above one
        "6b800fe581818080800fffff",
        "64c08081ff",  # year 0
        "5100",  # decimal with an exponent that does not end
        "21",
        "8e",
    ],
)
def test_what_is_not_ion_is_refused(content: str) -> None:
    with pytest.raises(IonError):
        attribute_value(single_value(VERSION_MARKER + bytes.fromhex(content)))


_ENDLESS = b"\x7f" * 1_000_000 + b"\xff"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        b"\x8e" + _ENDLESS,  # length of a value
        b"\xde" + _ENDLESS,
        b"\xee" + _ENDLESS,  # length of an annotation wrapper
        _value(0xE0, _ENDLESS + b"\x21\x01"),  # length of its annotations
        _value(0xE0, b"\x81" + _ENDLESS + b"\x21\x01"),  # annotation
        _value(0xD0, _ENDLESS + b"\x21\x01"),  # name of a field
        _value(0xD0, b"\x84\x8e" + _ENDLESS),  # length of a field
        _value(0x50, _ENDLESS + b"\x01"),  # exponent
        _value(0x60, _ENDLESS + b"\x0f\xe5"),  # offset
        _value(0x60, b"\x80" + _ENDLESS),  # year
        _value(0x60, bytes.fromhex("800fe58181808080") + _ENDLESS + b"\x01"),  # fraction
    ],
    ids=lambda content: content[:4].hex(),
)
def test_a_number_without_end_is_refused_at_once(content: bytes) -> None:
    # Read to its end, each of these takes minutes: time grows with the square of the bytes.
    with pytest.raises(IonError):
        attribute_value(single_value(VERSION_MARKER + content))


def test_a_large_symbol_table_is_not_cached() -> None:
    def names(count: int) -> str:
        return "{" + ",".join(f"n{number:05d}:1" for number in range(count)) + "}"

    remembered = symbol_tables._cached.cache_info
    converted(names(3))
    before = remembered().currsize
    assert len(converted(names(3000))["M"]) == 3000
    assert remembered().currsize == before


@given(st.binary(max_size=60))
def test_any_bytes_are_converted_or_refused(content: bytes) -> None:
    try:
        attribute_value(single_value(VERSION_MARKER + content))
    except (IonError, UnstorableValue):
        return


def test_padding_is_skipped() -> None:
    # given a struct with a padded field, a list with padding, and padding around the value
    data = VERSION_MARKER + bytes.fromhex("0100d8840085b40100210500")
    # when, then
    assert attribute_value(single_value(data)) == {"M": {"version": {"L": [{"N": "5"}]}}}

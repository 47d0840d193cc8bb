"""Binary Ion is written as the specification says, in its shortest form."""

from __future__ import annotations

import io
import math
from decimal import Context, Decimal

import pytest
from amazon.ion import simpleion
from hypothesis import given
from hypothesis import strategies as st

from journal.ion import integers, writing
from journal.ion.hashing import ion_hash
from journal.ion.stream import VERSION_MARKER
from journal.ion.structure import BLOB, LIST, STRING
from journal.ion.symbols import SYSTEM_SYMBOLS, UNKNOWN_TEXT
from journal.ion.writing import Symbols


def python_value(data: bytes) -> object:
    return simpleion.load_python(io.BytesIO(VERSION_MARKER + data))


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "80"), (127, "ff"), (128, "0180"), (16_383, "7fff"), (16_384, "010080")],
)
def test_a_var_uint_has_seven_bits_a_byte(number: int, encoded: str) -> None:
    assert writing.var_uint(number).hex() == encoded


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "80"), (63, "bf"), (-1, "c1"), (-63, "ff"), (64, "00c0"), (-64, "40c0"), (8191, "3fff")],
)
def test_a_var_int_has_its_sign_in_the_first_byte(number: int, encoded: str) -> None:
    assert writing.var_int(number).hex() == encoded


@given(st.integers(0, 2**69))
def test_a_var_uint_is_read_again(number: int) -> None:
    data = writing.var_uint(number)
    assert integers.var_uint(data, 0) == (number, len(data))


@given(st.integers(-(2**68), 2**68))
def test_a_var_int_is_read_again(number: int) -> None:
    data = writing.var_int(number)
    assert integers.var_int(data, 0) == (number, number < 0, len(data))


@given(st.integers(0, 2**100), st.booleans())
def test_an_int_with_a_sign_bit_is_read_again(magnitude: int, minus: bool) -> None:  # noqa: FBT001 (drawn by position)
    data = writing.signed(magnitude, minus=minus)
    assert integers.coefficient(data, 0, len(data)) == (magnitude, minus)


@given(st.integers())
def test_an_int_is_read_by_amazon_ion(number: int) -> None:
    assert python_value(writing.integer(number)) == number


@given(st.floats())
def test_a_float_is_read_by_amazon_ion(number: float) -> None:
    found = python_value(writing.binary64(number))
    assert isinstance(found, float)
    assert found == number or (math.isnan(found) and math.isnan(number))
    assert math.copysign(1, found) == math.copysign(1, number) or math.isnan(number)


@given(st.integers(0, 10**40), st.integers(-300, 300), st.booleans())
def test_a_decimal_is_read_by_amazon_ion(magnitude: int, exponent: int, minus: bool) -> None:  # noqa: FBT001 (drawn by position)
    found = python_value(writing.decimal(magnitude, exponent, minus=minus))
    assert isinstance(found, Decimal)
    expected = Decimal(f"{'-' * minus}{magnitude}").scaleb(exponent, Context(prec=50))
    assert found.as_tuple() == expected.as_tuple()


def test_decimal_zero_is_empty_but_minus_zero_is_not() -> None:
    assert writing.decimal(0, 0, minus=False).hex() == "50"
    assert writing.decimal(0, 0, minus=True).hex() == "528080"
    assert writing.decimal(0, -2, minus=False).hex() == "51c2"


@pytest.mark.parametrize(
    ("length", "head"), [(0, "80"), (13, "8d"), (14, "8e8e"), (127, "8eff"), (128, "8e0180")]
)
def test_a_length_of_fourteen_and_more_follows_the_first_byte(length: int, head: str) -> None:
    assert writing.head(STRING, length).hex() == head
    assert writing.value(STRING, b"x" * length).hex() == head + "78" * length


def test_the_other_types_have_their_first_bytes() -> None:
    assert writing.null(0) == b"\x0f"
    assert writing.null(LIST) == b"\xbf"
    assert (writing.TRUE, writing.FALSE) == (b"\x11", b"\x10")
    assert writing.string("\u00e9") == b"\x82\xc3\xa9"
    assert writing.symbol(0) == b"\x70"
    assert writing.symbol(300) == b"\x72\x01\x2c"
    assert writing.clob(b"a") == b"\x91a"
    assert writing.blob(b"a") == writing.value(BLOB, b"a") == b"\xa1a"
    assert writing.sequence([b"\x11", b"\x10"]) == b"\xb2\x11\x10"
    assert writing.sequence([b"\x11"], sexp=True) == b"\xc1\x11"
    assert writing.struct(b"\x84\x11") == b"\xd2\x84\x11"
    assert writing.annotated([4, 300], b"\x11") == b"\xe5\x83\x84\x02\xac\x11"


@pytest.mark.parametrize("truth", [True, False])
def test_a_bool_is_read_by_amazon_ion(*, truth: bool) -> None:
    assert python_value(writing.boolean(truth)) == truth


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        writing.string("\ud800")


def test_each_text_has_one_number() -> None:
    symbols = Symbols()
    assert [symbols.number(text) for text in ("a", "name", "b", "a")] == [10, 4, 11, 10]
    assert symbols.names == (*SYSTEM_SYMBOLS, "a", "b")
    assert len(symbols) == 12


def test_the_text_of_symbol_zero_is_another_symbol() -> None:
    symbols = Symbols()
    number = symbols.number(b"$0".decode())
    assert number == 10
    zero, quoted = (
        ion_hash((data, symbols.names, data[0], 1, len(data)))
        for data in (writing.symbol(0), writing.symbol(number))
    )
    assert zero != quoted
    assert symbols.names[0] is UNKNOWN_TEXT


def test_a_symbol_of_a_shared_table_is_written_as_its_number_was() -> None:
    symbols = Symbols()
    assert symbols.unknown_number(5_000_000_000) == 10
    assert symbols.number("$5000000000") == 11
    assert symbols.names[10] == "$5000000000"
    assert not isinstance(symbols.names, tuple)

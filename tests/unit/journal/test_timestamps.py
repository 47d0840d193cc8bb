"""Timestamps become Ion text with precision, offset and fraction as written, or are refused.

tests/unit/handler/test_values.py compares many more with amazon.ion's writer.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journal.errors import IonError
from journal.ion.timestamps import timestamp_text

MINUTE = bytes.fromhex("800fe58181808080")
"""2021-01-01T00:00:00 in UTC, before its fraction."""


YEAR_BYTES = 3
"""Of an offset, and of a year of two bytes."""

years = st.builds(lambda year: bytes([year >> 7, year & 0x7F | 0x80]), st.integers(0, 10_500))
units = st.builds(
    lambda *numbers: bytes([0x80 + number for number in numbers]),
    *(st.integers(0, most) for most in (13, 32, 24, 60, 60)),
)
fractions = st.one_of(
    st.just(b""),
    st.builds(
        lambda exponent, digits: bytes([exponent]) + digits,
        st.integers(0xBE, 0xCC),
        st.binary(max_size=5),
    ),
)


def negative_var_int(magnitude: int) -> bytes:
    return bytes(
        [magnitude >> 14 & 0x3F | 0x40, magnitude >> 7 & 0x7F, magnitude & 0x7F | 0x80],
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("800fe5", "2021T"),
        ("800fe581", "2021-01T"),
        ("800fe58181", "2021-01-01"),
        ("800fe581818080", "2021-01-01T00:00Z"),
        ("c00fe581818080", "2021-01-01T00:00-00:00"),
        ("bc0fe581818080", "2021-01-01T01:00+01:00"),
        ("02ca0fe581818080", "2021-01-01T05:30+05:30"),
        ("800fe58181808080", "2021-01-01T00:00:00Z"),
        ("800fe58181808080c2", "2021-01-01T00:00:00.00Z"),
        ("800fe58181808080c307", "2021-01-01T00:00:00.007Z"),
    ],
)
def test_precision_offset_and_fraction_stay_as_written(content: str, text: str) -> None:
    data = bytes.fromhex(content)
    assert timestamp_text(data, 0, len(data)) == text


@pytest.mark.parametrize("digit", [b"", b"\x07"])
def test_zeros_before_the_digits_of_a_fraction_are_limited(digit: bytes) -> None:
    # given the digit as the last place
    longest = MINUTE + negative_var_int(200 + len(digit)) + digit
    too_long = MINUTE + negative_var_int(201 + len(digit)) + digit

    text = timestamp_text(longest, 0, len(longest))

    assert text == f"2021-01-01T00:00:00.{'0' * 200}{'7' * len(digit)}Z"
    with pytest.raises(IonError, match="a fractional second of too many digits"):
        timestamp_text(too_long, 0, len(too_long))


def test_a_fraction_has_as_many_other_digits_as_an_item_has_bytes() -> None:
    digits = b"\x7f" * 170_000
    longest = MINUTE + negative_var_int(409_401) + digits
    too_long = MINUTE + negative_var_int(411_809) + digits + b"\x7f" * 1000

    assert len(timestamp_text(longest, 0, len(longest))) == len("2021-01-01T00:00:00.Z") + 409_401
    with pytest.raises(IonError, match="a fractional second of too many digits"):
        timestamp_text(too_long, 0, len(too_long))


@given(st.sampled_from([b"\x80", b"\xc0", b"\xbc"]), years, units, fractions)
@example(b"\x80", b"\x0f\xe5", b"\x81\x81\x80\x80\x80", b"\xc9\x3b\x9a\xc9\xff")
@example(b"\x80", b"\x0f\xe5", b"\x81\x81\x80\x80\x80", b"\xc9\x3b\x9a\xca\x00")
@example(b"\x80", b"\x07\xff", b"\x81\x81\x80\x80\x80", b"")
def test_a_timestamp_means_the_same_with_a_month_of_two_bytes(
    offset: bytes, year: bytes, rest: bytes, fraction: bytes
) -> None:
    # given a usual form, which is read in a faster way, and one that is not usual
    usual = offset + year + rest + fraction
    unusual = usual[:YEAR_BYTES] + b"\0" + usual[YEAR_BYTES:]

    assert text_or_refusal(usual) == text_or_refusal(unusual)


def text_or_refusal(data: bytes) -> str:
    try:
        return timestamp_text(data, 0, len(data))
    except IonError as error:
        return error.code


@pytest.mark.parametrize("size", range(8))
def test_a_timestamp_that_is_cut_is_refused(size: int) -> None:
    with pytest.raises(IonError):
        timestamp_text(MINUTE[:size], 0, len(MINUTE))

"""Timestamps of Ion text become binary Ion with precision, offset and fraction as written."""

from __future__ import annotations

import pytest
from hypothesis import given

from journal.errors import IonError
from journal.ion.structure import bounds
from journal.ion.timestamp_encoding import MAX_FRACTION_DIGITS, timestamp
from journal.ion.timestamps import timestamp_text
from tests.support.ion_values import timestamps


def text_of(data: bytes) -> str:
    _, start, stop = bounds(data, 0, len(data))
    assert stop == len(data)
    return timestamp_text(data, start, stop)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("2021T", "63c00fe5"),
        ("2021-01T", "64c00fe581"),
        ("2021-01-01T", "65c00fe58181"),
        ("2021-01-01", "65c00fe58181"),
        ("2021-01-01T00:00Z", "67800fe581818080"),
        ("2021-01-01T00:00+00:00", "67800fe581818080"),
        ("2021-01-01T00:00-00:00", "67c00fe581818080"),
        ("2021-01-01T01:00+01:00", "67bc0fe581818080"),
        ("2021-01-01T05:30+05:30", "6802ca0fe581818080"),
        ("2020-12-31T23:59-00:01", "67c10fe581818080"),
        ("2021-01-01T00:00:00Z", "68800fe58181808080"),
        ("2021-01-01T00:00:00.00Z", "69800fe58181808080c2"),
        ("2021-01-01T00:00:00.007Z", "6a800fe58181808080c307"),
        ("2021-01-01T00:00:00.128Z", "6b800fe58181808080c30080"),
        ("2021-01-01T00:00:00.0000000010Z", "6a800fe58181808080ca0a"),
    ],
)
def test_a_timestamp_has_the_shortest_encoding(text: str, encoded: str) -> None:
    assert timestamp(text).hex() == encoded


@given(timestamps)
def test_a_timestamp_is_read_again_as_it_was_written(text: str) -> None:
    assert text_of(timestamp(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021",
        "2021-01",
        "21-01-01",
        "2021-1-1",
        "2021-01-01T00Z",
        "2021-01-01T00:00",
        "2021-01-01T00:00:00",
        "2021-01-01T00:00:00.Z",
        "2021-01-01T00:00z",
        "2021-01-01 00:00Z",
        "2021-01-01T00:00+0100",
        "2021-01-01T00:00Z ",
        "2021-01-01T00:00Z\n",
        "\u0662\u0660\u0662\u0661T",
        "2021T00:00Z",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(IonError, match="a timestamp of no known form"):
        timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        "0000T",
        "2021-00T",
        "2021-13T",
        "2021-02-29",
        "2021-04-31T00:00Z",
        "2021-01-01T24:00Z",
        "2021-01-01T00:60Z",
        "2021-01-01T00:00:60Z",
        "2021-01-01T00:00+24:00",
        "2021-01-01T00:00-00:60",
        "0001-01-01T00:00+00:01",
        "9999-12-31T23:59-00:01",
    ],
)
def test_what_the_calendar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(IonError, match="a timestamp that the calendar does not have"):
        timestamp(text)


def test_the_digits_of_a_fraction_are_limited() -> None:
    longest = f"2021-01-01T00:00:00.{'1' * MAX_FRACTION_DIGITS}Z"
    assert text_of(timestamp(longest)) == longest
    with pytest.raises(IonError, match="a fractional second of too many digits"):
        timestamp(longest.replace(".", ".1"))

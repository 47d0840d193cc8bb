"""Checks of JSON fields: a field is returned unchanged or refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from handler import json_fields

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (json_fields.text, ""),
        (json_fields.text, "\x00\U0001f600"),
        (json_fields.digits, "0"),
        (json_fields.digits, "9" * 60),
        (json_fields.count, None),
        (json_fields.count, 0),
        (json_fields.count, sys.maxsize),
        (json_fields.moment, 0),
        (json_fields.moment, 1612836966.24),
    ],
)
def test_a_valid_field_is_returned_unchanged(
    take: Callable[[object], object], value: object
) -> None:
    assert take(value) is value


@pytest.mark.parametrize(
    ("take", "value"),
    [
        *((json_fields.text, value) for value in (None, 1, b"a", ["a"], "secret\ud800")),
        *((json_fields.digits, value) for value in (None, 7, "", "-1", "1.5", "٣", "secret")),
        *((json_fields.count, value) for value in (-1, 1.5, "1", sys.maxsize + 1)),
        *((json_fields.moment, value) for value in (None, -1, "1", 253_402_300_800, float("nan"))),
    ],
)
def test_an_invalid_field_is_refused(take: Callable[[object], object], value: object) -> None:
    with pytest.raises((TypeError, UnicodeError)):
        take(value)

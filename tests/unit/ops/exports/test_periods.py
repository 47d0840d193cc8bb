"""Days are added up to periods."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ops.exports.periods import MAX_PERIODS, Period, periods


def days(first: date, number: int) -> dict[str, int]:
    return {(first + timedelta(days=day)).isoformat(): 1 for day in range(number)}


def test_no_day_gives_no_period() -> None:
    assert not periods({}).periods


def test_days_without_a_revision_are_among_the_periods() -> None:
    found = periods({"2020-02-27": 3, "2020-03-01": 5})

    assert found.unit == "day"
    assert found.periods == [
        Period("2020-02-27", 3),
        Period("2020-02-28", 0),
        Period("2020-02-29", 0),
        Period("2020-03-01", 5),
    ]


def test_half_a_year_is_shown_by_day() -> None:
    assert periods(days(date(2020, 1, 1), MAX_PERIODS)).unit == "day"


def test_a_longer_time_is_shown_by_week_from_monday() -> None:
    found = periods(days(date(2020, 1, 1), MAX_PERIODS + 1))

    assert found.unit == "week"
    # 2020-01-01 was a Wednesday.
    assert found.periods[:2] == [Period("2019-12-30", 5), Period("2020-01-06", 7)]


@pytest.mark.parametrize(
    ("first", "last", "unit", "first_label", "last_label"),
    [
        ("2018-12-31", "2023-01-01", "month", "2018-12", "2023-01"),
        ("1999-12-31", "2020-01-01", "year", "1999", "2020"),
        ("1799-12-31", "2020-01-01", "decade", "1790", "2020"),
        ("0001-01-01", "9999-12-31", "century", "0000", "9900"),
    ],
)
def test_long_times_have_longer_periods(
    first: str, last: str, unit: str, first_label: str, last_label: str
) -> None:
    found = periods({first: 2, last: 3})

    assert found.unit == unit
    assert (found.periods[0], found.periods[-1]) == (Period(first_label, 2), Period(last_label, 3))


@pytest.mark.parametrize("number", [1, 2, 100, 185, 1288, 1289, 5000, 60_000, 700_000])
def test_no_revision_is_lost_and_no_limit_exceeded(number: int) -> None:
    found = periods(days(date(1, 1, 1), number))

    assert sum(each.number for each in found.periods) == number
    assert len(found.periods) <= MAX_PERIODS


def test_a_day_in_two_notations_is_one_day() -> None:
    assert periods({"2020-02-29": 4, "20200229": 6}).periods == [Period("2020-02-29", 10)]


def test_days_that_no_calendar_has_are_counted_apart() -> None:
    found = periods({"2020-02-30": 4, "": 5, "2020-02-29": 6})

    assert found.undated == 9
    assert found.periods == [Period("2020-02-29", 6)]

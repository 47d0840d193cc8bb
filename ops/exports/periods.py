"""Counts of days, added up to as many periods as a plot can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_PERIODS = 184
"""Half a year of days; more bars than that are hard to tell apart on paper."""

_DAYS_OF_WEEK = 7
_MONTHS_OF_YEAR = 12


class Period(NamedTuple):
    """A period by its first day or its month or year, and its number of revisions."""

    label: str
    number: int


@dataclass(frozen=True, kw_only=True)
class Periods:
    """All periods from the first to the last that has a revision.

    Attributes
    ----------
    unit
        ``day``, ``week``, ``month``, ``year``, ``decade`` or ``century``.
    periods
        In order; those between without a revision are among them.
    first_index
        Number of the first period in the calendar: labels of an axis go by it.
    undated
        Revisions whose day is no date of the calendar.
    """

    unit: str
    periods: Sequence[Period]
    first_index: int
    undated: int


class _Unit(NamedTuple):
    name: str
    number: Callable[[date], int]
    label: Callable[[int], str]


def _years(name: str, years: int) -> _Unit:
    return _Unit(name, lambda day: day.year // years, lambda index: f"{index * years:04}")


_UNITS = (
    _Unit("day", date.toordinal, lambda index: date.fromordinal(index).isoformat()),
    _Unit(
        "week",
        # Day 1 of Python's calendar is a Monday.
        lambda day: (day.toordinal() - 1) // _DAYS_OF_WEEK,
        lambda index: date.fromordinal(index * _DAYS_OF_WEEK + 1).isoformat(),
    ),
    _Unit(
        "month",
        lambda day: day.year * _MONTHS_OF_YEAR + day.month - 1,
        lambda index: f"{index // _MONTHS_OF_YEAR:04}-{index % _MONTHS_OF_YEAR + 1:02}",
    ),
    _years("year", 1),
    _years("decade", 10),
    _years("century", 100),
)


def periods(by_day: Mapping[str, int]) -> Periods:
    """Add up the counts of days to the shortest periods that are at most `MAX_PERIODS`.

    Parameters
    ----------
    by_day
        Counts by day, such as ``2020-02-03``.

    Returns
    -------
    Periods
        Without any period if no day has a count.
    """
    dated: dict[date, int] = {}
    undated = 0
    for day, number in by_day.items():
        try:
            parsed = date.fromisoformat(day)
        except ValueError:  # a damaged block may tell any time
            undated += number
        else:
            dated[parsed] = dated.get(parsed, 0) + number
    if not dated:
        return Periods(unit="day", periods=(), first_index=0, undated=undated)
    unit = next(each for each in _UNITS if _span(each, dated) <= MAX_PERIODS)
    first = unit.number(min(dated))
    numbers = [0] * _span(unit, dated)
    for each, number in dated.items():
        numbers[unit.number(each) - first] += number
    return Periods(
        unit=unit.name,
        periods=[Period(unit.label(first + place), number) for place, number in enumerate(numbers)],
        first_index=first,
        undated=undated,
    )


def _span(unit: _Unit, days: Mapping[date, int]) -> int:
    return unit.number(max(days)) - unit.number(min(days)) + 1

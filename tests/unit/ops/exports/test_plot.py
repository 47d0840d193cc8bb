"""The plot of revisions over time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ops.exports.html_page import Page
from ops.exports.periods import periods
from ops.exports.plot import plot
from tests.support.html_outline import HtmlOutline

if TYPE_CHECKING:
    from collections.abc import Mapping


def outline(by_day: Mapping[str, int]) -> HtmlOutline:
    return HtmlOutline(Page("", [plot("p", "a plot", periods(by_day))]).html())


def bars(by_day: Mapping[str, int]) -> list[dict[str, float]]:
    return [
        {name: float(each[name] or "") for name in ("x", "y", "width", "height")}
        for each in outline(by_day).with_class("bar")
    ]


def texts(by_day: Mapping[str, int]) -> list[str]:
    return [text for tag, text in outline(by_day).texts if tag == "text"]


def evenly(number: int, step: int = 1) -> dict[str, int]:
    first = date(2020, 1, 1)
    return {(first + timedelta(days=day * step)).isoformat(): 1 for day in range(number)}


def test_each_day_with_a_revision_has_a_bar() -> None:
    assert len(bars({"2020-01-01": 1, "2020-01-02": 2, "2020-01-09": 3})) == 3


def test_heights_are_proportional_to_numbers() -> None:
    one, three = bars({"2020-01-01": 100, "2020-01-02": 300})

    assert three["height"] == pytest.approx(one["height"] * 3, abs=0.02)


def test_all_bars_stand_on_the_axis() -> None:
    found = bars({"2020-01-01": 100, "2020-01-02": 37, "2020-01-03": 1})

    assert {round(each["y"] + each["height"], 1) for each in found} == {213.0}


def test_one_revision_is_visible_beside_millions() -> None:
    small, _ = bars({"2020-01-01": 1, "2020-01-02": 10_000_000})

    assert small["height"] >= 1


def test_bars_are_where_their_days_are() -> None:
    first, second, third = bars({"2020-01-01": 1, "2020-01-02": 1, "2020-01-05": 1})

    step = second["x"] - first["x"]
    assert third["x"] - first["x"] == pytest.approx(4 * step, abs=0.05)


@pytest.mark.parametrize("number", [1, 2, 5, 6, 31, 184, 185, 900, 4000])
def test_bars_stay_apart_and_in_the_picture(number: int) -> None:
    found = bars(evenly(number))

    assert all(each["x"] >= 66 and each["x"] + each["width"] <= 708 for each in found)
    assert all(a["x"] + a["width"] < b["x"] for a, b in pairwise(found))
    assert all(each["y"] >= 48 for each in found)


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (1, ["0", "1"]),
        (5, ["0", "1", "2", "3", "4", "5"]),
        (6, ["0", "2", "4", "6"]),
        (7, ["0", "2", "4", "6", "8"]),
        (23, ["0", "5", "10", "15", "20", "25"]),
        (2_500, ["0", "500", "1k", "1.5k", "2k", "2.5k"]),
        (999_999, ["0", "200k", "400k", "600k", "800k", "1M"]),
        (3_000_000_000, ["0", "1G", "2G", "3G"]),
    ],
)
def test_the_grid_has_round_numbers(most: int, labels: list[str]) -> None:
    found = texts({"2020-01-01": most})

    assert found[1 : 1 + len(labels)] == labels
    assert found[0] == "revisions per day"


@pytest.mark.parametrize(
    ("by_day", "labels"),
    [
        ({"2020-01-01": 1}, ["2020-01-01"]),
        (evenly(8), ["2020-01-01", "2020-01-03", "2020-01-05", "2020-01-07"]),
        (
            {"2018-11-30": 1, "2023-02-01": 1},
            ["2019-01", "2020-01", "2021-01", "2022-01", "2023-01"],
        ),
        ({"1998-11-30": 1, "2023-02-01": 1}, ["2000", "2010", "2020"]),
    ],
)
def test_the_axis_has_a_few_labels_at_even_places(
    by_day: Mapping[str, int], labels: list[str]
) -> None:
    found = [text for text in texts(by_day) if "-" in text or len(text) == 4]

    assert found == labels


@pytest.mark.parametrize("number", [1, 5, 6, 24, 26, 100, 184, 185, 800, 1288, 1289, 5000, 9000])
def test_the_axis_has_at_least_one_and_at_most_five_labels(number: int) -> None:
    found = outline(evenly(number))

    ticks = [each for each in found.with_class("axis") if each["x1"] == each["x2"]]
    assert 1 <= len(ticks) <= 5


def test_a_single_bar_is_no_wall() -> None:
    (bar,) = bars({"2020-01-01": 1})

    assert bar["width"] == 48


def test_each_bar_tells_its_number() -> None:
    titles = [text for tag, text in outline({"2020-01-01": 1234}).texts if tag == "title"]

    assert "2020-01-01: 1,234" in titles


def test_a_bar_of_a_week_says_so() -> None:
    titles = [text for tag, text in outline(evenly(200)).texts if tag == "title"]

    assert "week from 2020-01-06: 7" in titles


def test_the_plot_is_described_to_those_who_do_not_see_it() -> None:
    found = outline({"2020-01-01": 1234, "2020-01-02": 1})

    assert ("title", "a plot") in found.texts
    (description,) = (text for tag, text in found.texts if tag == "desc")
    assert description.startswith("1,235 revisions from day 2020-01-01 to day 2020-01-02, by day;")
    assert description.endswith("most in day 2020-01-01: 1,234.")
    (picture,) = found.with_class("plot")
    assert picture["role"] == "img"
    assert set((picture["aria-labelledby"] or "").split()) == set(found.ids)


def test_the_axis_is_named() -> None:
    assert "day of the transaction (UTC)" in texts({"2020-01-01": 1})


def test_days_without_any_revision_can_be_plotted() -> None:
    assert bars({"2020-01-01": 0}) == []

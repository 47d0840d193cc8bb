"""A plot of revisions over time, as SVG in a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports.html_page import element

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from ops.exports.periods import Periods

_WIDTH = 720
_HEIGHT = 280
_LEFT = 66
_RIGHT = 708
_TOP = 48
_BOTTOM = 213
# Narrow screens have larger letters in the same picture: there is room for so many labels.
_MAX_LABELS = 5
_LABEL_ROOM = 66
_MAX_BAR = 48
_GAP = 0.2

_MONTHS = (1, 2, 3, 6, 12, 24, 36, 60)
_LABEL_STEPS = {"day": (1, 2, 7, 14, 28, 56), "week": (1, 2, 4, 13, 26, 52), "month": _MONTHS}
_OTHER_STEPS = (1, 2, 5, 10, 20, 50, 100)
_ALIGNED = frozenset(("month", "year", "decade", "century"))

_UNITS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))


def plot(name: str, title: str, revisions: Periods) -> Element:
    """Return a picture with a bar for each period that has a revision.

    Parameters
    ----------
    name
        Begins the ids of its parts, so that a page can hold several.
    title
        What it shows.
    revisions
        At least one period.
    """
    numbers = [each.number for each in revisions.periods]
    unit = revisions.unit
    step = _step(max(numbers))
    top = max(-(-max(numbers) // step), 1) * step
    most = max(revisions.periods, key=lambda each: each.number)
    first, last = revisions.periods[0], revisions.periods[-1]
    description = (
        f"{sum(numbers):,} revisions from {unit} {first.label} to {unit} {last.label}, by {unit}; "
        f"most in {unit} {most.label}: {most.number:,}."
    )
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-description"),
        element("text", f"revisions per {unit}", x="0", y="22"),
        *_grid(top, step),
        *_bars(revisions, top),
        _line("axis", _LEFT, _BOTTOM, _RIGHT, _BOTTOM),
        *_labels(revisions),
        element(
            "text",
            f"{unit} of the transaction (UTC)",
            x=str(_RIGHT),
            y=str(_BOTTOM + 59),
            text_anchor="end",
        ),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="plot",
        role="img",
        aria_labelledby=f"{name}-title {name}-description",
    )


def _step(most: int) -> int:
    """Return the distance of the grid's lines: 1, 2 or 5 times a power of ten, for at most 5."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * 5 >= most:
                return factor * power
        power *= 10


def _grid(top: int, step: int) -> Iterator[Element]:
    for value in range(0, top + 1, step):
        height = _BOTTOM - (_BOTTOM - _TOP) * value / top
        yield _line("grid", _LEFT, height, _RIGHT, height)
        yield element(
            "text", _compact(value), x=str(_LEFT - 8), y=_number(height + 5), text_anchor="end"
        )


def _bars(revisions: Periods, top: int) -> Iterator[Element]:
    slot = _slot(revisions)
    width = min(slot * (1 - _GAP), _MAX_BAR)
    for place, (label, number) in enumerate(revisions.periods):
        if not number:
            continue
        # A single revision is visible beside millions.
        height = max((_BOTTOM - _TOP) * number / top, 1)
        yield element(
            "rect",
            element("title", f"{_period(revisions.unit, label)}: {number:,}"),
            class_="bar",
            x=_number(_LEFT + slot * (place + 0.5) - width / 2),
            y=_number(_BOTTOM - height),
            width=_number(width),
            height=_number(height),
        )


def _labels(revisions: Periods) -> Iterator[Element]:
    number = len(revisions.periods)
    steps = _LABEL_STEPS.get(revisions.unit, _OTHER_STEPS)
    step = next(each for each in steps if number <= each * _MAX_LABELS)
    # Months and years have labels at the start of years and decades.
    aligned = -revisions.first_index % step if revisions.unit in _ALIGNED else 0
    for place in range(aligned, number, step):
        x = _LEFT + _slot(revisions) * (place + 0.5)
        yield _line("axis", x, _BOTTOM, x, _BOTTOM + 5)
        at_end = x > _WIDTH - _LABEL_ROOM
        yield element(
            "text",
            revisions.periods[place].label,
            x=_number(_WIDTH if at_end else x),
            y=str(_BOTTOM + 31),
            text_anchor="end" if at_end else "middle",
        )


def _slot(revisions: Periods) -> float:
    return (_RIGHT - _LEFT) / len(revisions.periods)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Element:
    places = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return element("line", class_=kind, **{name: _number(value) for name, value in places.items()})


def _period(unit: str, label: str) -> str:
    return {"week": f"week from {label}", "decade": f"{label}s", "century": f"{label}s"}.get(
        unit, label
    )


def _compact(value: int) -> str:
    for size, name in _UNITS:
        if value >= size:
            return f"{value / size:g}{name}"
    return str(value)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")

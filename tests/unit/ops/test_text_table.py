"""Columns are aligned, whatever their cells are."""

from __future__ import annotations

from rich.cells import cell_len

from ops.text_table import aligned


def test_text_is_aligned_to_the_left_and_numbers_to_the_right() -> None:
    assert aligned([("table", "items"), ("Person", "7"), ("Car", "1,200")]) == [
        "table   items",
        "Person      7",
        "Car     1,200",
    ]


def test_lines_end_without_space() -> None:
    lines = aligned([("a", "long text"), ("b", "")], text_columns=(0, 1))
    assert lines == ["a  long text", "b"]


def test_a_first_cell_that_is_too_wide_has_its_own_line() -> None:
    lines = aligned([("name", "items"), ("x" * 20, "5"), ("y", "6")], columns=20)
    assert lines == ["name  items", "x" * 20, "          5", "y         6"]


def test_characters_of_two_columns_are_counted_as_such() -> None:
    first, second = aligned([("人物", "1"), ("Person", "1")])
    assert cell_len(first) == cell_len(second)


def test_other_columns_that_fill_the_terminal_leave_the_first_its_own_lines() -> None:
    assert aligned([("id", "z" * 30)], text_columns=(0, 1), columns=20) == ["id", "  " + "z" * 30]


def test_no_rows_are_no_lines() -> None:
    assert aligned([], columns=20) == []

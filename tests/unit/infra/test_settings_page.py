"""The table of settings in the documentation is the one that Pulumi.yaml gives."""

from __future__ import annotations

import pytest

from infra.settings_page import END, PAGE, START, described_settings, table, with_table


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == with_table(page, table(described_settings())), "run `make settings`"


def test_a_row_has_name_default_and_description() -> None:
    rows = table(
        {
            "size": {"default": 3, "description": "How many"},
            "isLarge": {"default": False, "description": "Whether size counts"},
            "name": {"default": "", "description": "As <first>|<last>"},
            "tables": {"description": "Which, isLargest or not"},
        }
    ).splitlines()[2:]

    assert rows == [
        "| `size` | `3` | How many |",
        "| `isLarge` | `false` | Whether `size` counts |",
        r"| `name` | none | As \<first>\|\<last> |",
        "| `tables` | none, required | Which, isLargest or not |",
    ]


def test_the_rest_of_a_page_stays_as_it_is() -> None:
    page = f"before\n{START}\nold\n{END}\nafter\n"

    assert with_table(page, "new") == f"before\n{START}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["", START, END, f"{END}\n{START}"])
def test_a_page_without_both_markers_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="expected the lines"):
        with_table(page, "new")

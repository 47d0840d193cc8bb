"""What `show` prints of a comparison."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from local.comparison import Difference, Row, Verdict
from local.comparison_output import comparison_table, difference_lines, summaries, summary

if TYPE_CHECKING:
    from local.comparable import Comparable


def row(
    verdict: Verdict,
    *differing: Difference,
    replica: str = "0 live",
    is_dropped: bool = False,
    is_revision: bool = False,
) -> Row:
    return Row(
        table="[/x]",
        document_id="[red]",
        ledger="1 live",
        replica=replica,
        verdict=verdict,
        differing=differing,
        is_dropped=is_dropped,
        is_revision=is_revision,
    )


def shown(*rows: Row) -> str:
    text = io.StringIO()
    Console(file=text, width=100).print(comparison_table(rows))
    return text.getvalue()


def detail(ledger: Comparable | None, replica: Comparable | None) -> str:
    difference = Difference(path=("address", "the city"), ledger=ledger, replica=replica)
    _, line = difference_lines([row(Verdict.DIFFERENT, difference)])
    return line


def test_names_in_the_table_are_not_interpreted_as_markup() -> None:
    text = shown(row(Verdict.DIFFERENT))

    assert "[/x]" in text
    assert "[red]" in text


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Verdict.EQUAL, "yes"),
        (Verdict.REMOVED, "removed"),
        (Verdict.BEHIND, "on its way"),
        (Verdict.DIFFERENT, "NO"),
    ],
)
def test_each_verdict_has_its_word(verdict: Verdict, word: str) -> None:
    assert f"│ {word} " in shown(row(verdict))


def test_the_summary_counts_each_verdict() -> None:
    rows = [*[row(Verdict.EQUAL)] * 18, *[row(Verdict.BEHIND)] * 2]

    assert summary(rows) == "20 documents: 18 equal, 2 on their way, 0 differ"


def test_documents_of_a_dropped_table_are_named_as_such() -> None:
    rows = [row(Verdict.EQUAL, is_dropped=True), row(Verdict.REMOVED, is_dropped=True)]

    assert "[/x] (dropped)" in shown(*rows)
    assert summary([*rows, row(Verdict.EQUAL)]) == (
        "3 documents: 2 equal, 1 removed, 0 on their way, 0 differ; 2 of dropped tables"
    )


def test_revisions_are_counted_apart_from_documents() -> None:
    revisions = [row(Verdict.EQUAL, is_revision=True), row(Verdict.BEHIND, is_revision=True)]

    assert list(summaries([row(Verdict.EQUAL), *revisions])) == [
        "2 revisions in the history: 1 equal, 1 on its way, 0 differ",
        "1 document: 1 equal, 0 on their way, 0 differ",
    ]
    assert list(summaries([])) == ["0 documents: 0 equal, 0 on their way, 0 differ"]


def test_a_difference_in_the_history_says_so() -> None:
    lines = difference_lines([row(Verdict.DIFFERENT, replica="-", is_revision=True)])

    assert list(lines) == ["history of [/x] [red]: DynamoDB has no item (ledger 1 live)"]


@pytest.mark.parametrize(
    ("ledger", "replica", "line"),
    [
        (("number", 1), None, 'address."the city" is missing: ledger 1'),
        (None, ("null", None), 'address."the city" is extra: DynamoDB null'),
        (
            ("boolean", True),
            ("text", "true"),
            'address."the city" is different: ledger true, DynamoDB "true"',
        ),
    ],
)
def test_a_difference_shows_both_values(
    ledger: Comparable | None, replica: Comparable | None, line: str
) -> None:
    assert detail(ledger, replica) == f"  {line}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("binary", b"abc"), "{{YWJj}}"),
        (("list", [("number", 1), ("list", [])]), "[1, []]"),
        (("map", {"a": ("text", 'x"y')}), '{"a": "x\\"y"}'),
        (("set", [("text", "a")]), 'set::["a"]'),
        (("text", "é"), '"é"'),
    ],
)
def test_a_value_is_ion_text(value: Comparable, text: str) -> None:
    assert detail(None, value).endswith(f"DynamoDB {text}")


def test_a_long_value_is_cut_with_its_length() -> None:
    line = detail(None, ("text", "x" * 20_000))

    assert line.endswith("xxx... (20,002 characters)")
    assert len(line) < 200


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\u202e", "\n"])
def test_no_value_controls_the_terminal(character: str) -> None:
    assert character not in detail(("text", character), ("map", {character: ("null", None)}))


def test_what_is_on_its_way_has_no_differences() -> None:
    rows = [row(Verdict.BEHIND), row(Verdict.EQUAL)]

    assert list(difference_lines(rows)) == []


def test_a_missing_item_is_said_to_be_missing() -> None:
    lines = difference_lines([row(Verdict.DIFFERENT, replica="-")])

    assert list(lines) == ["[/x] [red]: DynamoDB has no item (ledger 1 live)"]

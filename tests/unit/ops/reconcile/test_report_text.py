"""The report for a terminal: aligned, and no wider than it where that is possible."""

from __future__ import annotations

from collections import Counter

import pytest

from ops.reconcile.comparison import Difference
from ops.reconcile.kinds import Kind
from ops.reconcile.reconciliation import Reconciliation, TableResult
from ops.reconcile.report_text import WIDTH, summary

ID = "6iAzw9hEByR9dFA9izmqBG"
LONG = "x" * 200


def found(
    *differences: Difference, ledger_table: str = "Person", table_name: str = "qldb-Person-1a2b3c4"
) -> Reconciliation:
    counts = Counter(each.kind for each in differences)
    return Reconciliation(
        source="exports",
        started_at=0.0,
        seconds=1.0,
        tool_version="1.0.0",
        command="python -m ops reconcile exports --stack dev",
        is_deep=True,
        is_ended=False,
        formats={"Ion binary": 1},
        objects=1,
        bytes=1000,
        blocks=3,
        revisions=3,
        strand_id="JdxjkR9bSYB5jMHWcI464T",
        first_block=None,
        last_block=None,
        tables=[
            TableResult(
                ledger_table=ledger_table,
                table_name=table_name,
                items=1_234_567,
                expected=1_234_568,
                counts=counts,
            ),
            TableResult(ledger_table=None, table_name="qldb-history-810019c", other_items=5),
        ],
        differences=differences,
        problems=[],
        unread=0,
    )


def missing(document_id: str, place: int | None = 0) -> Difference:
    return Difference(Kind.MISSING, place, document_id, None, 3, 0)


def lines_with(report: Reconciliation, text: str) -> list[str]:
    return [line for line in summary(report) if text in line]


@pytest.mark.parametrize("other", ["a", "x" * 40, LONG])
def test_differences_are_aligned_whatever_the_length_of_their_ids(other: str) -> None:
    # given documents with ids of other lengths, in the table and in the history
    report = found(missing(ID), missing(other), missing(other, place=None))
    # when
    lines = lines_with(report, "expected version 3")
    # then the columns after the id start at the same place
    assert len(lines) == 3
    assert len({line.index("expected version 3") for line in lines}) == 1
    assert len({max(line.find("Person"), line.find("history table")) for line in lines}) == 1
    # and everything is there
    assert len(lines_with(report, f"- {other}")) == 2


@pytest.mark.parametrize("name", ["qldb-Person-1a2b3c4", LONG])
def test_numbers_of_tables_are_aligned_whatever_the_length_of_their_names(name: str) -> None:
    lines = summary(found(missing(ID), table_name=name))
    (heading,) = (line for line in lines if line.startswith("Table"))
    (numbers,) = (line for line in lines if "1,234,567" in line)
    assert heading.index("items") + len("items") == numbers.index("1,234,567") + len("1,234,567")
    assert len(heading) == len(numbers)


@pytest.mark.parametrize("ledger_table", ["Person", ID])
def test_the_report_has_80_columns_where_ids_are_those_of_qldb(ledger_table: str) -> None:
    kinds = [Difference(kind, 0, ID, 1, 2, 0) for kind in Kind]
    report = found(*kinds, missing(ID, place=None), ledger_table=ledger_table)
    assert WIDTH == 80
    assert [line for line in summary(report) if len(line) > WIDTH] == []

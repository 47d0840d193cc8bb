"""The comparison of ledger and DynamoDB itself: it must see every difference and invent none."""

from __future__ import annotations

import io

from rich.console import Console

from local.comparison import Row, comparison_table


def test_names_in_the_table_are_shown_as_they_are() -> None:
    row = Row(table="[/x]", document_id="[red]", ledger="0 live", replica="-", equal=False)
    shown = io.StringIO()

    Console(file=shown, width=80).print(comparison_table([row]))

    assert "[/x]" in shown.getvalue()
    assert "[red]" in shown.getvalue()
    assert "NO" in shown.getvalue()

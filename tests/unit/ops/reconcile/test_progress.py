"""The progress tells what is done, also of a table whose number of items is not known."""

from __future__ import annotations

import io

from rich.console import Console

from ops.reconcile.progress import comparison_progress


def test_items_are_counted_and_no_share_is_told() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)

    with comparison_progress(console) as progress:
        progress.read_bytes(1000)
        progress.advance(1000)
        progress.read_items("person-1")
        progress.advance(1234)

    assert isinstance(console.file, io.StringIO)
    last = console.file.getvalue().rpartition("reading person-1")[2]
    assert "1,234 items" in last
    assert "%" not in last

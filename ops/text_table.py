"""Rows of text for a terminal, with aligned columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_GAP = "  "


def aligned(
    rows: Sequence[Sequence[str]],
    *,
    text_columns: Collection[int] = (0,),
    columns: int | None = None,
) -> list[str]:
    """Return rows as lines whose columns are aligned.

    Parameters
    ----------
    rows
        Printable cells, as many in each row.
    text_columns
        Indexes of the columns that are aligned to the left; the others hold numbers.
    columns
        Columns of the terminal. A first cell that leaves too little of them to the others has a
        line of its own. Default: no limit.

    Returns
    -------
    list of str
        Without space at their ends.
    """
    if not rows:
        return []
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if columns is not None:
        room = columns - sum(len(_GAP) + width for width in widths[1:])
        firsts = (cell_len(row[0]) for row in rows)
        widths[0] = max((width for width in firsts if width <= room), default=0)
    lines = []
    for first, *others in rows:
        start = first
        if cell_len(first) > widths[0]:
            lines.append(first)
            start = ""
        cells = [
            _padded(cell, width, is_text=place in text_columns)
            for place, (cell, width) in enumerate(zip([start, *others], widths, strict=True))
        ]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def _padded(cell: str, width: int, *, is_text: bool) -> str:
    # Characters of some scripts take two columns.
    space = " " * (width - cell_len(cell))
    return cell + space if is_text else space + cell

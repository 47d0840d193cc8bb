"""What a conversion tells at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports import prices
from ops.replay.summary import summary_lines
from ops.terminal_text import printable

if TYPE_CHECKING:
    from ops.convert.conversion import Converted


def converted_lines(converted: Converted, to: str) -> list[str]:
    """Return a summary as lines of text, without document data.

    Parameters
    ----------
    converted
        What was made.
    to
        The destination, with a slash at its end.
    """
    lines = summary_lines(
        converted.tally, converted.ending, is_dry_run=False, index_bytes=0, resumes=False
    )
    for table in converted.tables:
        dollars = table.bytes / 1_000_000_000 * prices.DOLLARS_PER_IMPORTED_GIGABYTE
        lines.append(
            f"{'table':<13} {printable(table.name)}: {table.items:,} items, "
            f"{table.bytes / 1_000_000:,.1f} MB in {table.objects:,} objects; "
            f"${dollars:,.2f} to import in {prices.REGION} ({prices.DATE})"
        )
    if converted.tables:
        place = f"{to}{converted.tables[0].name}/"
        lines.append(
            f"{'next':<13} set `importFrom: {printable(place)}` in the table's entry of "
            "`replicaTables`, before the table exists, and `pulumi up`"
        )
    return lines
